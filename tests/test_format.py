"""Columns, CSV, JSON and Markdown; text that a spreadsheet would take for a formula is marked as text."""

import csv
import io
import json
import math
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import changed, finished
from rich.cells import cell_len

from dlexp.console import one_line
from dlexp.format import aligned, joined, markdown_table, paragraph, to_csv, to_json
from dlexp.records.summary_csv import rebuild
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.bias_variance.table import render

FORMULA = "=HYPERLINK(1)"


def test_names_are_joined_as_people_list_them() -> None:
    """All of them, with one `and`."""
    assert [joined("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_a_paragraph_hangs_and_cuts_no_option() -> None:
    """Lines break at spaces alone, whatever has a hyphen; without a width all stands on one."""
    text = "train with --fail-fast at 1e-05\n"

    assert paragraph(text, 20, "why  ", "     ") == ["why  train with", "     --fail-fast at", r"     1e-05\n"]
    assert paragraph(text, None, "why  ") == [r"why  train with --fail-fast at 1e-05\n"]


@pytest.mark.parametrize("width", range(8, 40))
def test_a_paragraph_of_wide_characters_is_no_wider(width: int) -> None:
    """Each of them takes two columns of a terminal; none is lost, wherever lines end."""
    text = "grid hidden=" + "模" * 30 + " and 🚀 \u202eabc, 模型 é"
    lines = paragraph(text, width, "- ", "  ")

    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines)[2:].split()) == "".join(one_line(text).split())


def test_columns_are_aligned() -> None:
    """The first one flush left; the others too, or flush right; no blanks at the end, no line end within a cell."""
    rows = [["", "last", "b"], ["loss", "0.5", ""], ["x\ny", "12", "1"]]

    assert aligned(rows) == ["      last  b", "loss  0.5", r"x\ny  12    1"]
    assert aligned(rows, " ", numbers=True) == ["     last b", "loss  0.5", r"x\ny   12 1"]
    assert aligned([]) == []


def test_markdown_cells_hold_any_text() -> None:
    """A bar within a cell is escaped."""
    assert markdown_table(["", "a|b"], [["c", "d"]]) == ["|  | a\\|b |", "|---|---|", "| c | d |"]


def test_json_has_no_nan_and_no_escapes() -> None:
    """A number that JSON lacks is null at every depth; letters of every language stay as they are."""
    document = {"ü": [math.nan, (math.inf, 0.5)], "n": {"x": -math.inf}}

    text = to_json(document)

    assert json.loads(text) == {"ü": [None, [None, 0.5]], "n": {"x": None}}
    assert text.startswith('{\n  "ü": [\n    null')
    assert text.endswith("}\n")


@pytest.mark.parametrize("cell", [FORMULA, "+1+1", "-x", "@SUM(A1)", "\t=1", "-", "-1e", "--1", "+.e3"])
def test_formulas_are_marked(cell: str) -> None:
    """With the sign of text in front."""
    text = to_csv(["a", cell], [{"a": cell}])

    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", f"'{cell}"], [f"'{cell}", ""]]


@pytest.mark.parametrize("cell", ["-0.5", "+1e-7", "-1", "-.5", "-inf", "+nan", "-3.", -0.5, "a=b", "", "'=1", "e-1"])
def test_numbers_and_other_texts_stay(cell: str | float) -> None:
    """Every digit."""
    text = to_csv(["a"], [{"a": cell}])

    assert list(csv.reader(io.StringIO(text))) == [["a"], [str(cell)]]


def test_a_carriage_return_ends_no_row() -> None:
    """It is written out: Python's csv leaves it without quotes."""
    text = to_csv(["a"], [{"a": "\r=1\x1b"}])

    assert text == "a\n'\\x0d=1\\x1b\n"


def test_every_table_for_spreadsheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """summary.csv, `ls`, `compare` and `bias-variance` as CSV; JSON has the name as it is."""
    monkeypatch.chdir(tmp_path)
    settings = changed(dataset={"path": FORMULA, "offset": -0.5})
    finished(Path("runs"), FORMULA, config=settings, metrics={"loss": -0.5, "val_loss": -1.5, "test_loss": 1.0})
    (row,) = csv.DictReader(rebuild(Path("runs")).open(newline=""))
    point = Point(
        name=FORMULA, settings={}, resampling="fresh", parameters=3, resamples=0, diverged=1, decomposition=None
    )

    assert (row["name"], row["dataset.path"]) == (f"'{FORMULA}", f"'{FORMULA}")
    assert (row["dataset.offset"], row["loss"], row["val_loss"]) == ("-0.5", "-0.5", "-1.5")
    (line,) = csv.DictReader(io.StringIO(invoke("ls", "--format", "csv")[1]))
    assert line["name"] == f"'{FORMULA}"
    assert (line["last"], line["run"][:2]) == ("-1.5", "'=")
    compared = list(csv.DictReader(io.StringIO(invoke("compare", "--format", "csv")[1])))
    assert {each["experiment"] for each in compared} == {f"'{FORMULA}"}
    assert compared[0]["mean"].lstrip("-").replace(".", "").isdigit()
    assert f'"name": "{FORMULA}"' in invoke("ls", "--format", "json")[1]
    assert FORMULA not in render([point], "csv")


def test_a_list_of_numbers_may_stand_on_one_line() -> None:
    """What it says is the same, whatever stands in a text; other lists are as ever."""
    document = {"x": [1, -2.5e-10, None, True], "names": ["[\n1,\n2]", "a, b"], "rows": [[1, 2], [3]], "none": []}

    text = to_json(document, flat_lists=True)

    assert json.loads(text) == document
    assert '  "x": [1, -2.5e-10, null, true],\n' in text
    assert '  "rows": [\n    [1, 2],\n    [3]\n  ],\n' in text
    assert '  "names": [\n' in text
