"""What gets out: control characters do not, a lost result is an error, lost talk is none."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from hypothesis import given
from hypothesis import strategies as st
from make_runs import changed, failed, finished

from dlexp import cli, console
from dlexp.records.numbering import Numbering
from dlexp.reports.bias_variance.facts import Point
from dlexp.reports.bias_variance.table import render
from dlexp.reports.run import predictions_table as predictions

#: Retitles the terminal, ends the line, turns text around, is C1's start of a sequence, deletes.
EVIL = "a\x1b]0;evil\x07\r\n\u202eb\x9b2J\x7f"
EVIL_SHOWN = r"a\x1b]0;evil\x07\x0d\n\u202eb\u009b2J\u007f"
ALLOWED = ("\n", "\t")


def controls(text: str) -> set[str]:
    """The characters of a text that a terminal acts upon."""
    return {c for c in text if c not in ALLOWED and (c < " " or "\x7f" <= c <= "\x9f" or "\u202a" <= c <= "\u202e")}


def test_control_characters_are_written_out() -> None:
    """Lines and tabs are meant, unless all is to stay in one line; letters of any alphabet stay."""
    assert console.safe("a\tb\nc\x1b[0m\r\x85\u2066") == "a\tb\nc\\x1b[0m\\x0d\\u0085\\u2066"
    assert console.one_line("a\tb\nc") == "a\\tb\\nc"
    assert console.safe("größer ± 実験 \U0001f600") == "größer ± 実験 \U0001f600"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_talk_is_broken_at_spaces_on_a_terminal(
    is_terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wider than it is, except a word that is; each line in one piece in a pipe."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    line = "a.yaml:3: warning: 12 units for 10 classes; set head.units=10"

    console.say(line, "x" * 40)

    broken = "a.yaml:3: warning: 12 units\n  for 10 classes; set\n  head.units=10"
    assert capsys.readouterr().err == f"{broken if is_terminal else line}\n{'x' * 40}\n"


@given(st.text())
def test_json_stays_what_it_was(text: str) -> None:
    """What is written out in a document means the same there; nothing is written out twice."""
    document = json.dumps([text, {text: 1}], ensure_ascii=False, indent=2)

    assert json.loads(console.safe(document)) == [text, {text: 1}]
    assert not controls(console.safe(text))
    assert console.safe(console.safe(text)) == console.safe(text)


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of runs from elsewhere, all of whose names are evil."""
    monkeypatch.chdir(tmp_path)
    target = {"type": "multitask", "metrics": [], "heads": {EVIL: {"type": "binary", "metrics": [EVIL]}}}
    extra: dict[str, Any] = {
        "metrics": {"loss": 1.0, "val_loss": 2.0, f"val_{EVIL}": 0.5, "test_loss": 1.0},
        "layers": [{"name": EVIL, "type": EVIL, "output_shape": [None, 3], "parameters": 3}],
        "class_names": [EVIL, EVIL],
        "versions": {"tensorflow": EVIL},
        "ended": EVIL,
        "data_digest": EVIL,
    }
    for seed in (0, 1):
        evil = finished(Path("runs"), EVIL, seed, config=changed(dataset={"path": EVIL}), **extra)
        other = finished(Path("runs"), "other", seed, config=changed(head=target), **extra)
        evil.write_config("dataset: iris\n")
        other.write_config("dataset: wine\n")
    run_dir = failed(Path("runs"), "failed" + EVIL, what=EVIL, where=EVIL, kind=EVIL)
    run_dir.log_path.write_text(EVIL * 3)
    Numbering(Path("runs")).create("begun" + EVIL, 0, "0123456789").history_path.write_text(EVIL)
    (Path("runs") / f"no run {EVIL}").touch()
    Path(f"{EVIL}.yaml").write_text("dataset: iris\n")
    Path("iris.yaml").write_text("dataset: iris\n")
    Path("wrong.yaml").write_text(r'"\x1b]0;key": "\x1b]0;value"' + "\n")
    return EVIL


