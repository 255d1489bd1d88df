"""Errors that are no fault of a training: the run is interrupted, and the same command ends it as if there was none."""

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import Invoke
from engines import Silent
from repeat import CONFIG, assert_same, command, the_finished

from dlexp.config.load import load
from dlexp.errors import DataError
from dlexp.execution import execute as execute_module
from dlexp.execution.at_once import AtOnce
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.execution.pool import Pool
from dlexp.execution.schedule import run_all
from dlexp.records.history import HistoryWriter
from dlexp.records.index import read, scan
from dlexp.records.run_dir import RunDir
from dlexp.reports.frames import of_runs
from dlexp.reports.run.without_result import without_result
from dlexp.training import checkpoint, run
from dlexp.training.epochs import Diverged
from dlexp.training.job import Job
from dlexp.training.threads import set_threads

set_threads(1)

#: What the loader says where `ulimit -v` leaves it no room.
NOT_MAPPED = "libtensorflow_cc.so.2: failed to map segment from shared object"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run that nothing happened to."""
    folder = tmp_path_factory.mktemp("whole") / "work"
    folder.mkdir()
    command(folder)
    return the_finished(folder)


@dataclass
class Work:
    """A folder in which epochs may fail."""

    folder: Path
    errors: dict[int, list[Exception]]
    """By epoch, what is raised in it, one a try."""

    def run(self) -> RunDir:
        """The command; gives the last attempt."""
        command(self.folder)
        return self.attempts[-1]

    @property
    def attempts(self) -> list[RunDir]:
        """All that is on record."""
        return scan(self.folder / "runs")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """A checkpoint is saved after every epoch."""
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(checkpoint, "LARGEST_SHARE", float("inf"))
    work = Work(tmp_path / "work", {})
    work.folder.mkdir()
    write = HistoryWriter.write

    def failing(self: HistoryWriter, row: dict[str, float]) -> None:
        if errors := work.errors.get(int(row["epoch"])):
            raise errors.pop(0)
        write(self, row)

    monkeypatch.setattr(HistoryWriter, "write", failing)
    return work


def no_input() -> OSError:
    """What a bad cable gives."""
    return OSError(errno.EIO, os.strerror(errno.EIO), "runs/somewhere")


def caused(error: Exception, cause: Exception) -> Exception:
    """As `raise error from cause` makes it."""
    error.__cause__ = cause
    return error


@pytest.fixture
def fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunDir]:
    """Run the command with a training that saves a checkpoint of this epoch and then fails; gives its run."""

    def fail(error: Exception, epoch: int = 2) -> RunDir:
        def train(job: Job) -> None:
            run_dir = RunDir(job.path)
            run_dir.write_config("name: it\n")
            with HistoryWriter(run_dir.history_path, ["epoch"]) as writer:
                for done in range(1, epoch + 1):
                    writer.write({"epoch": done})
            run_dir.checkpoint_path.write_bytes(b"state")
            raise error

        monkeypatch.setattr(execute_module, "_train", train)
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        command(folder)
        return scan(folder / "runs")[-1]

    return fail


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (no_input(), "Input/output error: runs/somewhere"),
        (MemoryError(), "MemoryError"),
        (MemoryError("Unable to allocate 3 GiB"), "MemoryError: Unable to allocate 3 GiB"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x.csv"), "No such file or directory: x.csv"),
        (caused(RuntimeError("cannot load"), no_input()), "RuntimeError: cannot load"),
        (ImportError(NOT_MAPPED), f"ImportError: {NOT_MAPPED}"),
        (RuntimeError("can't start new thread"), "RuntimeError: can't start new thread"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_from_outside_interrupts(error: Exception, said: str, fails: Callable[..., RunDir]) -> None:
    """It is no failure: the closing line and the log have the reason, and the checkpoint is kept."""
    run_dir = fails(error)

    assert (run_dir.status, run_dir.has_checkpoint, run_dir.failure()) == ("interrupted", True, None)
    assert without_result([run_dir]).interrupted == [
        f"{run_dir.path}: interrupted: {said} (more in log.txt); the same command resumes it"
    ]
    assert type(error).__name__ in run_dir.log_path.read_text()


def test_data_that_are_refused_are_to_be_mended_first(fails: Callable[..., RunDir]) -> None:
    """The same command would meet the same refusal for ever; its line says all that there is, the log no more."""
    run_dir = fails(DataError("x.csv: row 3, column km: 'red' is no number"))

    assert (run_dir.status, run_dir.has_checkpoint, run_dir.failure()) == ("interrupted", True, None)
    assert without_result([run_dir]).interrupted == [
        f"{run_dir.path}: interrupted: x.csv: row 3, column km: 'red' is no number; "
        "once that is mended, the same command trains it"
    ]


@pytest.mark.parametrize("error", [KeyError("planted"), ModuleNotFoundError("No module named 'own'"), ValueError("x")])
def test_any_other_error_is_a_failure(error: Exception, fails: Callable[..., RunDir]) -> None:
    """At once, with its checkpoint kept."""
    run_dir = fails(error)

    assert (run_dir.status, run_dir.has_checkpoint) == ("failed", True)


def test_another_error_or_another_epoch_is_no_failure(fails: Callable[..., RunDir]) -> None:
    """As on a disk that slowly gives up: each try comes further, or ends otherwise."""
    errors = [(no_input(), 2), (no_input(), 3), (MemoryError(), 3), (no_input(), 3)]

    statuses = [fails(error, epoch).status for error, epoch in errors]

    assert statuses == ["interrupted"] * 4
    assert fails(no_input(), 3).status == "failed"


def test_the_reason_is_shown(fails: Callable[..., RunDir], invoke: Invoke) -> None:
    """By `show`, and in the frames of Python."""
    run_dir = fails(no_input())

    _, out, _ = invoke("show", run_dir.name, "--runs-dir", str(run_dir.path.parents[1]))

    assert re.search(r"\nstatus  interrupted.*\nwhy     Input/output error: runs/somewhere\n", out)
    assert list(of_runs([read(run_dir)])["what"]) == ["Input/output error: runs/somewhere"]


def test_a_full_disk_is_never_a_failure(fails: Callable[..., RunDir]) -> None:
    """However often."""
    statuses = [fails(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))).status for _ in range(3)]

    assert statuses == ["interrupted"] * 3


def test_an_attempt_that_ends_before_it_begins_is_no_damage(
    fails: Callable[..., RunDir], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its data are gone when the checkpoint of the failed one has just been copied: it can be resumed from there."""
    failed = fails(KeyError("planted"))
    monkeypatch.undo()

    def train(job: Job) -> None:
        raise DataError("x.csv: not found")

    monkeypatch.setattr(run, "train", train)
    command(tmp_path / "work")

    second = scan(tmp_path / "work" / "runs")[-1]
    assert (second.folder.attempt, second.status, second.has_checkpoint) == (2, "interrupted", True)
    assert second.history_path.read_bytes() == failed.history_path.read_bytes()


