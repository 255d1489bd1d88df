"""What is made from the records of finished runs, by this process, which is idle while its workers train."""

import contextlib
from collections import deque
from dataclasses import replace
from pathlib import Path

from dlexp import cores
from dlexp.console import streams_into
from dlexp.training.after import make_missing
from dlexp.training.job import Job


class Beside:
    """Makes in this process what a worker would make of its run before it begins the next one: pictures, exports.

    What a kill prevents, the next command makes.
    """

    def __init__(self) -> None:
        self._is_prepared = False
        self._under_way: dict[Path, Job] = {}
        self._finished: deque[Job] = deque()

    def for_worker(self, job: Job, slots: int) -> Job:
        """A job without what this process makes of its run; `slots` jobs run at once.

        The worker makes it itself where this process would fall behind, or would take the only core from it.
        """
        if not job.after or len(self._finished) > slots or cores.usable() == 1:
            return job
        self._under_way[job.path] = job
        return replace(job, after=())

    def ended(self, job: Job) -> None:
        """The worker of a job has finished it."""
        if job.path in self._under_way:
            self._finished.append(self._under_way.pop(job.path))

    def work(self) -> bool:
        """Make what one finished run lacks, or import what that takes; whether there was anything to do.

        A failure is said in the run's log. What is still missing is tried once more when all runs have ended.
        """
        if self._finished:
            job = self._finished.popleft()
            with contextlib.suppress(OSError), streams_into(job.run_dir.log_path) as log:
                log.writelines(f"{line}\n" for line in make_missing([job.run_dir], job.after))
            return True
        if self._under_way and not self._is_prepared:
            self._is_prepared = True
            for each in next(iter(self._under_way.values())).after:
                with contextlib.suppress(Exception):  # Making it will raise it too, and say it.
                    each.prepare()
            return True
        return False