COMMANDS = (
    ("ls",),
    ("ls", "--format", "csv"),
    ("compare",),
    ("compare", "--format", "md"),
    ("compare", "--format", "csv"),
    ("compare", "--metric", EVIL),
    ("show", EVIL),
    ("show", "--mistakes", "0", "failed" + EVIL),
    ("show", "begun" + EVIL),
    ("diff", EVIL, "other"),
    ("why", EVIL, "other"),
    ("clean", "--failed", "--dry-run"),
    ("verify", "failed" + EVIL),
    ("predict", EVIL, EVIL),
    ("check", f"{EVIL}.yaml"),
    ("check", "wrong.yaml"),
    ("run", f"{EVIL}{EVIL}.yaml"),
    ("bias-variance", "iris.yaml", "--set", f"{EVIL}={EVIL}"),
    ("data", EVIL),
    ("list", EVIL),
    (EVIL,),
    ("ls", f"--{EVIL}"),
    ("run", "iris.yaml", "--seeds", EVIL),
)


@pytest.mark.training
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: f"{words[0]:.9}")
def test_no_name_acts_upon_the_terminal(words: tuple[str, ...], foreign: str, invoke: Invoke) -> None:
    """Runs, settings, layers, classes, metrics, logs and files of elsewhere; nor does what the user typed."""
    code, out, err = invoke(*words)

    assert code in (0, 1, 2)
    assert (out + err).strip()
    assert controls(out + err) == set()
    assert "bug" not in err


@pytest.mark.parametrize("words", [("ls",), ("compare",), ("show", EVIL), ("diff", EVIL, "other")])
def test_json_has_the_names_as_they_are(words: tuple[str, ...], foreign: str, invoke: Invoke) -> None:
    """Other programs read it: every character comes back; a terminal gets none of them either."""
    _, out, _ = invoke(*words, "--format", "json")

    assert controls(out) == set()
    assert any(EVIL in str(value) for value in _values(json.loads(out)))


def _values(document: object) -> list[object]:
    """All leaves and keys of a document."""
    if isinstance(document, dict):
        return [*document, *(leaf for value in document.values() for leaf in _values(value))]
    if isinstance(document, list):
        return [leaf for value in document for leaf in _values(value)]
    return [document]


def test_a_name_stays_in_its_line(foreign: str, invoke: Invoke) -> None:
    """A line end in one cannot forge another row."""
    _, *rows = invoke("ls", "--columns", "tensorflow")[1].splitlines()

    assert len(rows) == 2 + 2 + 1 + 1
    assert all(EVIL_SHOWN in row for row in rows)


def test_a_column_of_evil_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """`data` shows columns, classes and rows of a table."""
    monkeypatch.chdir(tmp_path)
    column, cell = "x\x1b[2J", "no\x1b]0;evil\x07"
    rows = "".join(f"{i},{[cell, 'yes'][i % 2]},{cell}\n" for i in range(20))
    Path("table.csv").write_text(f"{column},y,words\n{rows}")
    Path("c.yaml").write_text("dataset: {type: csv, path: table.csv, target: y, task: binary}\n")

    code, out, err = invoke("data", "c.yaml")

    assert (code, controls(out + err)) == (0, set())
    assert r"x\x1b[2J" in out
    assert r"no\x1b]0;evil\x07" in out
    assert json.loads(invoke("data", "c.yaml", "--format", "json")[1])["info"]["class_names"] == [cell, "yes"]


def test_parts_of_an_error_by_an_evil_name() -> None:
    """The table that no test above reaches without training."""
    point = Point(
        name=EVIL, settings={EVIL: EVIL}, resampling="fresh", parameters=3, resamples=0, diverged=1, decomposition=None
    )

    assert controls(render([point], "md")) == set()