def test_a_run_that_diverged_keeps_no_checkpoint(fails: Callable[..., RunDir]) -> None:
    """The same again would diverge again."""
    run_dir = fails(Diverged(3, "loss is nan in epoch 3"))

    assert (read(run_dir).has_diverged, run_dir.has_checkpoint) == (True, False)


@pytest.mark.training
def test_an_interrupted_run_is_resumed(work: Work, whole: RunDir) -> None:
    """After the epoch of its checkpoint, to the same bytes; then neither reason nor checkpoint is left."""
    work.errors[3] = [no_input()]
    run_dir = work.run()

    assert work.run() == run_dir
    assert_same(the_finished(work.folder), whole)
    assert read(run_dir).result.resumed_after == [2]
    assert not run_dir.interruption_path.exists()
    assert not run_dir.has_checkpoint


@pytest.mark.training
def test_the_same_error_at_the_same_epoch_is_a_failure(work: Work, whole: RunDir) -> None:
    """It would come again. The next attempt begins with a copy of the checkpoint; the failure stays as it is."""
    work.errors[3] = [no_input(), no_input()]
    work.run()

    failed = work.run()

    failure = failed.failure()
    assert failure is not None
    assert (failure.kind, failure.what) == ("error", "Input/output error: runs/somewhere")
    assert failed.has_checkpoint
    before = {path.name: path.read_bytes() for path in failed.path.iterdir()}
    ended = work.run()
    assert [each.path.name for each in work.attempts] == [failed.path.name, f"{failed.path.name}-2"]
    assert_same(ended, whole)
    assert read(ended).result.resumed_after[-1] == 2
    assert {path.name: path.read_bytes() for path in failed.path.iterdir()} == before


