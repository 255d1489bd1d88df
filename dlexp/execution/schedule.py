"""Which run comes next: keeps an engine's slots full, tries again what died, and tells a watcher what happens."""

import logging
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dlexp.execution import failures
from dlexp.execution.beside import Beside
from dlexp.execution.engine import Engine
from dlexp.execution.failures import WorkerDied
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job
from dlexp.training.stages import Stage

log = logging.getLogger(__name__)

#: How often a watcher may look at the records, in seconds.
TICK = 0.25
#: How often a command that waits looks whether other processes have ended their runs.
SECONDS_BETWEEN_LOOKS = 2.0
#: A run whose process died is tried once more.
TRIES = 2

#: Where jobs come from. It ends when no job will come any more; None says that there is none yet: the next one depends
#: on what comes of those that run.
Jobs = Iterator[Job | None]


class Watcher(Protocol):
    """Sees what happens: shows progress."""

    def preparing(self, stage: Stage) -> None:
        """No job has been given to a worker, and the first one is at this stage; called several times a second."""

    def started(self, job: Job) -> None:
        """A job was given to a worker."""

    def entered(self, job: Job, stage: Stage) -> None:
        """A job's worker is at another stage than when it was last looked at."""

    def tick(self) -> None:
        """Some time has passed."""

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed."""

    def stopping(self) -> None:
        """The command is interrupted, and the running epochs are given some seconds to end."""


def run_all(jobs: Jobs, engine: Engine, watcher: Watcher, fail_fast: bool = False, wait: bool = False) -> None:
    """Run jobs in their order, as many at once as the engine has slots.

    A job is drawn from `jobs` when a slot is free for it. One failed run does not stop the others, unless `fail_fast`:
    then no further one is started. A run whose process died is tried once more, in any case. One that another process
    trains is left to it, and has not failed. When all is done, those are looked at once more, and trained here where
    their process is gone; to `wait` is to repeat that until all of them have ended. A run that another process has as
    it is drawn is given to no worker. What is made of the records of finished runs, this process makes meanwhile.
    """
    beside = Beside()
    left, has_failed = _run_once(jobs, engine, watcher, beside, fail_fast)
    is_said = False
    while left and not has_failed:
        status = {job.path: RunDir(job.path).status for job in left}
        abandoned = [job for job in left if status[job.path] == "interrupted"]
        again, has_failed = _run_once(iter(abandoned), engine, watcher, beside, fail_fast)
        left = [job for job in left if status[job.path] == "running"] + again
        if not wait or not left:
            return
        if not is_said:
            owner = RunDir(left[0].path).owner
            where = f"{left[0].path} in {owner.described}" if owner else str(left[0].path)
            others = f" and {len(left) - 1} more" if len(left) > 1 else ""
            log.warning(f"waiting for what other processes train: {where}{others}")
            is_said = True
        next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        while time.monotonic() < next_look:
            time.sleep(TICK)
            watcher.tick()


def _run_once(jobs: Jobs, engine: Engine, watcher: Watcher, beside: Beside, fail_fast: bool) -> tuple[list[Job], bool]:
    """The jobs that were left to other processes, and whether a failure kept further ones from starting."""
    left: list[Job] = []
    to_retry: deque[Job] = deque()
    died: set[Path] = set()
    stages: dict[Path, Stage] = {}
    free, n_running, is_through, has_failed = _free(jobs, left), 0, False, False
    while True:
        while n_running < engine.slots and (to_retry or not (is_through or has_failed)):
            if to_retry:
                engine.submit(to_retry.popleft())
            else:
                try:
                    drawn = next(free)
                except StopIteration:
                    is_through = True
                    break
                if drawn is None and not n_running:  # Maybe what is waited for has lost its process.
                    drawn = next(_taken_back(left), None)
                if drawn is None:
                    break
                engine.submit(beside.for_worker(drawn, engine.slots))
                watcher.started(drawn)
            n_running += 1
        if (is_through or has_failed) and not n_running and not to_retry:
            while beside.work():
                pass
            return left, has_failed
        for outcome in engine.wait(0 if beside.work() else TICK):
            n_running -= 1
            job, ending, error = outcome.job, outcome.ending, outcome.error
            if ending == "died" and job.path not in died:
                died.add(job.path)
                to_retry.append(job)
                continue
            if ending == "died":
                error = WorkerDied(f"the worker process died {TRIES} times (killed, or out of memory)")
            if error:
                ending = failures.record_for_worker(job, error)
            beside.ended(job)
            watcher.ended(job)
            if ending == "left":
                left.append(job)
            elif fail_fast and ending == "failed":
                has_failed = True
        for job, stage in engine.stages():
            if stages.get(job.path) != stage:
                stages[job.path] = stage
                watcher.entered(job, stage)
        watcher.tick()


def _taken_back(left: list[Job]) -> Iterator[Job]:
    """The jobs left to other processes that these have left in turn; they are `left` no more."""
    for job in list(left):
        if RunDir(job.path).status == "interrupted":
            left.remove(job)
            yield job


def _free(jobs: Jobs, left: list[Job]) -> Jobs:
    """The jobs that no other process has; the others are `left`."""
    for job in jobs:
        if job and RunDir(job.path).owner:  # If it gets one just now, the worker finds out.
            left.append(job)
        else:
            yield job