def test_predictions_are_exact_where_no_terminal_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Class names as they are."""
    with console.safe_streams():
        predictions.write({"example": ["1"], "class": [EVIL]}, None)

    assert capsys.readouterr().out == f'example,class\n1,"{EVIL}"\n'


def test_what_is_missing_is_an_empty_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """A class that a model could not decide on."""
    predictions.write({"example": ["1", "2"], "predicted": [None, "a"]}, None)

    assert capsys.readouterr().out == "example,predicted\n1,\n2,a\n"


def test_predictions_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """There they are for the eye."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with console.safe_streams():
        predictions.write({"example": ["1"], "class": [EVIL]}, None)

    assert controls(capsys.readouterr().out) == set()


def shell(words: str, folder: Path) -> tuple[int, str, str]:
    """What a shell makes of a command, with `dlexp` as this Python's."""
    dlexp = f"dlexp() {{ '{sys.executable}' -m dlexp \"$@\"; }}; {words}"
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", dlexp], cwd=folder, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("words", ["ls --format csv", "--version"])
@pytest.mark.parametrize(
    ("where", "why"),
    [
        (">/dev/full", "No space left on device"),
        (">&-", "Bad file descriptor"),
        ("<&- >&-", "Bad file descriptor"),
    ],
)
def test_a_result_that_cannot_be_written(words: str, where: str, why: str, tmp_path: Path) -> None:
    """Exit code 1 and one line; it was 0, or a traceback."""
    finished(tmp_path / "runs")

    assert shell(f"dlexp {words} {where}", tmp_path) == (1, "", f"stdout: cannot be written: {why}\n")


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_talk_that_nobody_can_hear(where: str, tmp_path: Path) -> None:
    """The result is right, and nothing else is among it; a mistake keeps its exit code."""
    finished(tmp_path / "runs", "a resamples")
    header = "run,name,seed,attempt,identity,status,epochs,metric,best,last,seconds,ended\n"

    assert shell(f"dlexp ls --format csv {where}", tmp_path) == (0, header, "")
    assert shell(f"dlexp ls nothing {where}", tmp_path) == (2, "", "")


def test_both_closed(tmp_path: Path) -> None:
    """Only the exit code is left."""
    finished(tmp_path / "runs")

    assert shell("dlexp ls >&- 2>&-", tmp_path) == (1, "", "")


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """Exit code 1 without a word, as all programs on Typer end; 141 is for those that SIGPIPE killed."""
    assert shell("dlexp schema | head -0", tmp_path) == (1, "", "")


def test_a_closed_stdout_is_not_taken_for_a_file(tmp_path: Path) -> None:
    """The first file that a program opens gets the lowest free descriptor: what is written to stdout went into it."""
    program = (
        "import os\nfrom dlexp.console import safe_streams\n"
        "with safe_streams():\n    file = open('record.txt', 'w')\n    os._exit(file.fileno())\n"
    )
    command = ["bash", "-c", f'{sys.executable} -c "$0" >&- 2>&-', program]

    ended = subprocess.run(command, cwd=tmp_path, check=False)

    assert ended.returncode > 2


@pytest.mark.training
def test_a_worker_has_streams_where_its_command_has_none(tmp_path: Path) -> None:
    """Also of a script that imports dlexp: it redirects them into the log of its run, which ended in an error."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom dlexp.execution.execute import said_into\n"
        "from dlexp.execution.worker import Worker\n"
        "def train(path):\n    with said_into(Path(path)):\n        print('said')\n        os.write(1, b'below\\n')\n"
        "if __name__ == '__main__':\n    with Worker() as worker:\n        worker.submit(train, 'log.txt').result()\n"
    )
    (tmp_path / "program.py").write_text(program)
    command = ["bash", "-c", f"{sys.executable} program.py <&- >&- 2>&-"]

    ended = subprocess.run(command, cwd=tmp_path, check=False)

    assert (ended.returncode, (tmp_path / "log.txt").read_text()) == (0, "said\nbelow\n")


@pytest.mark.slow
@pytest.mark.parametrize(("where", "code"), [(">&-", 1), ("2>&-", 0), (">/dev/full", 1), ("2>/dev/full", 0)])
def test_a_run_is_whole_whatever_becomes_of_its_talk(where: str, code: int, tmp_path: Path) -> None:
    """Its records are what counts; the exit code says whether the result could be written."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 2}\n")

    ended, _, err = shell(f"dlexp run iris.yaml {where}", tmp_path)

    (summary,) = tmp_path.glob("runs/iris/*/summary.json")
    assert (ended, json.loads(summary.read_text())["status"]) == (code, "finished")
    assert "bug" not in err


