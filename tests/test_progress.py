"""Progress of runs, read from their records."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dlexp.config.load import load
from dlexp.reports import progress
from dlexp.reports.progress import Progress
from dlexp.runs.run_dir import RunDir
from dlexp.training.job import Job

#: Waits so many seconds, then looks.
Tick = Callable[[float], None]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A run of 20 epochs."""
    (tmp_path / "a.yaml").write_text("dataset: iris\ntraining: {epochs: 20}\n")
    experiment = load(tmp_path / "a.yaml").experiment
    run_dir = RunDir.create(tmp_path / "runs", "a", 0, "d" * 64)
    return Job(experiment, 0, "d" * 64, "data", run_dir.path, None, False, {}, print)


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> tuple[Progress, Tick]:
    """One that says plain lines, and its clock."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    watcher = Progress(1)

    def tick(seconds: float) -> None:
        now[0] += seconds
        watcher.tick()

    return watcher, tick


def trained(job: Job, epochs: Sequence[int]) -> None:
    """Its history has these epochs."""
    with RunDir(job.path).history_writer(["epoch", "seconds", "loss"]) as writer:
        for epoch in epochs:
            writer.write({"epoch": epoch, "seconds": 1.0, "loss": 0.5})


def test_time_left_follows_the_pace(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """5 of 20 epochs took 10 s: 30 s for the others."""
    watcher, tick = watching
    watcher.started(job)
    trained(job, range(1, 6))
    tick(10)

    assert capsys.readouterr().err.splitlines()[1:] == ["a, seed 0: epoch 5/20, loss 0.5000, 30 s left"]


def test_time_left_of_a_run_that_goes_on_is_by_its_own_epochs(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed after epoch 12, gone on with after 10: nothing is said of 12; 2 epochs in 10 s leave 40 s for 8."""
    watcher, tick = watching
    trained(job, range(1, 13))
    watcher.started(job)
    tick(5)
    trained(job, range(1, 11))
    tick(1)
    trained(job, range(1, 13))
    tick(4)

    assert capsys.readouterr().err.splitlines()[1:] == ["a, seed 0: epoch 12/20, loss 0.5000, 40 s left"]


def test_a_damaged_history_stops_nobody(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """The worker begins it anew."""
    watcher, tick = watching
    RunDir(job.path).history_path.write_text("epoch,seconds,loss\nx\n4,1.0,0.5\n")
    watcher.started(job)
    tick(5)
    trained(job, [1])
    tick(5)

    assert capsys.readouterr().err.splitlines()[1:] == ["a, seed 0: epoch 1/20, loss 0.5000, 190 s left"]