@pytest.mark.training
def test_a_bug_is_a_failure_that_keeps_its_checkpoint(work: Work, whole: RunDir) -> None:
    """At once; and mended, the next attempt does not begin again."""
    work.errors[3] = [KeyError("planted")]

    failed = work.run()

    assert (failed.status, failed.has_checkpoint) == ("failed", True)
    ended = work.run()
    assert (ended.folder.attempt, read(ended).result.resumed_after) == (2, [2])
    assert_same(ended, whole)


@pytest.mark.training
def test_a_checkpoint_that_was_taken_away_is_not_missed(work: Work, whole: RunDir) -> None:
    """The next attempt begins at the first epoch."""
    work.errors[3] = [KeyError("planted")]
    work.run().remove_checkpoints()

    ended = work.run()

    assert (ended.folder.attempt, read(ended).result.resumed_after) == (2, [])
    assert_same(ended, whole)


def saved_by_an_editor(path: Path) -> None:
    """A new file takes the place of the one that the training writes."""
    new = path.with_name("new")
    new.write_bytes(path.read_bytes())
    new.replace(path)


def given_a_better_score(path: Path) -> None:
    """In the same file, without a change of its size."""
    rows = path.read_text().splitlines(keepends=True)
    rows[1] = rows[1][:-2] + str(9 - int(rows[1][-2])) + rows[1][-1]
    path.write_text("".join(rows))


def given_an_empty_row(path: Path) -> None:
    """As some spreadsheets add."""
    path.write_text(path.read_text() + ",,,\n")


@pytest.mark.training
@pytest.mark.parametrize("edit", [saved_by_an_editor, given_a_better_score, given_an_empty_row, Path.unlink])
def test_a_history_that_is_edited_while_it_is_written_is_not_recorded(
    edit: Callable[[Path], None], work: Work, whole: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the next checkpoint, or the result, it is noticed; then the same command ends as if nothing was."""
    write = HistoryWriter.write

    def edited(self: HistoryWriter, row: dict[str, float]) -> None:
        write(self, row)
        if row["epoch"] == 2 and "layer" not in row:
            edit(work.attempts[-1].history_path)

    with monkeypatch.context() as patch:
        patch.setattr(HistoryWriter, "write", edited)
        run_dir = work.run()

    assert run_dir.status == "interrupted"
    assert read(run_dir).what == f"{run_dir.history_path}: changed while the run was trained"
    assert work.run() == run_dir
    assert_same(the_finished(work.folder), whole)


@pytest.mark.training
def test_a_folder_in_the_way_of_the_model(work: Work, whole: RunDir) -> None:
    """It is named; once it is gone, the run is resumed."""
    work.errors[2] = [no_input()]
    run_dir = work.run()
    run_dir.model_path.mkdir()

    work.run()

    assert run_dir.status == "interrupted"
    assert read(run_dir).what == f"Is a directory: {run_dir.model_path}"
    run_dir.model_path.rmdir()
    assert work.run() == run_dir
    assert_same(run_dir, whole)


@pytest.mark.training
def test_diagnostics_that_are_gone_are_no_failure(work: Work) -> None:
    """They only observe: they go on after the checkpoint."""
    work.errors[3] = [no_input()]
    run_dir = work.run()
    run_dir.diagnostics_path.unlink()

    work.run()

    assert run_dir.status == "finished"
    assert [row["epoch"] for row in run_dir.diagnostics()] == [3]
    assert read(run_dir).result.resumed_after == [2]


@pytest.mark.training
def test_what_cannot_even_be_begun_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder where the log should be: the command notes it, since the worker could not."""
    config = tmp_path / "test.yaml"
    config.write_text(CONFIG)
    jobs = list(plan(Request(wanted=[(load(config).experiment, [0])], runs_dir=tmp_path / "runs")).jobs())
    run_dir = RunDir(jobs[0].path)
    run_dir.log_path.mkdir()
    engine = Pool(AtOnce(1))
    run_all(iter(jobs), engine, Silent())
    engine.close(kill=True)

    assert run_dir.status == "interrupted"
    assert read(run_dir).what == f"Is a directory: {run_dir.log_path}"
    assert capsys.readouterr().err == ""
