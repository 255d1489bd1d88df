"""Text that a spreadsheet would take for a formula is marked as text."""

import csv
import io
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import changed, finished

from dlexp.records import spreadsheet
from dlexp.records.summary_csv import rebuild
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.bias_variance.table import to_csv

FORMULA = "=HYPERLINK(1)"


@pytest.mark.parametrize("cell", [FORMULA, "+1+1", "-x", "@SUM(A1)", "\t=1", "-", "-1e", "--1", "+.e3"])
def test_formulas_are_marked(cell: str) -> None:
    """With the sign of text in front."""
    file = io.StringIO()

    spreadsheet.write(file, ["a", cell], [{"a": cell}])

    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [["a", f"'{cell}"], [f"'{cell}", ""]]


@pytest.mark.parametrize("cell", ["-0.5", "+1e-7", "-1", "-.5", "-inf", "+nan", "-3.", -0.5, "a=b", "", "'=1", "e-1"])
def test_numbers_and_other_texts_stay(cell: str | float) -> None:
    """Every digit."""
    file = io.StringIO()

    spreadsheet.write(file, ["a"], [{"a": cell}])

    assert list(csv.reader(io.StringIO(file.getvalue()))) == [["a"], [str(cell)]]


def test_a_carriage_return_ends_no_row() -> None:
    """It is written out: Python's csv leaves it without quotes."""
    file = io.StringIO()

    spreadsheet.write(file, ["a"], [{"a": "\r=1\x1b"}])

    assert file.getvalue() == "a\n'\\x0d=1\\x1b\n"


def test_every_table_for_spreadsheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """summary.csv, `ls`, `compare` and `bias-variance` as CSV; JSON has the name as it is."""
    monkeypatch.chdir(tmp_path)
    settings = changed(dataset={"path": FORMULA, "offset": -0.5})
    finished(Path("runs"), FORMULA, config=settings, metrics={"loss": -0.5, "val_loss": -1.5, "test_loss": 1.0})
    (row,) = csv.DictReader(rebuild(Path("runs")).open(newline=""))
    point = Point(FORMULA, {}, "fresh", 3, 0, 1, None)

    assert (row["name"], row["dataset.path"]) == (f"'{FORMULA}", f"'{FORMULA}")
    assert (row["dataset.offset"], row["loss"], row["val_loss"]) == ("-0.5", "-0.5", "-1.5")
    (line,) = csv.DictReader(io.StringIO(invoke("ls", "--format", "csv")[1]))
    assert line["name"] == f"'{FORMULA}"
    assert (line["last"], line["run"][:2]) == ("-1.5", "'=")
    compared = list(csv.DictReader(io.StringIO(invoke("compare", "--format", "csv")[1])))
    assert {each["experiment"] for each in compared} == {f"'{FORMULA}"}
    assert compared[0]["mean"].lstrip("-").replace(".", "").isdigit()
    assert f'"name": "{FORMULA}"' in invoke("ls", "--format", "json")[1]
    assert FORMULA not in to_csv([point])
