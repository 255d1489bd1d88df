"""Which run comes next: keeps an engine's slots full and tells a watcher what happens."""

from collections.abc import Iterator
from typing import Protocol

from dlexp.execution.engine import Engine
from dlexp.runs.run_dir import RunDir
from dlexp.training.job import Job

#: How often a watcher may look at the records, in seconds.
TICK = 0.25


class Watcher(Protocol):
    """Sees what happens: shows progress."""

    def started(self, job: Job) -> None:
        """A job was given to a worker."""

    def tick(self) -> None:
        """Some time has passed."""

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed."""


def run_all(jobs: Iterator[Job], engine: Engine, watcher: Watcher, fail_fast: bool = False) -> None:
    """Run jobs in their order, as many at once as the engine has slots.

    A job is drawn from `jobs` when a slot is free for it. One failed run does not stop the others, unless `fail_fast`:
    then no further one is started. One that another command trains is left to it, and has not failed.
    """
    n_running = 0
    stopped = False
    while True:
        while not stopped and n_running < engine.slots:
            job = next(jobs, None)
            if job is None:
                stopped = True
                break
            engine.submit(job)
            watcher.started(job)
            n_running += 1
        if not n_running:
            return
        for outcome in engine.wait(TICK):
            n_running -= 1
            watcher.ended(outcome.job)
            stopped = stopped or (fail_fast and RunDir(outcome.job.path).status not in ("finished", "running"))
        watcher.tick()
