"""What is made after the summary, and the records before it: the one may fail, the other may not."""

from dataclasses import replace
from pathlib import Path

import pytest
from commands import Invoke
from jobs import IRIS, job_of
from repeat import command, the_finished

from dlexp.execution.execute import execute
from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.curves import CURVES
from dlexp.training import run
from dlexp.training.after import After, make_missing
from dlexp.training.run import FinishedTraining

pytestmark = pytest.mark.training


class Killed(BaseException):
    """As suddenly as a signal: nothing of ours catches it."""


def not_drawn(run_dir: RunDir) -> None:
    """A matplotlib that cannot draw."""
    raise RuntimeError("no font can be found")


def killed(run_dir: RunDir) -> None:
    """The worker is gone."""
    raise Killed


def not_written(training: FinishedTraining) -> None:
    """A record that cannot be made."""
    raise RuntimeError("no such record")


def test_a_picture_that_cannot_be_drawn_fails_no_run(tmp_path: Path) -> None:
    """The run is finished; the reason is a line in its log and a line of the command, which tries again."""
    broken = After("curves.png", "drawn", not_drawn)
    job = replace(job_of(tmp_path, IRIS), after=[broken])

    execute(job)

    run_dir = RunDir(job.path)
    assert run_dir.status == "finished"
    line = (
        f"{run_dir.curves_path}: could not be drawn: RuntimeError: no font can be found; the run is complete without it"
    )
    assert run_dir.log_path.read_text().endswith(f"\n{line}\n")
    assert list(make_missing([run_dir], [broken])) == [line]


def test_a_picture_that_a_kill_prevented_is_drawn_by_the_next_command(tmp_path: Path) -> None:
    """Between summary and picture: the run is finished, and its picture is the one that it would have had."""
    whole, job = job_of(tmp_path, IRIS), replace(job_of(tmp_path, IRIS), after=[After("curves.png", "drawn", killed)])
    execute(whole)

    with pytest.raises(Killed):
        execute(job)

    run_dir, begun = RunDir(job.path), Numbering(tmp_path).create("begun", 0, "0123456789abcdef")
    assert run_dir.status == "finished"
    assert not run_dir.has_checkpoint
    assert not run_dir.curves_path.exists()
    assert list(make_missing([run_dir, begun], [CURVES])) == []
    assert run_dir.curves_path.exists()
    assert not begun.curves_path.exists()


def test_a_command_that_finds_a_run_done_draws_what_it_lacks(tmp_path: Path, invoke: Invoke) -> None:
    """However the picture was lost; what is there stays as it is."""
    command(tmp_path / "work")
    run_dir = the_finished(tmp_path / "work")
    drawn = run_dir.curves_path.read_bytes()
    run_dir.curves_path.unlink()
    arguments = ("run", str(tmp_path / "test.yaml"), "--runs-dir", str(tmp_path / "work" / "runs"))

    code, _, err = invoke(*arguments)
    again = run_dir.curves_path.stat().st_mtime_ns
    invoke(*arguments)

    assert (code, run_dir.curves_path.read_bytes()) == (0, drawn)
    assert "done before" in err
    assert run_dir.curves_path.stat().st_mtime_ns == again


def test_a_record_that_cannot_be_written_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before manifest and summary."""
    monkeypatch.setattr(run, "RECORDS", (*run.RECORDS, not_written))
    job = job_of(tmp_path, IRIS)

    execute(job)

    run_dir = RunDir(job.path)
    assert run_dir.status == "failed"
    assert read(run_dir).what == "RuntimeError: no such record"
    assert run_dir.evaluation_path.exists()
    assert not run_dir.manifest_path.exists()
