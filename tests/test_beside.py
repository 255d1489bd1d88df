"""What a command makes of finished runs while its workers train others."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from engines import Here, Watcher
from jobs import IRIS, job_of

from dlexp import cores
from dlexp.execution import schedule
from dlexp.execution.beside import Beside
from dlexp.execution.schedule import run_all
from dlexp.records.run_dir import RunDir
from dlexp.training.after import After
from dlexp.training.job import Job


def noted(run_dir: RunDir) -> None:
    """Write down which process makes the file."""
    (run_dir.path / "made.txt").write_text(str(os.getpid()))


def refused(run_dir: RunDir) -> None:
    """A library that has something to say before it fails."""
    print("looking for a font")
    print("none is installed", file=sys.stderr)
    raise RuntimeError("no font can be found")


MADE = After("made.txt", "made", noted)


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two, whatever this machine has; and no pause between two looks."""
    monkeypatch.setattr(cores, "usable", lambda: 2)
    monkeypatch.setattr(schedule, "TICK", 0.001)


def jobs_with(after: After, tmp_path: Path, n: int = 3) -> list[Job]:
    """Runs that are to have it."""
    return [replace(job_of(tmp_path, IRIS, seed), after=[after]) for seed in range(n)]


def test_the_command_makes_what_its_workers_are_spared(tmp_path: Path) -> None:
    """While the next run trains, the last one's before the command ends; what that needs is imported once."""
    prepared: list[int] = []
    jobs = jobs_with(replace(MADE, prepare=lambda: prepared.append(1)), tmp_path)
    made: list[list[int]] = []

    class Spared(Here):
        def submit(self, job: Job) -> None:
            assert job.after == ()
            made.append([each.seed for each in jobs if (each.path / "made.txt").exists()])
            super().submit(job)

    run_all(iter(jobs), Spared(), Watcher())

    assert made == [[], [], [0]]
    assert [(job.path / "made.txt").read_text() for job in jobs] == [str(os.getpid())] * 3
    assert prepared == [1]


def test_a_failed_run_has_none(tmp_path: Path) -> None:
    """Nor has one that another process has."""
    failed = replace(job_of(tmp_path, IRIS, 9), after=[MADE])

    run_all(iter([failed]), Here(), Watcher())

    assert RunDir(failed.path).status == "failed"
    assert not (failed.path / "made.txt").exists()


def test_a_command_that_falls_behind_leaves_it_to_its_workers(tmp_path: Path) -> None:
    """Until it has caught up: many workers with small runs end more of them than one process makes pictures."""
    jobs, it = jobs_with(MADE, tmp_path, 5), Beside()
    given = [it.for_worker(job, 1) for job in jobs[:2]]
    for job in jobs[:2]:
        Here().submit(job)
        it.ended(job)

    behind = it.for_worker(jobs[2], 1)
    while it.work():
        pass

    assert [job.after for job in given] == [(), ()]
    assert behind is jobs[2]
    assert it.for_worker(jobs[3], 1).after == ()


def test_the_only_processor_is_left_to_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which has imported half of what drawing needs."""
    monkeypatch.setattr(cores, "usable", lambda: 1)
    (job,) = jobs_with(MADE, tmp_path, 1)

    assert Beside().for_worker(job, 1) is job


def test_what_is_said_meanwhile_is_in_the_log_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in the middle of the progress; the streams are what they were."""
    streams, (job,) = (sys.stdout, sys.stderr), jobs_with(After("made.txt", "made", refused), tmp_path, 1)

    run_all(iter([job]), Here(), Watcher())

    line = "could not be made: RuntimeError: no font can be found; the run is complete without it"
    said = f"looking for a font\nnone is installed\n{job.path / 'made.txt'}: {line}\n"
    assert job.run_dir.log_path.read_text() == said
    assert capsys.readouterr() == ("", "")
    assert (sys.stdout, sys.stderr) == streams
