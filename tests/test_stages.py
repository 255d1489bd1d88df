"""What a training process is doing, as its parent sees it."""

from pathlib import Path

import pytest
from jobs import IRIS, job_of

from dlexp.execution.at_once import AtOnce
from dlexp.execution.execute import execute
from dlexp.execution.pool import Pool
from dlexp.execution.schedule import run_all
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job
from dlexp.training.stages import STAGES, SharedStage, Stage, enter, share


class Noting:
    """A watcher that keeps the stages, and how many epochs were recorded as each was first seen."""

    def __init__(self) -> None:
        self.prepared: list[Stage] = []
        self.seen: list[tuple[Stage, int]] = []

    def preparing(self, stage: Stage) -> None:
        """Noted."""
        self.prepared.append(stage)

    def started(self, job: Job) -> None:
        """Nothing."""

    def entered(self, job: Job, stage: Stage) -> None:
        """Noted."""
        self.seen.append((stage, len(RunDir(job.path).history())))

    def tick(self) -> None:
        """Nothing."""

    def ended(self, job: Job) -> None:
        """Nothing."""

    def stopping(self) -> None:
        """Nothing."""


def test_a_parent_sees_the_stage_that_was_entered_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose parent does not look enters stages all the same."""
    monkeypatch.setattr("dlexp.training.stages._own", None)
    stage = SharedStage()
    enter("testing")
    share(stage)
    before = stage.stage
    enter("compiling")

    assert (before, stage.stage) == ("starting", "compiling")


@pytest.mark.training
def test_stages_of_a_run_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the start of TensorFlow on; it trains before there is an epoch, and is done with them when it tests."""
    monkeypatch.setattr("dlexp.execution.schedule.TICK", 0.001)
    job, watcher, engine = job_of(tmp_path, IRIS, 0), Noting(), Pool(AtOnce(1))
    try:
        engine.refusals([job], watcher.preparing)
        run_all(iter([job]), engine, watcher)
    finally:
        engine.close(kill=True)

    seen = [stage for stage, _ in watcher.seen]
    assert {"starting TensorFlow", "building"} <= set(watcher.prepared)
    assert seen == sorted(seen, key=STAGES.index)
    assert {"compiling", "testing", "saving"} <= set(seen)
    assert dict(watcher.seen)["compiling"] == 0
    assert dict(watcher.seen)["testing"] == job.experiment.training.epochs


class Entered(SharedStage):
    """Keeps every stage that this process enters."""

    def __init__(self) -> None:
        super().__init__()
        self.stages: list[Stage] = []

    def set(self, stage: Stage) -> None:
        """Noted."""
        self.stages.append(stage)


@pytest.mark.training
def test_a_run_that_finds_all_compiled_is_training_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its epochs are not counted as compiling."""
    entered = [Entered(), Entered(), Entered()]
    for seed, stages in enumerate(entered):
        monkeypatch.setattr("dlexp.training.stages._own", stages)
        execute(job_of(tmp_path, IRIS, seed))

    assert all(each.stages.count("training") == 1 for each in entered)
    assert all(each.stages == sorted(each.stages, key=STAGES.index) for each in entered)