def test_any_other_error_is_one_line(monkeypatch: pytest.MonkeyPatch, invoke: Invoke, tmp_path: Path) -> None:
    """What happened, that it is a bug, and where the traceback is kept."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "_command", lambda: [][1 + len("\x1b]0;evil\n")])

    code, out, err = invoke()

    (kept,) = tmp_path.iterdir()
    said = "IndexError: list index out of range: this is a bug in dlexp, please report it"
    assert (code, out, err) == (1, "", f"{said}; the traceback is in {kept}\n")
    assert kept.read_text().startswith("Traceback (most recent call last):\n")
    assert kept.read_text().endswith("IndexError: list index out of range\n")


def test_a_traceback_that_cannot_be_kept(monkeypatch: pytest.MonkeyPatch, invoke: Invoke, tmp_path: Path) -> None:
    """It goes to stderr, after the line; its message is no more than text there either."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))

    def command() -> None:
        raise ValueError(EVIL)

    monkeypatch.setattr(cli, "_command", command)

    code, out, err = invoke()

    first, *rest = err.splitlines()
    assert (code, out, controls(err)) == (1, "", set())
    assert first == r"ValueError: a\x1b]0;evil\x07 \u202eb\u009b2J\u007f: this is a bug in dlexp, please report it"
    assert rest[0] == "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "out of memory"),
        (MemoryError("Unable to allocate 3 TiB"), "out of memory: Unable to allocate 3 TiB"),
        (PermissionError(13, "Permission denied", "runs/x"), "runs/x: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (RecursionError("too deep"), "RecursionError: too deep: this is a bug in dlexp, please report it"),
        (ImportError("libx.so: failed to map"), "a library that is needed cannot be imported: libx.so: failed to map"),
        (BrokenProcessPool("x"), "a process of this command was killed, or ran out of memory"),
        (KeyError("x"), "KeyError: 'x': this is a bug in dlexp, please report it"),
        (AssertionError(), "AssertionError: this is a bug in dlexp, please report it"),
    ],
)
def test_whose_fault_it_is(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, invoke: Invoke, tmp_path: Path
) -> None:
    """Memory and the disk are the machine's, all else is ours."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def command() -> None:
        raise error

    monkeypatch.setattr(cli, "_command", command)

    code, _, err = invoke()

    (kept,) = tmp_path.iterdir()
    assert (code, err) == (1, f"{said}; the traceback is in {kept}\n")


@pytest.mark.training
def test_a_working_directory_that_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Whatever needs none of it works; the rest is the user's mistake, in one line."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert invoke("check", f"{tmp_path}/iris.yaml")[0] == 0
    assert invoke("ls", "--runs-dir", str(tmp_path))[0] == 0
    code, out, err = invoke("run", f"{tmp_path}/iris.yaml", "--runs-dir", str(tmp_path / "runs"))
    said = "the working directory does not exist any more; change into one that does"
    assert (code, out, err.splitlines()[-1]) == (2, "", said)
    for words in (("run", "iris.yaml"), ("data", "iris.yaml"), ("diff", "a.yaml", "b.yaml"), ("show", "iris")):
        code, out, err = invoke(*words)
        assert (code, out, len(err.splitlines())) == (2, "", 1), words


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A file system that takes nothing, with a config and a run in it."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("may not mount a file system here")
    (folder / "iris.yaml").write_text("dataset: iris\n")
    finished(folder / "runs")
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.training
def test_a_read_only_working_directory(read_only: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Reading works; what writes says so in one line."""
    monkeypatch.chdir(read_only)

    for words in (("ls",), ("compare",), ("show", "digits", "--mistakes", "0"), ("check", "iris.yaml")):
        assert invoke(*words)[0] == 0, words
    code, out, err = invoke("clean", "--failed", "--dry-run")
    assert code == 0
    code, out, err = invoke("bias-variance", "iris.yaml")
    assert (code, out) == (2, ""), err
    assert err.endswith("runs/iris resamples: cannot make a run directory here: Read-only file system\n")
    code, out, err = invoke("compare", "--plot", "curves.png")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "bug" not in err
    monkeypatch.chdir("/")  # Else it cannot be unmounted.


