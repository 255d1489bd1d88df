"""What is recorded of a run that has no result: that it failed, or what interrupted it and is no fault of its own."""

import errno
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from dlexp.components.component import Unfit
from dlexp.components.keras_messages import sentence
from dlexp.config.identity import TRAINING_VERSION
from dlexp.errors import Changed, DataError, DlexpError, Unsettled
from dlexp.execution.engine import Ending
from dlexp.records.ended import Failed
from dlexp.records.lock import Lost, Taken, locked
from dlexp.records.run_dir import RunDir
from dlexp.training.environment import versions
from dlexp.training.job import Job

log = logging.getLogger(__name__)

#: A disk, a file or memory that is not there now may be there the next time. So may data.
OUTSIDE = (OSError, MemoryError, DataError)
#: What the system says when there is no room, on the disk or left to this user.
FULL = (errno.ENOSPC, errno.EDQUOT)
#: In these a second error is the same as the first.
SAME = ("kind", "errno", "where", "epoch")


class WorkerDied(RuntimeError):
    """The process of a run was killed or crashed."""


def is_outside(error: BaseException) -> bool:
    """Whether an error, or what caused it, is no fault of the training."""
    for each in _causes(error):
        # TensorFlow's word for memory, by name: this module does not import it.
        if isinstance(each, OUTSIDE) or type(each).__name__ == "ResourceExhaustedError":
            return True
        # A shared library that is missing, or for which there is no memory; or none for a thread.
        if isinstance(each, ImportError) and re.search(r"\.so\b", str(each)):
            return True
        if isinstance(each, RuntimeError) and str(each) == "can't start new thread":
            return True
    return False


def record_interruption(run_dir: RunDir, error: Exception, earlier: Mapping[str, Any] | None = None) -> bool:
    """Note what interrupted a run, unless the same interrupted it `earlier`: another try would end there again.

    A full disk is never a failure; nor are data or code that changed, of which nothing was trained. Returns whether it
    was noted.
    """
    try:
        epoch = len(run_dir.history())
    except DlexpError:
        epoch = 0
    found = {
        "what": _described(error),
        "kind": type(error).__name__,
        "errno": getattr(error, "errno", None),
        "where": _place(error),
        "epoch": epoch,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    is_never_a_failure = any(
        isinstance(each, Changed | Unsettled) or getattr(each, "errno", None) in FULL for each in _causes(error)
    )
    if earlier and not is_never_a_failure and all(found[key] == earlier.get(key) for key in SAME):
        return False
    run_dir.write_json(run_dir.interruption_path, found)
    return True


def record_failure(job: Job, error: Exception) -> None:
    """Write failure.json: what went wrong, at which epoch, and where in the code."""
    diverged = isinstance(error, ArithmeticError) and hasattr(error, "epoch")
    kind = "diverged" if diverged else "unfit" if isinstance(error, Unfit) else "error"
    failed = Failed(
        name=job.experiment.name,
        seed=job.seed,
        identity=job.identity,
        kind=kind,
        what=str(error) if diverged else _described(error),
        epoch=getattr(error, "epoch", None),
        where=_place(error),
        config=job.experiment.model_dump(),
        data_digest=job.data_digest,
        earlier_data_digests=job.earlier_digests,
        training_version=TRAINING_VERSION,
        code_digest=job.code_digest,
        versions=versions(),
        submitted=job.provenance.get("submitted"),
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    job.run_dir.write_failure(failed.content)


def record_for_worker(job: Job, error: Exception) -> Ending:
    """Record that a run was interrupted, or failed where its process died and it cannot be resumed.

    Gives how the run ended, which may be another process's by now; raises the error if no run can be blamed for it.
    """
    has_died = isinstance(error, WorkerDied)
    if not has_died and not isinstance(error, DlexpError) and not is_outside(error):
        raise error
    run_dir = RunDir(job.path)
    try:
        with locked(run_dir.lock_path) as held:
            if run_dir.status in ("finished", "failed"):  # By another process.
                pass
            elif has_died and (job.stand_in or not run_dir.has_checkpoint):  # A smoke run is never resumed.
                record_failure(replace(job, fence=held.check), error)
            else:
                record_interruption(RunDir(job.path, held.check), error)
    except (Taken, Lost):
        return "left"
    except OSError as unwritten:
        if has_died:
            return record_for_worker(job, unwritten)
        log.error(f"{job.label}: its records cannot be written: {_described(error)}")
    return "finished" if run_dir.status == "finished" else "failed"


def _described(error: BaseException) -> str:
    """An error in a line: `No space left on device: runs/iris/s0-3fa9c1d2e0/history.csv`."""
    if isinstance(error, DlexpError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{type(error).__name__}: {sentence(error)}".removesuffix(": ")


def _place(error: BaseException) -> str | None:
    """Where in the code it was raised: `run.py:12 in fit`."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
