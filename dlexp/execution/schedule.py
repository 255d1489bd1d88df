"""Which run comes next: keeps an engine's slots full, tries again what died, and tells a watcher what happens."""

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from dlexp.execution import failures
from dlexp.execution.engine import Engine, Outcome
from dlexp.execution.failures import WorkerDied
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

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

    def started(self, job: Job) -> None:
        """A job was given to a worker."""

    def tick(self) -> None:
        """Some time has passed."""

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed."""


def run_all(jobs: Jobs, engine: Engine, watcher: Watcher, fail_fast: bool = False, wait: bool = False) -> None:
    """Run jobs in their order, as many at once as the engine has slots.

    A job is drawn from `jobs` when a slot is free for it. One failed run does not stop the others, unless `fail_fast`:
    then no further one is started. A run whose process died is tried once more, in any case. One that another process
    trains is left to it, and has not failed. When all is done, those are looked at once more, and trained here where
    their process is gone; to `wait` is to repeat that until all of them have ended. A run that another process has as
    it is drawn is given to no worker.
    """
    left, has_failed = _Round(jobs, engine, watcher, fail_fast).run()
    is_said = False
    while left and not has_failed:
        status = {job.path: RunDir(job.path).status for job in left}
        abandoned = [job for job in left if status[job.path] == "interrupted"]
        again, has_failed = _Round(iter(abandoned), engine, watcher, fail_fast).run()
        left = [job for job in left if status[job.path] == "running"] + again
        if not wait or not left:
            return
        if not is_said:
            log.warning(_waiting_for(left))
            is_said = True
        next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        while time.monotonic() < next_look:
            time.sleep(TICK)
            watcher.tick()


class _Round:
    """All jobs of a source, run once."""

    def __init__(self, jobs: Jobs, engine: Engine, watcher: Watcher, fail_fast: bool) -> None:
        self._jobs, self._engine, self._watcher, self._fail_fast = jobs, engine, watcher, fail_fast
        self._n_running = 0
        self._to_retry: deque[Job] = deque()
        self._died: set[Path] = set()
        self._left: list[Job] = []
        self._is_through = self._has_failed = False

    def run(self) -> tuple[list[Job], bool]:
        """The jobs that were left to other processes, and whether a failure kept further ones from starting."""
        while True:
            self._fill_slots()
            is_stopped = self._is_through or self._has_failed
            if is_stopped and not self._n_running and not self._to_retry:
                return self._left, self._has_failed
            for outcome in self._engine.wait(TICK):
                self._n_running -= 1
                self._take(outcome)
            self._watcher.tick()

    def _fill_slots(self) -> None:
        while self._n_running < self._engine.slots:
            if self._to_retry:
                self._engine.submit(self._to_retry.popleft())
            elif job := self._drawn():
                self._engine.submit(job)
                self._watcher.started(job)
            else:
                return
            self._n_running += 1

    def _drawn(self) -> Job | None:
        """The next job that no other process has; None if there is none, or none yet."""
        while not self._is_through and not self._has_failed:
            try:
                job = next(self._jobs)
            except StopIteration:
                self._is_through = True
                break
            if job is None or not RunDir(job.path).owner:  # If it gets one just now, the worker finds out.
                return job
            self._left.append(job)
        return None

    def _take(self, outcome: Outcome) -> None:
        """What follows from the end of a job."""
        job, ending, error = outcome.job, outcome.ending, outcome.error
        if ending == "died" and job.path not in self._died:
            self._died.add(job.path)
            self._to_retry.append(job)
            return
        if ending == "died":
            error = WorkerDied(f"the worker process died {TRIES} times (killed, or out of memory)")
        if error:
            ending = failures.record_for_worker(job, error)
        self._watcher.ended(job)
        if ending == "left":
            self._left.append(job)
        elif self._fail_fast and ending == "failed":
            self._has_failed = True


def _waiting_for(jobs: Sequence[Job]) -> str:
    owner = RunDir(jobs[0].path).owner
    where = f"{jobs[0].path} in {owner.described}" if owner else str(jobs[0].path)
    others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    return f"waiting for what other processes train: {where}{others}"
