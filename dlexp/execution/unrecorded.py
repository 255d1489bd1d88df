"""What is recorded of a run whose own process could not record it."""

import logging
from dataclasses import replace

from dlexp.errors import DlexpError
from dlexp.execution import outside_errors
from dlexp.execution.engine import Ending
from dlexp.execution.execute import record_failure
from dlexp.records.lock import Lost, Taken, locked
from dlexp.records.run_dir import ENDED, RunDir
from dlexp.training.job import Job

log = logging.getLogger(__name__)


class WorkerDied(RuntimeError):
    """The process of a run was killed or crashed."""


def record(job: Job, error: Exception) -> Ending:
    """Record that a run was interrupted, or failed where its process died and it cannot be resumed.

    Returns:
        How the run ended; it may be another process's by now.

    Raises:
        Exception: The error itself, if no run can be blamed for it.
    """
    has_died = isinstance(error, WorkerDied)
    if not has_died and not isinstance(error, DlexpError) and not outside_errors.is_outside(error):
        raise error
    run_dir = RunDir(job.path)
    try:
        with locked(run_dir.lock_path) as held:
            if run_dir.status in ENDED:  # By another process.
                pass
            elif has_died and (job.stand_in or not run_dir.has_checkpoint):  # A smoke run is never resumed.
                record_failure(replace(job, fence=held.check), error)
            else:
                outside_errors.record(RunDir(job.path, held.check), error, None)
    except (Taken, Lost):
        return "left"
    except OSError as unwritten:
        if has_died:
            return record(job, unwritten)
        log.error(f"{job.label}: its records cannot be written: {outside_errors.described(error)}")
    return "finished" if run_dir.status == "finished" else "failed"
