"""What is said of numbers in new rows that lie outside the range of the training rows."""

from pathlib import Path

import pytest

from dlexp.components.datasets import Csv


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)


def noted(train: str, new: str) -> list[str]:
    """The notes on new rows of a model that learned from all rows of a file."""
    header, *rows = train.split()
    lines = [f"train,{row},{i}" for i, row in enumerate(rows)] + [f"test,{rows[0]},9"]
    Path("own.csv").write_text(f"split,{header},y\n" + "\n".join(lines) + "\n")
    Path("new.csv").write_text("\n".join(new.split()) + "\n")
    dataset = Csv(path="own.csv", target="y", task="regression", split_column="split", missing="mean")
    return list(dataset.new_examples(Path("new.csv"), None).notes)


def test_numbers_outside_the_training_rows_are_said_by_column() -> None:
    """The farthest values with their rows, and how many; a column inside, a category and a gap are not."""
    train = "km,age,colour\n1000,10,red\n200000,90,blue\n5000,50,red"

    assert noted(train, "km,age,colour\n1.5,-999,red\n2.25,,blue\n900,91,red\n0.5,20,blue") == [
        "age: missing in 1 row, taken as the training data's mean",
        "km: 4 of 4 rows lie outside the training rows' values, 1000 to 200000: 0.5 in row 4, 1.5 in row 1, "
        "2.25 in row 2, ...",
        "age: 2 of 4 rows lie outside the training rows' values, 10 to 90: -999 in row 1, 91 in row 3",
    ]
    assert noted(train, "km,age,colour\n1000,90,red\n200000,10,blue") == []


def test_few_numbers_just_outside_are_not_said() -> None:
    """Up to 1 of 20, as by chance, unless one is farther outside than the range is wide, or may be a missing value."""
    inside = "\n".join(["c", *["5"] * 19])

    assert noted("c\n0\n10", f"{inside}\n20") == []
    assert noted("c\n0\n10", f"{inside}\n20.5") == [
        "c: 1 of 20 rows lies outside the training rows' values, 0 to 10: 20.5 in row 20"
    ]
    assert noted("c\n0\n10", "\n".join(["c", *["5"] * 18, "11", "11"])) == [
        "c: 2 of 20 rows lie outside the training rows' values, 0 to 10: 11 in row 19"
    ]
    assert noted("c\n0\n1000", f"{inside}\n-99") == [
        "c: 1 of 20 rows lies outside the training rows' values, 0 to 1000: -99 in row 20"
    ]
    assert noted("c\n7\n7", f"{inside[:-1]}7".replace("5", "7") + "\n8") == [
        "c: 1 of 20 rows lies outside the training rows' values, 7 alone: 8 in row 20"
    ]


def test_of_many_columns_one_line_says_all() -> None:
    """With the farthest value of each."""
    (line,) = noted("a,b,c,d\n0,0,0,0\n1,1,1,1", "a,b,c,d\n2,3,4,-5\n0,0,0,-6")

    assert line == (
        "4 columns have values outside those of the training rows: a 2 (0 to 1) in 1 of 2 rows, "
        "b 3 (0 to 1) in 1 of 2 rows, c 4 (0 to 1) in 1 of 2 rows, d -6 (0 to 1) in 2 of 2 rows"
    )


def test_thousands_with_dots_are_said_where_they_lie_outside() -> None:
    """Of numbers with three decimals inside the range nothing."""
    new = "c\n1.234\n12.500"

    assert noted("c\n1000\n20000.5", new)[1:] == [
        "c: numbers such as '1.234', each dot before three digits, are read with decimals, not thousands"
    ]
    assert noted("c\n0.5\n20.25", new) == []
