"""The cells of the user's own tables: numbers as people write them, dates, missing values, categories."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlexp.components.component import ALONE
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
        (["1,23,456", "12"], 'dataset.thousands: ","'),
        (["12 kg", "13 kg", "14,5 kg"], 'dataset.decimal: "," and dataset.units: ["kg"]'),
        (["1,234", "2,345", "500"], 'say which: dataset.thousands: "," or dataset.decimal: ","'),
        (["1.2k", "800", "3M", "4k"], "write them in one unit, without factors"),
        (["12 kg", "13 kg", "1 kg", "14 g", "15 g", "2 g"], "write them in one unit"),
        (["3,5", "2.5", "4,5"], "write them alike"),
        (["2024-01-31", "2024-02-01"], "dataset.dates: [c]"),
        (["31.12.2020", "1.2.2021"], "dataset.dates: [c]"),
        (["03/04/2020", "04/05/2020"], 'dataset.date_format: "%d/%m/%Y" or "%m/%d/%Y"'),
        (["Jan 3 2020", "Feb 14 2021"], "dataset.dates: [c]"),
        (["3. Januar 2020", "14. Mai 2021"], "dataset.dates: [c] and dataset.date_format"),
        (["2024-01-31T10:00:00Z", "2024-02-01T11:30:00+02:00"], "dataset.dates: [c]"),
        (["10:30", "23:05"], "dataset.dates: [c]"),
        (["01/2024", "02/2024"], "dataset.dates: [c]"),
        (["never"] * 6 + ["2024-01-1" + k for k in "12345"], "dataset.dates: [c]"),
        (["unknown", "unknown", "3", "4", "unknown"], 'missing_values: ["", NA, NaN, nan, "null", unknown]'),
        (["?", "?", "2,5", "3,5"], 'dataset.decimal: ","'),
        (["sold out"] * 6 + list("12345"), '"null", sold out]'),
        (['3.5"', '4.5"', '6"'], "dataset.units: ['\"']"),
        (['="27"', '="28"', '="30"'], "write plain numbers"),
        (["'27.5", "'28", "'30"], "write plain numbers"),
        (["27-", "28-", "30-"], "write plain numbers"),
        (["1_000", "2_500", "3_000"], "write plain numbers"),
        (["1.5D+03", "2.5D+03", "3D-01"], "write plain numbers"),
        (["0x1F", "0x2A", "0x3B"], "write plain numbers"),
        (["np.float64(2.5)", "np.float64(-3.5)", "np.float64(1e-05)"], "write plain numbers"),
        (["tensor(2.5)", "tensor(3.)", "tensor(-1.)"], "write plain numbers"),
        (["b'2.5'", "b'3'", "b'7.25'"], "write plain numbers"),
        (["0 days 01:00:00", "2 days 00:30:00", "-1 days +03:00:00"], "write plain numbers"),
        (["PT1H30M", "PT5M", "P1DT2H"], "write plain numbers"),
        (["1h 30m", "2h 5m", "0h 7m"], "write plain numbers"),
        (["2024年3月5日", "2024年12月31日"], "dataset.dates: [c]"),
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
     ["1st", "2nd", "3rd"], ["yes", "no"], ["SW1A", "E5"], ["red", "blue", "0x1F"],
     ["3f2a", "8e72", "00aa", "b1c2"], ["#ff0000", "#000000"], ["<10", "10-20", ">20"],
     ["mpfi", "2bbl", "1bbl", "idi"], [f"{k}-{k + 4}" for k in range(0, 60, 5)], [f"1.0.{k}" for k in range(12)],
     ["1990s", "1980s", "2010s", "1970s"], [f"({k}.0, {k + 1}.0]" for k in range(12)]],
)  # fmt: skip
def test_words_are_categories_and_nothing_is_said(cells: list[str]) -> None:
    """Names, codes and ranges that have digits in them are words."""
    dataset = table(cells)

    assert dataset.load(None).train.x.shape[1] == len(cells)
    assert said(dataset) == []


def test_no_key_is_advised_that_would_make_another_column_unreadable() -> None:
    """A file has one decimal sign; thousands with dots agree with decimal commas."""
    rows = [f"3,{k}\t{k}.5\t1.{k + 100}\t{k}" for k in range(N)]
    Path("own.csv").write_text("a\tb\tc\ty\n" + "\n".join(rows) + "\n")

    def message(**settings: Any) -> str:
        return refused(Csv.model_validate({"path": "own.csv", "delimiter": "\t", **SPLIT, **settings}))

    assert "write decimals with dots, as column b does; as categories" in message()
    assert 'read them by dataset.decimal: ","' in message(features=["a", "c"])
    assert "column b: numbers" in message(decimal=",")
    assert "write decimals with commas, as column a does" in message(decimal=",", features=["a", "b"])


def test_a_notation_of_another_file_is_not_advised_as_a_key() -> None:
    """A key would be that of the training file, too."""
    dataset = table(["1.5", "2.5", "3"], test_path="test.csv", test_size=0.2)
    Path("test.csv").write_text("c\ty\n2,5\t3\n3,5\t4\n")
    Path("new.csv").write_text("c\n4,5\n")

    assert refused(dataset).endswith("given '2,5': numbers with a comma before decimals; write them as own.csv does")
    with pytest.raises(DataError, match="write them as own"):
        table(["1.5", "2.5", "3"]).new_examples(Path("new.csv"), None)


@pytest.mark.parametrize("how", ["parts", "seconds"])
def test_the_last_date_of_databases_is_said(how: str) -> None:
    """It stands for none."""
    (line,) = said(table(["2024-01-31", "2024-02-01", "9999-12-31"], dates={"c": how}))

    assert line.startswith("own.csv: column c: 9999-12-31 in ")
    assert 'dataset.missing_values: ["", NA, NaN, nan, "null", "9999-12-31"]' in line
    assert not said(table(["2024-01-31", "2024-02-01"], dates={"c": how}))


def test_an_unusual_sign_in_new_rows_is_said() -> None:
    """Training knows nothing of it."""
    dataset = table(["1", "2", "3"])
    Path("new.csv").write_text("c\n4\n\u22125\n", encoding="utf-8")

    new = dataset.new_examples(Path("new.csv"), None)

    assert np.asarray(new.x).ravel().tolist() == [4, -5]
    assert next(iter(new.notes)) == "new.csv: row 2, column c: '\u22125' is read as -5"


@pytest.mark.parametrize("cell", ["\u200b5", "\ufeff5", "5\u200b", "5²", '"5'])
def test_what_nobody_sees_and_raised_digits_are_no_units(cell: str) -> None:
    """Such a cell is shown as it is, without a key that would not read it."""
    Path("own.csv").write_text("c\ty\n" + "1\t1\n2\t2\n" * 10 + f"{cell}\t3\n", encoding="utf-8")
    dataset = Csv(path="own.csv", delimiter="\t", quote="none", target="y", task="regression", test_size=0.1)

    assert refused(dataset).endswith(f"given {cell!r}")


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


def test_numbers_of_one_column_have_one_unit() -> None:
    """Kilograms and grams, or thousands and ones, are no numbers of one scale."""
    assert refused(table(["1 kg", "500 g"], units=["kg", "g"])) == (
        "own.csv: column c: numbers with different units: kg in 10 cells, g in 10 cells; write them in one unit, "
        "without factors"
    )
    assert "different units: none in 10 cells, k in 10 cells" in refused(table(["1200", "1.2k"], units=["k"]))


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
        (["01.2024", "02.2024"], "dates"),
        (["1", "2", "3", "-999"], "sentinel"),
        (["20", "30", "40", "9999"], "sentinel"),
        ([*(str(k) for k in range(-20, 20)), "-999"], "sentinel"),
        ([f"{100 + k}/{60 + k}" for k in range(12)], "mixed_column"),
        ([f"[{k}.5 1.0]" for k in range(12)], "mixed_column"),
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


GAPS = "a,b,w,y\n1,,red,1\n2,5,,2\n,6,red,3\n4,7,blue,\n9,9,red,5\n6,9,blue,6\n"


def gaps(missing: Any, **settings: Any) -> Csv:
    """A file with a missing value in each column."""
    Path("gaps.csv").write_text(GAPS)
    given = {"path": "gaps.csv", "target": "y", "task": "regression", "test_size": 0.1, "missing": missing, **settings}
    return Csv.model_validate(given)


def test_what_is_done_about_missing_values_is_said_by_column() -> None:
    """Rows without a target are dropped, features filled, each as its column or the word for all says."""
    data = gaps({"target": "drop", "features": "mean", "a": "median", "w": "drop"}).load(None)
    a, b = data.train.x[1, 0], data.train.x[0, 1]

    assert sorted(np.concatenate([data.rows["train"], data.rows["test"]]).tolist()) == [1, 3, 5, 6]
    assert [str(each) for each in data.remarks if each.rule == "missing"] == [
        "gaps.csv: row 4, column y: missing in 1 row; such rows are dropped",
        "gaps.csv: row 2, column w: missing in 1 row; such rows are dropped",
        f"gaps.csv: row 3, column a: missing in 1 row, taken as the training split's median of {a:.4g}",
        f"gaps.csv: row 1, column b: missing in 1 row, taken as the training split's mean of {b:.4g}",
    ]
    assert all(each.is_settled for each in data.remarks if each.rule == "missing")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("refuse", "row 4, column y: missing; see dataset.missing: drop"),
        ("mean", "row 4, column y: missing; see dataset.missing: {target: drop, features: mean}"),
        ({"target": "drop"}, "row 1, column b: missing; see dataset.missing: drop, mean or median"),
        ({"features": "mean"}, "row 4, column y: missing; see dataset.missing: drop"),
    ],
)
def test_what_no_word_covers_is_refused(missing: Any, message: str) -> None:
    """By default for each column."""
    with pytest.raises(DataError) as error:
        gaps(missing, features=["b"]).load(None)
    assert str(error.value).startswith(f"gaps.csv: {message}")


@pytest.mark.parametrize(("missing", "rule"), [("drop", "drop"), ({"c": "drop"}, "drop"), ("refuse", "refuse")])
def test_a_gap_in_new_rows_that_nothing_fills_says_what_can_be_done(missing: Any, rule: str) -> None:
    """The rule under which the model was trained, and the ways out."""
    dataset = table(["1", "2", "3"], missing=missing)
    Path("new.csv").write_text("c\td\n1\t1\n\t2\n3\t3\n\t4\n")

    with pytest.raises(DataError) as error:
        dataset.new_examples(Path("new.csv"), None)
    assert str(error.value) == (
        "new.csv: row 2, column c: missing in 2 rows; the model was trained without such rows "
        f"(dataset.missing: {rule}): leave them out of the file, or train with mean or median"
    )


def test_a_column_of_more_words_than_categories_is_not_called_categories() -> None:
    """Tickets: most are numbers, and so many different ones that no model takes them as categories."""
    tickets = [f"A/{i} {i}" if i % 10 == 0 else str(10_000 + 7 * i) for i in range(200)]

    message = refused(table(tickets))
    assert message.startswith(
        "own.csv: row 1, column c: expected a number, as in most training rows, given 'A/0 0' and"
    )
    assert message.endswith("; leave it out by dataset.ignore: [c]")
    assert refused(table(tickets[:50])).endswith("; as categories: dataset.categorical: [c]")
    many = [f"{i},5" for i in range(200)]
    assert refused(table(many)).endswith('read them by dataset.decimal: ","')
    assert refused(table(many[:50])).endswith('dataset.decimal: ","; as categories: dataset.categorical: [c]')


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"missing": {"target": "mean"}},
         ("missing.target", "a missing target is not made up; expected refuse or drop")),
        ({"missing": {"y": "median"}}, ("missing.y", "a missing target is not made up; expected refuse or drop")),
        ({"thousands": "."}, ("thousands", "'.' is the decimal sign; see dataset.decimal")),
        ({"dates": ["y"]}, ("dates", "column 'y' is a target, which is no date; write it as a number of days")),
        ({"dates": ["b"], "categorical": ["b"]}, ("dates", "column 'b' is categorical, too; give one of both")),
        ({"date_format": "%d.%m.%Y"}, ("date_format", "no column is read as dates; name them in dataset.dates")),
    ],
)  # fmt: skip
def test_keys_that_exclude_each_other(settings: dict[str, Any], problem: tuple[str, str]) -> None:
    """Said before any file is read."""
    settings = {"missing": "refuse", **settings}
    assert problem in list(gaps(**settings).problems(ALONE))


def test_missing_values_can_be_numbers() -> None:
    """Of the YAML, in whatever way a cell writes them; a cell of spaces is empty."""
    dataset = table(["-999", "1", "-999.0", "3", "  "], missing="mean", missing_values=[-999, ""])
    data = dataset.load(None)

    assert dataset.missing_values == ["-999", ""]
    assert numbers(data)[1] == 1
    assert numbers(data)[0] == numbers(data)[2] == numbers(data)[4] != -999
    assert table(["x"], missing_values=[1.5, None]).missing_values == ["1.5", "null"]


def test_of_many_columns_missing_values_are_said_in_one_line() -> None:
    """With their counts, the first row of each, and what stands instead."""
    Path("own.csv").write_text("a,b,c,d,y\n,,,,1\n" + "1,2,3,red,2\n" * N)
    data = Csv(path="own.csv", **{**SPLIT, "missing": "mean", "split_seed": 1}).load(None)  # type: ignore[arg-type]

    assert [each.found for each in data.remarks if each.rule == "missing"] == [
        "missing values are taken as the training split's mean: a 1 (1 row, first row 1), b 2 (1 row, first row 1), "
        "c 3 (1 row, first row 1); no category: d (1 row, first row 1)"
    ]


DAYS = ["2024-02-28", "2024-03-01", "2023-12-31"]


@pytest.mark.parametrize(
    ("cells", "settings", "names", "first"),
    [
        (DAYS, {}, ["year", "month", "day", "weekday"], [2024, 2, 28, 2]),
        (["28.2.2024", "1.3.2023"], {}, ["year", "month", "day"], [2024, 2, 28]),
        (["2/28/2024", "3/1/2024"], {}, ["month", "day", "weekday"], [2, 28, 2]),
        (["02/03/2024", "04/05/2023"], {"date_format": "%d/%m/%Y"}, ["year", "month", "day", "weekday"],
         [2024, 3, 2, 5]),
        (["02/03/2024", "04/05/2023"], {"date_format": {"c": "%m/%d/%Y"}}, ["year", "month", "day", "weekday"],
         [2024, 2, 3, 5]),
        (["Feb 28, 2024", "Mar 1, 2024"], {}, ["month", "day", "weekday"], [2, 28, 2]),
        (["20240228", "20240301"], {}, ["month", "day", "weekday"], [2, 28, 2]),
        (["2024-02-28 10:30", "2024-02-28 11:45"], {}, ["hour", "minute"], [10, 30]),
        (["2024-02-28T23:30:00+02:00", "2024-02-28T00:00:00Z"], {}, ["hour", "minute"], [23, 30]),
        (["10:30", "11:45"], {}, ["hour", "minute"], [10, 30]),
        (["02/2024", "04/2023"], {}, ["year", "month"], [2024, 2]),
        (["10:30 PM", "11:45 AM"], {}, ["hour", "minute"], [22, 30]),
        (["28-Feb-24", "01-Mar-23"], {}, ["year", "month", "day"], [2024, 2, 28]),
        (["Wed, 28 Feb 2024 10:30:00 +0100", "Fri, 01 Mar 2024 11:30:00 +0100"], {},
         ["month", "day", "weekday", "hour"], [2, 28, 2, 10]),
    ],
)  # fmt: skip
def test_dates_become_the_parts_that_vary(
    cells: list[str], settings: dict[str, Any], names: list[str], first: list[float]
) -> None:
    """As the clock showed them where they were written; new rows are read in the same form."""
    dataset = table(cells, dates=["c"], **settings)
    data = dataset.load(None)

    assert data.info is not None
    assert data.info.feature_names == tuple(f"c.{name}" for name in names)
    where = int(np.flatnonzero(data.rows["train"] % len(cells) == 1)[0])
    assert data.train.x[where].tolist() == first
    Path("new.csv").write_text(f'c\n"{cells[0]}"\n')
    assert dataset.new_examples(Path("new.csv"), None).x[0].tolist() == first
    Path("new.csv").write_text("c\nyesterday\n")
    with pytest.raises(DataError, match=r"^new\.csv: row 1, column c: expected a date .* given 'yesterday'"):
        dataset.new_examples(Path("new.csv"), None)


def test_words_that_are_read_as_numbers_are_no_ids() -> None:
    """Ever new dates and numbers of any notation."""
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=60)]

    assert said(table(days, dates=["c"])) == []
    assert said(table([f"{i * 37 % 60},5" for i in range(60)], decimal=",")) == []


def test_dates_become_seconds_if_asked() -> None:
    """Since 1970 in UTC; a missing one is filled."""
    cells = ["1970-01-02", "1970-01-03T00:00", "", "1970-01-04"]
    data = table(cells, dates={"c": "seconds"}, missing="mean").load(None)

    assert numbers(data)[:2] == [86400, 2 * 86400]
    zoned = table(["1970-01-02T00:00+01:00", "1970-01-02T00:00Z"], dates={"c": "seconds"}).load(None)
    assert numbers(zoned)[:2] == [86400 - 3600, 86400]
    assert "expected a time zone as its offset, such as +01:00, given '1970-01-02 00:00 CET'" in refused(
        table(["1970-01-02 00:00 CET"], dates={"c": "seconds"})
    )
    assert "expected a time zone, as other cells have" in refused(
        table(["1970-01-02T00:00+01:00", "1970-01-02T00:00"], dates={"c": "seconds"})
    )


def test_the_order_of_day_and_month_is_not_guessed() -> None:
    """Unless a cell decides, which is said with the key."""
    assert refused(table(["02/03/2024", "04/05/2023"], dates=["c"])) == (
        "own.csv: column c: dates such as '02/03/2024' can be read in more than one way; say which: "
        'dataset.date_format: "%d/%m/%Y" or "%m/%d/%Y"'
    )
    assert said(table(["02/03/2024", "14/05/2023"], dates=["c"])) == [
        "own.csv: column c: dates in the form %d/%m/%Y are read as year, month, day, weekday; see "
        'dataset.date_format: "%d/%m/%Y" (allow: [dates] if it is meant)'
    ]
    assert said(table(["02/03/2024", "14/05/2023"], dates=["c"], date_format="%d/%m/%Y")) == []
    assert refused(table([*DAYS, "2024-02-30"], dates=["c"])).startswith(
        "own.csv: row 4, column c: expected a date as the others, 2020-12-31, given '2024-02-30'"
    )


def test_a_parquet_file_is_read_by_its_types() -> None:
    """Dates are dates; spans of time are seconds; words of numbers are read as those of a CSV file."""
    pytest.importorskip("pyarrow")
    n = 20
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2024-01-30", periods=n),
            "zoned": pd.date_range("2024-01-30", periods=n, freq="5h", tz="Europe/Berlin"),
            "date": pd.Series(pd.date_range("2024-01-30", periods=n)).dt.date,
            "span": pd.to_timedelta(np.arange(n), unit="min"),
            "flag": [True, False] * (n // 2),
            "code": np.where(np.arange(n) % 5, np.arange(n), -999),
            "price": [f"{i},5" for i in range(n)],
            "y": range(n),
        }
    )
    frame.to_parquet("own.parquet")
    given = {"path": "own.parquet", "missing": "mean", "missing_values": [-999], "decimal": ",", **SPLIT}
    data = Parquet.model_validate(given).load(None)

    assert data.info is not None
    assert data.info.feature_names == (
        *("day.month", "day.day", "day.weekday", "zoned.month", "zoned.day", "zoned.weekday", "zoned.hour"),
        *("date.month", "date.day", "date.weekday", "span", "flag", "code", "price"),
    )
    row = {int(i): x for i, x in zip(data.rows["train"], data.train.x.tolist(), strict=True)}[3]
    assert row == [2, 1, 3, 1, 30, 1, 10, 2, 1, 3, 120, 1, 2, 2.5]
    assert "code" in " ".join(str(each) for each in data.remarks)


def test_categories_of_the_test_split_alone_are_said() -> None:
    """With the first row; strictly taken they are no doubt: an unknown category leaves all columns 0."""
    Path("test.csv").write_text("c\ty\nred\t1\ngreen\t2\n")
    data = table(["red", "blue"], test_path="test.csv").load(None)

    assert [str(each) for each in data.remarks] == [
        "test.csv: row 2, column c: 'green' in 1 row of the test split is no category of the training split"
    ]
    assert data.remarks[0].is_settled


def test_one_number_is_one_category() -> None:
    """However it is written; 01 is another word."""
    data = table(["1", "1.0", "2", "01"], categorical=["c"]).load(None)

    assert data.info is not None
    assert sorted(data.info.feature_names) == ["c=01", "c=1", "c=2"]


def test_integers_of_any_size_are_numbers() -> None:
    """Beyond 64 bits, and of both signs."""
    data = table(["9223372036854775809", "-2", "1" + "0" * 30]).load(None)

    assert numbers(data)[:3] == pytest.approx([2**63, -2, 1e30])
