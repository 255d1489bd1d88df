"""The wish that a training stop: heeded between two epochs, so that nothing of it is lost."""

import threading

_asked = threading.Event()


class Stopped(Exception):
    """A training was asked to stop, and did after this many epochs; the same run is resumed from there."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"stopped after {epoch} epoch{'' if epoch == 1 else 's'}")
        self.epoch = epoch


def ask(*_: object) -> None:
    """Ask the trainings of this process to stop; may be a signal's handler."""
    _asked.set()


def asked() -> bool:
    """Whether they are to stop."""
    return _asked.is_set()