def test_ctrl_c_is_as_before(monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """One word and 130."""

    def command() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_command", command)

    assert invoke() == (130, "", "interrupted\n")


def test_the_error_of_a_worker_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its own traceback is what is kept."""
    program = (
        "import tempfile\nfrom dlexp import cli\nfrom dlexp.execution.worker import Worker\n"
        "def command():\n    with Worker() as worker:\n        worker.submit(int, 'no number').result()\n"
        "if __name__ == '__main__':\n    cli._command = command\n    cli.main()\n"
    )
    (tmp_path / "program.py").write_text(program)
    environment = os.environ | {"TMPDIR": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, env=environment, check=False
    )

    (kept,) = tmp_path.glob("dlexp-*.txt")
    said = "ValueError: invalid literal for int() with base 10: 'no number': this is a bug in dlexp, please report it"
    assert (ended.returncode, ended.stderr) == (1, f"{said}; the traceback is in {kept}\n")
    assert "_RemoteTraceback" in kept.read_text()


@pytest.mark.slow
def test_a_whole_course_of_evil_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Classes, columns and cells of a table, from its training to its predictions, in every command that reads it."""
    monkeypatch.chdir(tmp_path)
    classes = ("=no\x1b]0;evil\x07", "yes\u202e\x9b")
    rows = [f'{i / 7},"{classes[i % 2]}{i // 2 % 3}","{classes[i % 2]}"\n' for i in range(60)]
    Path("t.csv").write_text('"x\x1b[2J","w\x7f","y"\n' + "".join(rows))
    Path("new.csv").write_text('"x\x1b[2J","w\x7f"\n1,"other\x1b"\n')
    config = "{type: csv, path: t.csv, target: y, task: multiclass}"
    Path("c.yaml").write_text(
        f"dataset: {config}\nmodel: {{hidden: [4]}}\ntraining: {{epochs: 2, diagnostics: true}}\n"
    )

    for words in (
        ("check", "c.yaml"),
        ("data", "c.yaml"),
        ("run", "c.yaml", "--seeds", "2"),
        ("run", "c.yaml", "--dry-run"),
        ("ls",),
        ("show", "c", "--mistakes", "10"),
        ("compare", "--format", "md"),
        ("why", "c.yaml"),
        ("verify", "c/*"),
        ("bias-variance", "c.yaml", "--resamples", "3"),
        ("predict", "c", "new.csv", "-o", "p.csv"),
    ):
        code, out, err = invoke(*words)

        assert code == 0, (words, err)
        assert controls(out + err) == set(), words
    Path("bad.csv.xz").write_bytes(b"\xfd7zXZ\0\0")
    code, out, err = invoke("predict", "c/s0-*", "bad.csv.xz")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("bad.csv.xz: not a readable CSV file (")
    code, out, _ = invoke("predict", "c", "test")
    assert code == 0
    assert {line.split(",")[2] for line in out.splitlines()[1:]} <= set(classes)
    assert any(each in out for each in classes)
