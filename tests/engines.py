"""Engines and watchers that stand in for those of a command."""

from collections.abc import Callable, Sequence

from dlexp.config.dump import dump
from dlexp.config.identity import TRAINING_VERSION
from dlexp.execution.engine import Outcome
from dlexp.execution.failures import record_failure
from dlexp.records.lock import Taken, locked
from dlexp.reports.run.curves import CURVES
from dlexp.training.epochs import Diverged
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage


class Here:
    """An engine of one slot that trains in no time; seed 9 fails."""

    def __init__(self) -> None:
        self.slots = 1
        self.trained: list[int] = []
        self._ended: list[Outcome] = []

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """None."""
        return []

    def submit(self, job: Job) -> None:
        """Finish or fail the run, unless another process has it."""
        try:
            with locked(job.run_dir.lock_path):
                self.trained.append(job.seed)
                if job.seed == 9:
                    record_failure(job, KeyError("planted"))
                else:
                    finish(job)
                self._ended.append(Outcome(job, "failed" if job.seed == 9 else "finished"))
        except Taken:
            self._ended.append(Outcome(job, "left"))

    def wait(self, timeout: float) -> list[Outcome]:
        """All that has ended."""
        ended, self._ended = self._ended, []
        return ended

    def stages(self) -> list[tuple[Job, Stage]]:
        """Not known."""
        return []

    def close(self, kill: bool = False) -> None:
        """Nothing."""


class Watcher:
    """Calls a function at every tick, with the number of ticks so far."""

    def __init__(self, at_tick: Callable[[int], object] = lambda n: None) -> None:
        self.n_ticks = self.n_started = self.n_ended = 0
        self._at_tick = at_tick

    def preparing(self, stage: Stage) -> None:
        """Nothing."""

    def started(self, job: Job) -> None:
        """Another one."""
        self.n_started += 1

    def entered(self, job: Job, stage: Stage) -> None:
        """Nothing."""

    def tick(self) -> None:
        """Some time has passed."""
        self.n_ticks += 1
        self._at_tick(self.n_ticks)

    def ended(self, job: Job) -> None:
        """Another one."""
        self.n_ended += 1

    def stopping(self) -> None:
        """Nothing."""


def finish(job: Job) -> None:
    """Record a result."""
    job.run_dir.write_summary(
        {"name": "test", "seed": job.seed, "identity": job.identity, "status": "finished", "config": {}, "metrics": {}}
    )


class Scoring(Here):
    """An engine whose runs have the accuracy, on every split, that a function gives them; NaN is a diverged one."""

    def __init__(self, accuracy: Callable[[Job], float]) -> None:
        super().__init__()
        self._accuracy = accuracy

    def submit(self, job: Job) -> None:
        """Finish it, or let it diverge."""
        accuracy = self._accuracy(job)
        self.trained.append(job.seed)
        job.run_dir.write_config(dump(job.experiment))
        if accuracy != accuracy:
            record_failure(job, Diverged(1, "loss is nan"))
        else:
            scores = {"loss": 1.0, "accuracy": accuracy, "val_accuracy": accuracy, "test_accuracy": accuracy}
            (job.run_dir.path / CURVES.file).touch()  # To draw it takes longer than all else.
            job.run_dir.write_summary(
                {
                    "name": job.experiment.name,
                    "seed": job.seed,
                    "identity": job.identity,
                    "status": "finished",
                    "config": job.experiment.model_dump(mode="json"),
                    "metrics": scores,
                    "epochs": 1,
                    "seconds": 1.0,
                    "data_digest": job.data_digest,
                    "training_version": TRAINING_VERSION,
                    "versions": {"tensorflow": "2.20.0"},
                    "until_sure": job.provenance.get("until_sure"),
                }
            )
        self._ended.append(Outcome(job, "failed" if accuracy != accuracy else "finished"))


class Silent:
    """Watches and says nothing."""

    def preparing(self, stage: Stage) -> None:
        """Nothing."""

    def started(self, job: Job) -> None:
        """Nothing."""

    def entered(self, job: Job, stage: Stage) -> None:
        """Nothing."""

    def tick(self) -> None:
        """Nothing."""

    def ended(self, job: Job) -> None:
        """Nothing."""

    def stopping(self) -> None:
        """Nothing."""
