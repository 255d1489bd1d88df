"""The cells of the user's own tables: numbers as people write them, dates, missing values, categories."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlexp.components.data import Data
from dlexp.components.datasets import Csv, Parquet
from dlexp.components.datasets.user.numerals import Notation, parse
from dlexp.errors import DataError

N = 20
SPLIT = {"target": "y", "task": "regression", "test_size": 0.1}


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)


def table(cells: list[str], **settings: Any) -> Csv:
    """A data set of one feature c with these cells, again and again, and a target that is the row."""
    rows = [f"{cells[i % len(cells)]}\t{i}" for i in range(max(N, len(cells)))]
    Path("own.csv").write_text("c\ty\n" + "\n".join(rows) + "\n")
    return Csv.model_validate({"path": "own.csv", "delimiter": "\t", **SPLIT, **settings})


def numbers(data: Data) -> list[Any]:
    """The feature in the order of the file."""
    rows = np.concatenate([data.rows["train"], data.rows["test"]])
    return list(np.concatenate([data.train.x, data.test.x])[np.argsort(rows)].ravel().tolist())


def refused(dataset: Csv | Parquet) -> str:
    """Why it is not loaded."""
    with pytest.raises(DataError) as error:
        dataset.load(None)
    return str(error.value)


def said(dataset: Csv | Parquet) -> list[str]:
    """What is said of it, beside what the config says itself."""
    return [str(each) for each in dataset.load(None).remarks if not each.is_settled]


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["3,5", "4,45", "2"], 'dataset.decimal: ","'),
        (["1,234,567", "2,345"], 'dataset.thousands: ","'),
        (["1,234", "12.5"], 'dataset.thousands: ","'),
        (["1.234.567", "2.345"], 'dataset.decimal: "," and dataset.thousands: "."'),
        (["1.234,50", "12,5"], 'dataset.decimal: "," and dataset.thousands: "."'),
        (["1 234", "12 345 678"], 'dataset.thousands: " "'),
        (["1\u202f234,5", "12"], 'dataset.decimal: "," and dataset.thousands: " "'),
        (["1'234.50", "12"], 'dataset.thousands: "\'"'),
        (["38 %", "5 %", "7.5%"], 'dataset.units: ["%"]'),
        (["$114", "$1,200.50"], 'dataset.thousands: "," and dataset.units: ["$"]'),
        (["-€5", "€ 7", "€9"], 'dataset.units: ["€"]'),
        (["12 kg", "13 kg", "14,5 kg"], 'dataset.decimal: "," and dataset.units: ["kg"]'),
        (["1,234", "2,345", "500"], 'say which: dataset.thousands: "," or dataset.decimal: ","'),
        (["1.2k", "800", "3M", "4k"], "write them out"),
        (["3,5", "2.5", "4,5"], "write them alike"),
        (["2024-01-31", "2024-02-01"], "dataset.dates: [c]"),
        (["31.12.2020", "1.2.2021"], "dataset.dates: [c]"),
        (["03/04/2020", "04/05/2020"], 'dataset.date_format: "%d/%m/%Y" or "%m/%d/%Y"'),
        (["Jan 3 2020", "Feb 14 2021"], "dataset.dates: [c]"),
        (["3. Januar 2020", "14. Mai 2021"], "dataset.dates: [c] and dataset.date_format"),
        (["2024-01-31T10:00:00Z", "2024-02-01T11:30:00+02:00"], "dataset.dates: [c]"),
        (["10:30", "23:05"], "dataset.dates: [c]"),
        (["unknown", "unknown", "3", "4", "unknown"], 'missing_values: ["", NA, NaN, nan, "null", unknown]'),
        (["?", "?", "2,5", "3,5"], 'dataset.decimal: ","'),
        (["sold out"] * 6 + list("12345"), '"null", sold out]'),
    ],
)  # fmt: skip
def test_what_looks_like_numbers_is_no_category_by_itself(cells: list[str], needed: str) -> None:
    """The first such row is named with the key that reads it, and the one that keeps the words."""
    message = refused(table(cells))

    assert message.startswith("own.csv: row ")
    assert ", column c: " in message
    assert needed in message
    assert "dataset.categorical: [c]" in message
    assert table(cells, categorical=["c"]).load(None).train.x.shape[1] == len(dict.fromkeys(cells))


@pytest.mark.parametrize(
    "cells",
    [["red", "blue"], ["A12", "B7", "A1"], ["12A", "13B", "7C"], ["2wd", "4wd"], ["10-20", "20-30"], ["1.2.3", "1.2.4"],
     ["1st", "2nd", "3rd"], ["yes", "no"], ["SW1A", "E5"], ["red", "blue", "0x1F"]],
)  # fmt: skip
def test_words_are_categories_and_nothing_is_said(cells: list[str]) -> None:
    """Names, codes and ranges that have digits in them are words."""
    dataset = table(cells)

    assert dataset.load(None).train.x.shape[1] == len(cells)
    assert said(dataset) == []


@pytest.mark.parametrize(
    ("cells", "settings", "read"),
    [
        (["3,5", "-4", "1,5e3"], {"decimal": ","}, [3.5, -4, 1500]),
        (["1.234,5", "12", "1.234.567"], {"decimal": ",", "thousands": "."}, [1234.5, 12, 1234567]),
        (["1,234.5", "12", "12,34,567"], {"thousands": ","}, [1234.5, 12, 1234567]),
        (["1\u00a0234", "12", "1\u202f234\u202f567"], {"thousands": " "}, [1234, 12, 1234567]),
        (["1'234", "12", "1’000"], {"thousands": "'"}, [1234, 12, 1000]),
        (["38 %", "5%", "-7.5 %"], {"units": ["%"]}, [38, 5, -7.5]),
        (["$1,234", "-$5", "$-6"], {"units": ["$"], "thousands": ","}, [1234, -5, -6]),
        (["\u22125", "(6)", "\u0661\u0662"], {}, [-5, -6, 12]),
        ([" 5 ", "6", "1e2"], {}, [5, 6, 100]),
    ],
)  # fmt: skip
def test_keys_say_how_numbers_are_written(cells: list[str], settings: dict[str, Any], read: list[float]) -> None:
    """Each cell is the number that a person reads there; a test file and new rows are read the same way."""
    dataset = table(cells, **settings)

    assert numbers(dataset.load(None))[:3] == pytest.approx(read)
    Path("new.csv").write_text("c\n" + "\n".join(cells) + "\n")
    assert Csv.new_examples(dataset, Path("new.csv"), None).x.ravel().tolist() == pytest.approx(read)


def test_separators_have_to_stand_where_they_belong() -> None:
    """A comma between thousands reads no decimals, and the other way round."""
    thousands, comma = Notation(".", ","), Notation(",", ".")
    wrong = ["3,5", "1,2345", "0,123", "12.345.678"]

    assert np.isnan(parse(pd.Series(wrong), thousands).values).all()
    assert np.isnan(parse(pd.Series(["3.5", "1.2345", "0.123", "12,345,678", "1e5.5"]), comma).values).all()


def test_a_bad_cell_among_numbers_is_named_with_what_reads_it() -> None:
    """Also in the test split alone, in a target, and in new rows."""
    cells = [str(i) for i in range(2000)]
    cells[1234] = "1,5"
    assert refused(table(cells)) == (
        "own.csv: row 1235, column c: expected a number, as in most training rows, given '1,5': numbers with a comma "
        'before decimals; read them by dataset.decimal: ","'
    )

    Path("test.csv").write_text("c\ty\n1\t2\n?\t3\n?\t4\n")
    assert refused(table(["1", "2"], test_path="test.csv")) == (
        "test.csv: row 2, column c: expected a number, as in most training rows, given '?' in 2 rows; if that is a "
        'missing value, say dataset.missing_values: ["", NA, NaN, nan, "null", "?"] and dataset.missing'
    )

    rows = table(["1", "2"]), Path("own.csv").read_text().replace("\t5\n", "\t5,5\n")
    Path("own.csv").write_text(rows[1])
    assert refused(rows[0]) == (
        "own.csv: row 6, column y: expected a number, given '5,5': numbers with a comma before decimals; read them by "
        'dataset.decimal: ","'
    )

    Path("new.csv").write_text("c\n1\n2,5\n")
    with pytest.raises(DataError, match=r"new\.csv: row 2, column c: expected a number.* given '2,5'"):
        table(["1", "2"]).new_examples(Path("new.csv"), None)


def test_a_target_is_read_with_the_same_keys() -> None:
    """A price with a decimal comma and a unit."""
    Path("own.csv").write_text("c;y\n" + "".join(f"{i};{i},5 €\n" for i in range(N)))
    dataset = Csv(path="own.csv", delimiter=";", target="y", task="regression", decimal=",", units=["€"])

    assert sorted(np.concatenate([dataset.load(None).train.y, dataset.load(None).test.y])) == [
        i + 0.5 for i in range(N)
    ]


@pytest.mark.parametrize("large", ["1e39", "-1e39", "4" + "0" * 38])
def test_what_float32_cannot_hold_is_refused(large: str) -> None:
    """In a feature and in a target, with its row; infinity is no number."""
    message = "larger than 3.4e+38, the largest number of float32"
    assert message in refused(table(["1", "2", large]))
    assert refused(table(["1", large, "3"])).startswith("own.csv: row 2, column c: ")

    dataset = table(["1"])
    Path("own.csv").write_text(Path("own.csv").read_text().replace("\t7\n", f"\t{large}\n"))
    assert refused(dataset).startswith("own.csv: row 8, column y: ")
    assert message in refused(dataset)
    for word in ("inf", "-Infinity", "1e400"):
        assert "row 2, column c: expected a number" in refused(table(["1", word, "2"]))


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (["\u22125", "6"], "number_signs"),
        (["(5)", "6"], "number_signs"),
        (["1.234", "12.500", "500"], "dot_or_thousands"),
        (["02139", "10001"], "leading_zeros"),
        (["20240131", "20240201"], "dates"),
        (["1", "2", "3", "-999"], "sentinel"),
        (["20", "30", "40", "9999"], "sentinel"),
        (["5 kg", "6"], "units"),
        (["red", "N/A", "blue"], "missing_words"),
        (["red", "?", "blue"], "missing_words"),
        (["red", "None", "blue"], "missing_words"),
        (["yes", "Yes", "no"], "spellings"),
        (["S", "M", "38", "40"], "mixed_column"),
    ],
)  # fmt: skip
def test_a_doubt_is_said_and_can_be_allowed(cells: list[str], rule: str) -> None:
    """One line with the place; the rule by which a config allows it."""
    lines = said(table(cells, units=["kg"] if rule == "units" else []))

    assert [line.count(f"(allow: [{rule}] if it is meant)") for line in lines] == [1]
    assert lines[0].startswith("own.csv: ")
    assert "column c: " in lines[0]


@pytest.mark.parametrize(
    "cells",
    [["0.123", "12.500"], ["1.25", "12.500"], ["1.234", "1500"], ["12.345"], ["01", "02", "12"], ["0", "10", "200"],
     ["99", "98", "97", "60"], ["0", "1"], ["-1", "0", "1"], ["2019", "2020"], ["1", "1.0", "2.0"],
     ["12345678", "23456789"]],
)  # fmt: skip
def test_plain_numbers_are_not_doubted(cells: list[str]) -> None:
    """Three decimals that cannot be thousands, months of two digits, large values among large ones, years."""
    assert [line for line in said(table(cells)) if "constant_column" not in line] == []
    assert numbers(table(cells).load(None))[0] == pytest.approx(float(cells[0]))
