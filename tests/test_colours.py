"""Colour and bold: where there are any, and that they change nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Invoke
from hypothesis import given
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp.colours import ERROR, WARNING, Highlight, has_colour, highlighted

CODE = re.compile(r"\x1b\[\d+m")


@pytest.mark.parametrize(
    ("is_terminal", "environment", "expected"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_where_there_is_colour(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, environment: dict[str, str], expected: bool
) -> None:
    """A terminal that can, unless the user wants none; what is set to nothing is not set."""
    for name, value in ({"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)

    assert has_colour(sys.stdout) == expected


def test_the_first_of_overlapping_highlights_holds() -> None:
    """A group alone is highlighted where there is one, and only within the parts that are searched."""
    highlights = (
        Highlight("green", r"^status +(finished)$"),
        Highlight("bold", r"^\w+ .*"),
        Highlight("dim", r"o", within=r"^\(.*\)$"),
    )

    assert highlighted("status  finished\nfoo bar\n(foo)", highlights) == (
        "status  \x1b[32mfinished\x1b[0m\n\x1b[1mfoo bar\x1b[0m\n(f\x1b[2mo\x1b[0m\x1b[2mo\x1b[0m)"
    )


@given(st.text(alphabet="ab: \n.;1"), st.sampled_from([ERROR, WARNING, (Highlight("red", r"a*"),)]))
def test_nothing_else_changes(text: str, highlights: tuple[Highlight, ...]) -> None:
    """Without its codes it is the text that it was."""
    assert CODE.sub("", highlighted(text, highlights)) == text


def test_errors_and_warnings_begin_with_their_place(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In red what is wrong, in magenta the word of a warning; a document for a program has no colour at all."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("dataset: digits\noptimizer: {type: sgd, learning_rate: 10}\n")

    wrong = invoke("check", "a.yaml", "--set", "optimizer.type=adma")[2]
    assert wrong.startswith("\x1b[31m--set optimizer.type=adma:\x1b[0m optimizer.type: unknown optimizer")
    warning = "\x1b[1ma.yaml:2:\x1b[0m optimizer.learning_rate: \x1b[35mwarning\x1b[0m: 10 is far"
    assert invoke("check", "a.yaml")[2].startswith(warning)
    assert "\x1b" not in "".join(invoke("check", "a.yaml", "--format", "json")[1:])


def test_control_characters_are_written_out_beside_colours(tmp_path: Path) -> None:
    """A name cannot bring its own, nor can a pipe that is closed hide a lost result."""
    command = [sys.executable, "-m", "dlexp", "check", "\x1b[31ma.yaml"]
    environment = {"FORCE_COLOR": "1", "PATH": "", "PYTHONPATH": str(Path(__file__).parents[1])}
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False).stderr

    assert said.startswith("\x1b[31m\\x1b[31ma.yaml:\x1b[0m no such file")


@pytest.fixture
def forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose commands have colour."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


def coloured(text: str) -> list[str]:
    """What stands in a style, except headings and notes."""
    return re.findall(r"\x1b\[3\d+m(.*?)\x1b\[0m", text)


@pytest.mark.usefixtures("forced")
def test_names_have_no_colour(invoke: Invoke) -> None:
    """Runs, classes and tags that are called as what is coloured."""
    for name, accuracy in (("better", 0.5), ("finished", 0.9), ("2 paired seeds cannot tell", 0.9)):
        for seed in range(3):
            run_dir = finished(
                Path("runs"), name, seed, accuracy + seed * len(name) / 1000, changed(model={"hidden": [len(name)]})
            )
            run_dir.tags_path.write_text("failed\nbetter\n")

    failed(Path("runs"), "failed", seed=9)

    assert sorted(coloured(invoke("ls")[1])) == ["diverged", *["finished"] * 9]
    assert len(coloured(invoke("verify", "better", "--files")[1])) <= 3
    page = invoke("show", "better")[1]
    assert [word for word in coloured(page) if word.strip("·●▲")] == ["finished"]
    pair = [word for word in coloured(invoke("compare", "better", "finished")[1]) if word]
    assert pair
    assert set(pair) <= {"better", "worse"}


@pytest.mark.usefixtures("forced")
@pytest.mark.parametrize("command", [("ls",), ("show", "a"), ("compare", "a", "b"), ("verify", "a", "--files")])
def test_a_page_is_the_same_without_its_colours(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Every character and every line end; documents have none even where colour is forced."""
    for name in ("a", "b"):
        for seed in range(3):
            finished(Path("runs"), name, seed, 0.9 + seed / 100, changed(optimizer={"learning_rate": 0.1 + len(name)}))
    page, document = invoke(*command)[1], invoke(*command, "--format", "json")[1]
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b" in page
    assert "\x1b" not in document
    assert CODE.sub("", page) == invoke(*command)[1]
