"""Who trains a run: one process at a time. A lock ends with the process that holds it, however that ends."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dlexp.errors import DlexpError

#: Who only asks for the owner shares the lock for some microseconds: so often it is tried before it counts as taken.
TRIES = 20
SECONDS_BETWEEN = 0.005


@dataclass(frozen=True)
class Owner:
    """A process that holds a lock, or held it when it died; pid 0 where it has not said so yet."""

    pid: int = 0
    host: str = ""

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """Read what `str` says."""
        pid, _, host = text.strip().partition(" on ")
        return cls(int(pid), host) if pid.isdigit() else cls()

    def __str__(self) -> str:
        return f"{self.pid} on {self.host}"

    @property
    def described(self) -> str:
        """For people."""
        return f"process {self}" if self.pid else "another process"


class Taken(DlexpError):
    """Another process holds the lock."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(f"under way in {owner.described}")
        self.owner = owner


@contextmanager
def locked(path: Path) -> Iterator[Owner | None]:
    """Hold the lock whose file is `path`; the file goes when the lock is given back.

    Yields:
        The process that died with the lock, if one did.

    Raises:
        Taken: Another process holds it.
    """
    file = _opened(path)
    try:
        before = file.read()
        file.seek(0)
        file.truncate()
        file.write(f"{Owner(os.getpid(), socket.gethostname())}\n")
        file.flush()
        yield Owner.parse(before) if before else None
    finally:
        # While it is held: who waits for this file sees that it is no longer the one of that name.
        path.unlink(missing_ok=True)
        file.close()


def owner(path: Path) -> Owner | None:
    """Who holds the lock now; none where nobody does."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return None if _try(file, fcntl.LOCK_SH) else Owner.parse(file.read())
    except FileNotFoundError:
        return None


def _opened(path: Path) -> TextIO:
    tries = 0
    while True:
        file = path.open("a+", encoding="utf-8", errors="replace")
        file.seek(0)
        if not _try(file, fcntl.LOCK_EX):
            tries += 1
            if tries < TRIES:
                file.close()
                time.sleep(SECONDS_BETWEEN)
                continue
            found = Owner.parse(file.read())
            file.close()
            raise Taken(found)
        if _is(file, path):
            return file
        file.close()  # Given back between opening and locking.


def _is(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
