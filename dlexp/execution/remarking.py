"""Logs what the workers record of how data were read, as soon as it is there."""

import logging
from contextlib import suppress

from dlexp.components.remarks import Remark, said
from dlexp.console import one_line
from dlexp.errors import shown
from dlexp.execution.schedule import Watcher
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

log = logging.getLogger(__name__)

#: The command that shows all that is said of data.
ALL_SHOWN_BY = "dlexp data CONFIG"


class Remarking:
    """A watcher that hands everything on to another, and logs each remark once, however many runs have the data."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._silent: dict[object, Job] = {}  # Runs that have not recorded what they have to say.
        self._said: set[str] = set()

    def started(self, job: Job) -> None:
        """A job was given to a worker."""
        self._silent[job.path] = job
        self._watcher.started(job)

    def tick(self) -> None:
        """Some time has passed."""
        for job in list(self._silent.values()):
            self._look(job)
        self._watcher.tick()

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed."""
        self._look(job)
        self._silent.pop(job.path, None)
        self._watcher.ended(job)

    def _look(self, job: Job) -> None:
        environment = None
        if job.path in self._silent:
            with suppress(DamagedRecord):
                environment = RunDir(job.path).environment()
        if environment and "remarks" in environment:
            del self._silent[job.path]
            lines = map(str, said(map(Remark.of, environment["remarks"]), job.allowed))
            new = [line for line in lines if line not in self._said]
            self._said.update(new)
            for line in shown(new, ALL_SHOWN_BY):
                log.warning(one_line(line))
