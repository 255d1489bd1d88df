"""Whatever stands in a recorded file: every reader ends in time, with a result or a line, and reads all other runs."""

import contextlib
import io
import json
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from record_faults import Fault, faults

from dlexp.cli.app import app
from dlexp.config.load import load
from dlexp.errors import DlexpError, shown
from dlexp.execution.plan import Request, plan
from dlexp.reports.bias_variance_table import render
from dlexp.reports.results import result_lines, without_result
from dlexp.runs import index
from dlexp.runs.run_dir import RunDir
from dlexp.runs.summary_csv import rebuild
from dlexp.studies.bias_variance import point
from dlexp.studies.verification import verify

RECORDS = Path(__file__).parent / "records" / "0.1.0"
RUNS = Path("runs")
#: A run of each kind, and files of it that are read.
FILES = [
    *(f"finished/s0-2b0f281649/{name}" for name in ("config.yaml", "history.csv", "environment.json", "model.keras")),
    "finished/s0-2b0f281649/summary.json",
    "targets/s0-f83e7030b2/summary.json",
    "diagnosed/s0-df4397879b/diagnostics.csv",
    "resampled resamples/s0-818a85d256/predictions.npz",
    "resampled resamples/s0-818a85d256/summary.json",
    "diverged/s0-3d1444f45b/failure.json",
    "diverged/s0-3d1444f45b/log.txt",
    *(f"interrupted/s0-f72780589d/{name}" for name in ("config.yaml", "history.csv", "environment.json")),
    "interrupted/s0-f72780589d/checkpoint.npz",
]
#: How long a reader may take, in seconds: what waits for a pipe takes for ever.
LIMIT = 20.0
#: What a reader may take of memory beside what is taken already: what reads a device takes all.
MEMORY = 4 << 30

Reader = Callable[[str], None]


def command(*words: str) -> Reader:
    """Runs `dlexp` with these words, NAME for the name of the damaged run."""

    def read(name: str) -> None:
        app([name if word == "NAME" else word for word in words], standalone_mode=False)

    return read


def planned(name: str) -> None:
    """What `dlexp run` finds out before it trains, and what it says of runs that are on record."""
    found = plan(Request([load(_config(name)).experiment], [0], RUNS))
    result_lines(found.done)
    without_result([*found.done, *(each.begun for each in found.to_train if each.begun)])


def decomposed(name: str) -> None:
    """What `dlexp bias-variance` makes of recorded runs."""
    runs = [run for run in index.select(RUNS, ["resampled resamples"]) if run.status == "finished" or run.has_diverged]
    render([point("resampled", {}, runs)], "table")


def verified(name: str) -> None:
    """What `dlexp verify` says once a run has been trained again."""
    for run in index.select(RUNS, [name]):
        if run.status == "finished":
            verify(run, RunDir(RECORDS / RUNS / run.name / run.dir.path.name), [run] * 3)


READERS: dict[str, Reader] = {
    "ls": command("ls"),
    "ls NAME": command("ls", "NAME"),
    "ls json": command("ls", "--format", "json"),
    "ls csv": command("ls", "--format", "csv"),
    "show": command("show", "NAME"),
    "show json": command("show", "NAME", "--format", "json"),
    "show plot": command("show", "NAME", "--plot", "diagnostics.png"),
    "compare": command("compare"),
    "compare json": command("compare", "finished", "NAME", "--format", "json"),
    "compare csv": command("compare", "NAME", "finished", "--format", "csv"),
    "compare md": command("compare", "NAME", "finished", "--format", "md"),
    "compare sorted": command("compare", "NAME", "finished", "--sort", "val_loss", "--metric", "seconds"),
    "compare plot": command("compare", "finished", "NAME", "--plot", "curves.png"),
    "diff": command("diff", "NAME", "finished.yaml"),
    "why NAME": command("why", "NAME"),
    "why two": command("why", "NAME", "finished"),
    "why config": command("why", "finished.yaml"),
    "clean": command("clean", "--failed", "--smoke", "--dry-run"),
    "summary.csv": lambda name: rebuild(RUNS) and None,
    "plan": planned,
    "bias-variance": decomposed,
    "verify": verified,
}


def _config(name: str) -> str:
    return f"{name.removesuffix(' resamples')}.yaml"


class Late(BaseException):
    """A reader waits."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the records of version 0.1.0."""
    folder = tmp_path_factory.mktemp("records")
    shutil.copytree(RECORDS, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def within_limits(records: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the folder of the records, with a clock and a limit of memory."""

    def late(*_: object) -> None:
        raise Late

    monkeypatch.chdir(records)
    monkeypatch.setenv("DLEXP_CACHE", "none")
    handler, before = signal.signal(signal.SIGALRM, late), resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
    signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def damaged(path: Path, fault: Fault) -> Iterator[None]:
    """A file with a fault; whole again afterwards."""
    content = path.read_bytes()
    try:
        fault(path)
        yield
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.write_bytes(content)


def said(reader: Reader, name: str) -> tuple[str, list[str]]:
    """What a reader gives on stdout, and its lines on stderr; a mistake's or a damage's own lines among them."""
    out, err = io.StringIO(), io.StringIO()
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            reader(name)
    except DlexpError as error:
        print("\n".join(shown(error.lines)), file=err)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return out.getvalue(), err.getvalue().splitlines()


def rows() -> tuple[dict[str, Any], list[str]]:
    """What `ls` says of every run, by run, and on stderr."""
    out, err = said(READERS["ls json"], "")
    return {row["run"]: row for row in json.loads(out)}, err


def assert_read_with_care(file: str, fault: Fault, readers: list[str], whole: dict[str, Any]) -> None:
    """The promise of this file, for one fault of one file; `whole` is what `ls` says without it."""
    name, folder, _ = file.split("/")
    run, path = f"{name}/{folder}", RUNS / file
    with damaged(path, fault):
        found, err = rows()
        assert {key: row for key, row in found.items() if key != run} == {
            key: row for key, row in whole.items() if key != run
        }
        if found.get(run, {}).get("status") == "damaged":
            assert [line.startswith(f"{path.parent}") for line in err if line.startswith("runs/")] == [True]
        for reader in readers:
            _, err = said(READERS[reader], name)
            assert len(err) <= 10, reader
            assert not any("Traceback" in line for line in err), reader


def every(n: int, file: str) -> list[tuple[str, Fault]]:
    """Every n-th fault of a file, and of each other place."""
    return [pair for i, pair in enumerate(faults(RECORDS / RUNS / file)) if i < 10 or i % n == 0]


@pytest.mark.parametrize("file", FILES)
def test_a_fault_in_a_record_stops_no_reader(file: str) -> None:
    """A few faults of each file, each before a few of the readers."""
    names, (whole, _) = list(READERS), rows()
    for i, (label, fault) in enumerate(every(97, file)):
        readers = [names[(7 * i + k) % len(names)] for k in range(2)]
        try:
            assert_read_with_care(file, fault, readers, whole)
        except BaseException as error:
            error.add_note(f"{file}: {label}, before {readers}")
            raise


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_no_fault_in_a_record_stops_any_reader(file: str) -> None:
    """All faults of each file before all readers."""
    whole, _ = rows()
    for label, fault in every(1, file):
        try:
            assert_read_with_care(file, fault, list(READERS), whole)
        except BaseException as error:
            error.add_note(f"{file}: {label}")
            raise
