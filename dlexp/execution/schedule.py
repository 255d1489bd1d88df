"""Which run comes next: keeps an engine's slots full and tells a watcher what happens."""

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from dlexp.console import say
from dlexp.execution.engine import Engine
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

#: How often a watcher may look at the records, in seconds.
TICK = 0.25
#: How often a command that waits looks whether other processes have ended their runs.
SECONDS_BETWEEN_LOOKS = 2.0


class Watcher(Protocol):
    """Sees what happens: shows progress."""

    def started(self, job: Job) -> None:
        """A job was given to a worker."""

    def tick(self) -> None:
        """Some time has passed."""

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed."""


def run_all(jobs: Iterator[Job], engine: Engine, watcher: Watcher, fail_fast: bool = False, wait: bool = False) -> None:
    """Run jobs in their order, as many at once as the engine has slots.

    A job is drawn from `jobs` when a slot is free for it. One failed run does not stop the others, unless `fail_fast`:
    then no further one is started. One that another process trains is left to it, and has not failed. When all is
    done, those are looked at once more, and trained here where their process is gone; to `wait` is to repeat that until
    all of them have ended. A run that another process has as it is drawn is given to no worker.
    """
    left, has_failed = _run(jobs, engine, watcher, fail_fast)
    is_said = False
    while left and not has_failed:
        status = {job.path: RunDir(job.path).status for job in left}
        abandoned = [job for job in left if status[job.path] == "interrupted"]
        again, has_failed = _run(iter(abandoned), engine, watcher, fail_fast)
        left = [job for job in left if status[job.path] == "running"] + again
        if not wait:
            return
        if left and not is_said:
            say(_waiting_for(left))
            is_said = True
        if left:
            _pass_time(watcher)


def _run(jobs: Iterator[Job], engine: Engine, watcher: Watcher, fail_fast: bool) -> tuple[list[Job], bool]:
    """Run jobs once; those that were left to other processes, and whether a failure kept further ones from starting."""
    n_running = 0
    left: list[Job] = []
    is_through = has_failed = False
    while True:
        while not is_through and not has_failed and n_running < engine.slots:
            job = next(jobs, None)
            if job is None:
                is_through = True
                break
            if RunDir(job.path).owner:  # If it gets one just now, the worker finds out.
                left.append(job)
                continue
            engine.submit(job)
            watcher.started(job)
            n_running += 1
        if not n_running:
            return left, has_failed
        for outcome in engine.wait(TICK):
            n_running -= 1
            watcher.ended(outcome.job)
            if outcome.left:
                left.append(outcome.job)
            elif fail_fast and RunDir(outcome.job.path).status != "finished":
                has_failed = True
        watcher.tick()


def _waiting_for(jobs: Sequence[Job]) -> str:
    owner = RunDir(jobs[0].path).owner
    where = f"{jobs[0].path} in {owner.described}" if owner else str(jobs[0].path)
    others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    return f"waiting for what other processes train: {where}{others}"


def _pass_time(watcher: Watcher) -> None:
    end = time.monotonic() + SECONDS_BETWEEN_LOOKS
    while time.monotonic() < end:
        time.sleep(TICK)
        watcher.tick()
