"""Engines and watchers that stand in for those of a command."""

from collections.abc import Callable, Sequence

from dlexp.execution.engine import Outcome
from dlexp.execution.failures import record_failure
from dlexp.records.lock import Taken, locked
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
