"""Logs what the workers record of data and of their training, as soon as it is there."""

import logging
from contextlib import suppress
from pathlib import Path

from dlexp.components.remarks import Remark, said
from dlexp.console import one_line
from dlexp.errors import shown
from dlexp.execution.idle_cores import idle_cores
from dlexp.execution.schedule import Watcher
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job
from dlexp.training.stages import Stage

log = logging.getLogger(__name__)

#: The command that shows all that is said of data.
ALL_SHOWN_BY = "dlexp data CONFIG"


class Remarking:
    """A watcher that hands everything on to another, and logs each remark once, however many runs have the data."""

    def __init__(self, watcher: Watcher, *, is_single: bool = False) -> None:
        """`is_single`: whether there is only one run, which may leave cores idle."""
        self._watcher = watcher
        self._is_single = is_single
        self._silent: set[Path] = set()  # Runs that have not recorded what they have to say.
        self._said: set[str] = set()

    def preparing(self, stage: Stage) -> None:
        """No job has been given to a worker."""
        self._watcher.preparing(stage)

    def started(self, job: Job) -> None:
        """A job was given to a worker."""
        self._silent.add(job.path)
        self._watcher.started(job)

    def entered(self, job: Job, stage: Stage) -> None:
        """A job's worker is at another stage: what it has to say of the data is recorded before it compiles."""
        if job.path in self._silent and self._log(job):
            self._silent.discard(job.path)
        self._watcher.entered(job, stage)

    def tick(self) -> None:
        """Some time has passed."""
        self._watcher.tick()

    def ended(self, job: Job) -> None:
        """A job's records are complete: finished or failed. At its end, a training may have more to say."""
        self._silent.discard(job.path)
        self._log(job)
        self._watcher.ended(job)

    def stopping(self) -> None:
        """The command is interrupted."""
        self._watcher.stopping()

    def _log(self, job: Job) -> bool:
        """Log what is new among what a run has recorded; whether it has recorded it by now."""
        environment = None
        with suppress(DamagedRecord):
            environment = RunDir(job.path).environment()
        if not environment or "remarks" not in environment:
            return False
        lines = map(str, said(map(Remark.of, environment["remarks"]), job.allowed))
        new = [line for line in lines if line not in self._said]
        self._said.update(new)
        for line in shown(new, ALL_SHOWN_BY):
            log.warning(one_line(line))
        multiplications = environment.get("multiplications", 0)  # Missing where the network could not be built.
        if self._is_single and job.path in self._silent and (line := idle_cores(job, multiplications)):
            log.info(line)
        return True
