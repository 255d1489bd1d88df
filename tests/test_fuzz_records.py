"""Whatever stands in a recorded file: every reader ends in time, with a result or a line, and reads all other runs."""

import contextlib
import io
import json
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_runs import CONFIG, finished, identity_of
from record_faults import Fault, faults

import dlexp.training.run  # noqa: F401  # TensorFlow takes its time: not on the clock of a test.
from dlexp.cli.app import app
from dlexp.config import identity
from dlexp.config.load import load
from dlexp.config.names import PREFIX_LENGTH
from dlexp.errors import DlexpError, shown
from dlexp.execution import planning, standing
from dlexp.execution.execute import execute
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.records.evaluation import LabelCounts
from dlexp.records.index import read
from dlexp.records.predictions import Predictions, Results
from dlexp.records.run_dir import RunDir
from dlexp.records.selection import select
from dlexp.records.summary_csv import rebuild
from dlexp.reports.bias_variance.facts import point
from dlexp.reports.bias_variance.table import render
from dlexp.reports.run.curves import CURVES
from dlexp.reports.run.outcome import outcome
from dlexp.reports.run.results import result_lines
from dlexp.reports.run.results_page import page
from dlexp.reports.run.without_result import without_result
from dlexp.reports.verification.facts import verify
from dlexp.training.job import Job

RECORDS = Path(__file__).parent / "records" / "0.1.0"
RUNS = Path("runs")
RECORDED = f"recorded/s0-{identity_of(CONFIG)[:PREFIX_LENGTH]}"
#: A run of each kind, and files of it that are read.
FILES = [
    *(f"finished/s0-2b0f281649/{name}" for name in ("config.yaml", "history.csv", "environment.json", "model.keras")),
    "finished/s0-2b0f281649/summary.json",
    "targets/s0-f83e7030b2/summary.json",
    "diagnosed/s0-df4397879b/diagnostics.csv",
    "resampled resamples/s0-818a85d256/predictions.npz",
    f"{RECORDED}/predictions.npz",
    "resampled resamples/s0-818a85d256/summary.json",
    "diverged/s0-3d1444f45b/failure.json",
    "diverged/s0-3d1444f45b/log.txt",
    *(f"interrupted/s0-f72780589d/{name}" for name in ("config.yaml", "history.csv", "environment.json")),
    *(f"interrupted/s0-f72780589d/{name}" for name in ("checkpoint.npz", "interruption.json", "lock")),
    *(f"{RECORDED}/{name}" for name in ("summary.json", "evaluation.json", "manifest.json")),
]
#: How long a reader may take, in seconds: what waits for a pipe takes for ever.
LIMIT = 60.0
#: What a reader may take of memory beside what is taken already: what reads a device takes all.
MEMORY = 4 << 30

Reader = Callable[[str], object]


def command(*words: str) -> Reader:
    """Runs `dlexp` with these words, NAME for the name of the damaged run."""

    def read(name: str) -> None:
        app([name if word == "NAME" else word for word in words], standalone_mode=False)

    return read


def planned(name: str) -> None:
    """What `dlexp run` finds out before it trains, and what it says of runs that are on record."""
    found = plan(Request(wanted=[(load(_config(name)).experiment, [0])], runs_dir=RUNS))
    outcomes = [outcome(read(run_dir), label) for run_dir, label in zip(found.done, found.labelled, strict=False)]
    result_lines(outcomes)
    page(outcomes, found.labelled, 80)
    without_result([*found.done, *(each.begun for each in found.to_train if each.begun)])


def decomposed(name: str) -> None:
    """What `dlexp bias-variance` makes of recorded runs."""
    runs = [run for run in select(RUNS, ["resampled resamples"]) if run.status == "finished" or run.has_diverged]
    render([point("resampled", {}, runs)], "table")


def verified(name: str) -> None:
    """What `dlexp verify` says once a run has been trained again."""
    for run in select(RUNS, [name]):
        again = RunDir(RECORDS / RUNS / run.name / run.dir.path.name)
        if run.status == "finished" and again.path.exists():
            verify(run, again, [run] * 3)


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
    "summary.csv": lambda name: rebuild(RUNS),
    "plan": planned,
    "bias-variance": decomposed,
    "verify": verified,
    "verify --files": command("verify", "NAME", "--files"),
}
#: Those that take long draw a picture of some faults alone.
PICTURES = ("show plot", "compare plot")


def _config(name: str) -> str:
    return f"{name.removesuffix(' resamples')}.yaml"


