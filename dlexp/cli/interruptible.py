"""Ctrl-C and SIGTERM while experiments train."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from dlexp.errors import Interrupted
from dlexp.reports.plan.progress import Progress


@contextmanager
def interruptible() -> Iterator[None]:
    """Either stops the running epochs and ends the command; the second one at once.

    Raises:
        Interrupted: It did.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted: what is finished stays; the same command resumes the rest") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(n_runs: int) -> Iterator[Progress]:
    """Shows how far so many runs are, which can be interrupted meanwhile."""
    with interruptible(), Progress(n_runs) as shown:
        yield shown
