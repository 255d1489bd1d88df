"""What goes wrong around a training and is no fault of its own: the run may be resumed, and has not failed."""

import errno
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from dlexp.errors import Changed, DataError, DlexpError
from dlexp.records.run_dir import RunDir

#: A disk, a file or memory that is not there now may be there the next time. So may data.
OUTSIDE = (OSError, MemoryError, DataError)
#: TensorFlow's word for memory, by name: this module does not import it.
OUT_OF_MEMORY = "ResourceExhaustedError"
#: What the system says when there is no room, on the disk or left to this user.
FULL = (errno.ENOSPC, errno.EDQUOT)
#: In these a second error is the same as the first.
_SAME = ("kind", "errno", "where", "epoch")


def is_outside(error: BaseException) -> bool:
    """Whether an error, or what caused it, is no fault of the training."""
    return any(
        isinstance(each, OUTSIDE) or type(each).__name__ == OUT_OF_MEMORY or _is_of_the_loader(each)
        for each in _causes(error)
    )


def record(run_dir: RunDir, error: Exception, earlier: Mapping[str, Any] | None) -> bool:
    """Note what interrupted a run, unless the same interrupted it `earlier`: another try would end there again.

    A full disk is never a failure; nor are data or code that changed, of which nothing was trained.

    Returns:
        Whether it was noted.

    Raises:
        OSError: It cannot be written.
    """
    found = {
        "what": described(error),
        "kind": type(error).__name__,
        "errno": getattr(error, "errno", None),
        "where": place(error),
        "epoch": _epochs(run_dir),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if earlier and not _is_never_a_failure(error) and all(found[key] == earlier.get(key) for key in _SAME):
        return False
    run_dir.write_interruption(found)
    return True


def _is_never_a_failure(error: BaseException) -> bool:
    return any(
        isinstance(each, Changed) or (isinstance(each, OSError) and each.errno in FULL) for each in _causes(error)
    )


def described(error: BaseException) -> str:
    """An error in a line: `No space left on device: runs/iris/s0-3fa9c1d2e0/history.csv`."""
    if isinstance(error, DlexpError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def place(error: BaseException) -> str | None:
    """Where in the code it was raised: `run.py:12 in fit`."""
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else None


def _is_of_the_loader(error: BaseException) -> bool:
    """A shared library that is missing, or for which there is no memory; or none for a thread."""
    is_library = isinstance(error, ImportError) and re.search(r"\.so\b", str(error)) is not None
    return is_library or (isinstance(error, RuntimeError) and str(error) == "can't start new thread")


def _epochs(run_dir: RunDir) -> int:
    try:
        return len(run_dir.history())
    except DlexpError:
        return 0


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