class Late(BaseException):
    """A reader waits."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the records of version 0.1.0."""
    folder = tmp_path_factory.mktemp("records")
    shutil.copytree(RECORDS, folder, dirs_exist_ok=True)
    mistake = {"position": 5, "target": 1, "predicted": 2, "probability": 0.75, "text": "5.1, 3.5"}
    run_dir = finished(folder / RUNS, "recorded", class_names=["a", "b", "c"], guessing={"val_accuracy": 0.5})
    shares = {"precision": [0.5, None], "recall": [1.0, 0.0]}
    of_target = {
        "count": 9,
        "confusion": {"target": [0, 1], "predicted": [0, 2], "count": [4, 5]},
        "labels": {key: [0] for key in LabelCounts.__annotations__},
        "classes": {"target": [0, 1], "count": [4, 5], **shares},
        "reliability": {"count": [0, 9], "probability": [None, 0.9], "right": [None, 0.4]},
        "numbers": {key: [1, 2] for key in ("position", "target", "predicted", "low", "high")},
    }
    mistakes = [mistake, {**mistake, "label": 1}]
    run_dir.write_json(run_dir.evaluation_path, {"mistakes": mistakes, "targets": {"": of_target}})
    Predictions({"": Results(np.arange(3), np.array([True, False, True]))}).write(run_dir.predictions_path)
    run_dir.write_summary(read(run_dir).record.raw)  # With a manifest of what is there now.
    (folder / "recorded.yaml").write_text("dataset: digits\n")
    begun = RunDir(folder / RUNS / "interrupted" / "s0-f72780589d")
    begun.write_json(begun.interruption_path, {"what": "no memory", "epoch": 3})
    begun.lock_path.write_text("4711 on elsewhere\n")
    os.utime(begun.lock_path, (0, 0))  # Its owner is gone: while it is young, it counts.
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
    content, times = path.read_bytes(), path.stat()
    try:
        fault(path)
        yield
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


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


def readers_of(i: int, n: int) -> list[str]:
    """Some of the readers, others for each fault in turn; of pictures one of each fiftieth fault."""
    names = [name for name in READERS if name not in PICTURES]
    chosen = [names[(n * i + k) % len(names)] for k in range(n)]
    return [*chosen, PICTURES[i // 50 % 2]] if i % 50 == 0 else chosen


def assert_all_read_with_care(file: str, step: int, n_readers: int) -> None:
    """The promise for each place of a file and every `step`-th other fault, before some of the readers."""
    whole, _ = rows()
    for i, (label, fault) in enumerate(faults(RUNS / file)):
        if i >= 10 and i % step:
            continue
        readers = readers_of(i, n_readers)
        if label == "huge":  # Its digest is that of a terabyte.
            readers = [reader for reader in readers if reader != "verify --files"]
        try:
            assert_read_with_care(file, fault, readers, whole)
        except BaseException as error:
            error.add_note(f"{file}: {label}, before {readers}")
            raise


@pytest.mark.parametrize("file", FILES)
def test_a_fault_in_a_record_stops_no_reader(file: str) -> None:
    """A few faults of each file, each before a few of the readers."""
    assert_all_read_with_care(file, step=97, n_readers=2)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_no_fault_in_a_record_stops_any_reader(file: str) -> None:
    """All faults of each file, each before a third of the readers: every value of a key meets every reader."""
    assert_all_read_with_care(file, step=1, n_readers=7)


def _executed(job: Job, name: str) -> object:
    return execute(job)


def resumed(fault: Fault, *files: str) -> list[str]:
    """What is said where the interrupted run is resumed in this process with a fault in some of its files."""
    with contextlib.ExitStack() as faulty:
        for file in files:
            faulty.enter_context(damaged(RUNS / "interrupted" / "s0-f72780589d" / file, fault))
        planned = plan(Request(wanted=[(load("interrupted.yaml").experiment, [0])], runs_dir=RUNS))
        try:
            for job in planned.jobs([CURVES]):
                said(partial(_executed, job), "interrupted")
        except OSError as error:
            return [str(error)]
        return []


RESUMED = ("config.yaml", "history.csv", "environment.json", "checkpoint.npz", "interruption.json", "log.txt", "lock")


@pytest.fixture
def interrupted(records: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The records as they were, once more, after a test that trains: by the training code that interrupted the run."""
    for module in (identity, planning, standing):
        monkeypatch.setattr(module, "TRAINING_VERSION", 2)
    folder = RUNS / "interrupted"
    shutil.copytree(records / folder, records / "before")
    yield
    shutil.rmtree(records / folder)
    (records / "before").rename(records / folder)


@pytest.mark.training
@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("files", [RESUMED[:-2], RESUMED[-2:-1]], ids=["records", "log"])
def test_a_run_with_pipes_for_files_is_not_waited_for(files: tuple[str, ...]) -> None:
    """A worker writes again what it replaces; what it adds to cannot be a pipe."""
    pipe = dict(faults(RUNS / "interrupted" / "s0-f72780589d" / "lock"))["pipe"]

    found = resumed(pipe, *files)

    assert found == (["a pipe, not a file"] if "log.txt" in files else [])


@pytest.mark.slow
@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("file", RESUMED)
def test_no_fault_in_an_interrupted_run_stops_its_worker(file: str) -> None:
    """It finishes, is interrupted or has failed, and no worker waits."""
    folder = RUNS / "interrupted" / "s0-f72780589d"
    for i, (_, fault) in enumerate(faults(folder / file)):
        if i < 10 or i % 60 == 0:
            shutil.rmtree(RUNS / "interrupted")
            shutil.copytree("before", RUNS / "interrupted")
            resumed(fault, file)
            assert RunDir(folder).status in ("finished", "failed", "interrupted", "running", "damaged")
