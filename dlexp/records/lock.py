"""Who trains a run: one process at a time, of all machines that share its folder.

The lock is a file that appears with its owner in it, by a hard link: one machine alone wins, whatever the file system
makes of `flock`. On its own machine a lock ends with its process, however that ends. Another machine's counts while it
was touched lately, which its owner does every 15 s.

A machine that was suspended, or cut off from the file server, may wake and find its run taken over. So the owner asks
`Held.check` before it writes a row, and before a file takes its name. Between that answer and the act itself remains a
moment: who falls asleep exactly there still adds a row or renames one file when it wakes. The row is lost in a file
that has no name any more, since a successor copies the rows before it adds to them. The file takes the place of the
successor's: it is a whole one of the same training, of an earlier moment.
"""

import contextlib
import errno
import fcntl
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dlexp import regular_files
from dlexp.errors import DlexpError
from dlexp.machine import host, is_alive, is_here, life, seconds
from dlexp.whole_files import beside, sync

#: How often an owner touches its lock.
TOUCH_SECONDS = 15.0
#: Another machine's lock counts as held while it was touched within so many seconds.
FOREIGN_SECONDS = 180.0
#: So often a lock is tried that others give back, take over or ask about at the same moment.
TRIES = 20
SECONDS_BETWEEN = 0.005
#: A check that finds the lock's file untouched since the last one still reads it after so many seconds: the attributes
#: that a network file system shows may be old.
SECONDS_BETWEEN_READS = 1.0

#: How long a process waits for its turn.
TURN_SECONDS = 60.0

#: What a file system says that has no flock, or whose server of locks does not answer.
_NO_FLOCK = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
#: What one says that has no hard links.
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV)
#: What one says of a file that is no longer there; a network file system also when it is open already.
_GONE = (errno.ENOENT, errno.ESTALE)

_OWNER = re.compile(r"(?P<pid>[0-9]{1,9}) on (?P<host>\S+)(?:\n(?P<life>.+))?\s*")


@dataclass(frozen=True)
class Owner:
    """A process that holds a lock, or held it when it died; pid 0 where it has not said so."""

    pid: int = 0
    host: str = ""
    life: str = ""
    """What tells it from an earlier or later process of the same number; empty where it has not said so."""

    @classmethod
    def me(cls) -> "Owner":
        """This process."""
        return cls(os.getpid(), host(), life(os.getpid()))

    @classmethod
    def parse(cls, content: bytes) -> "Owner":
        """Read what a lock's file holds."""
        found = _OWNER.fullmatch(content.decode("utf-8", errors="replace"))
        return cls(int(found["pid"]), found["host"], found["life"] or "") if found else cls()

    @property
    def content(self) -> bytes:
        """What its lock's file holds."""
        return f"{self.pid} on {self.host}\n{self.life}\n".encode()

    @property
    def described(self) -> str:
        """For people."""
        return f"process {self.pid} on {self.host}" if self.pid else "another process"


class Taken(DlexpError):
    """Another process holds the lock."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(f"under way in {owner.described}")


#: What names an owner is shorter: of a longer file the start tells that it is no lock.
_MOST_BYTES = 10_000


class Lost(DlexpError):
    """This process held the lock, and holds it no more: nothing of the run is its to write."""


class Held:
    """A lock that this process holds."""

    def __init__(self, path: Path, file: BinaryIO, before: Owner | None = None) -> None:
        """`file` is the lock's own, open and with `flock` on it."""
        self.before = before
        """The process that died with the lock, or was away for too long, if there was one."""
        self._path = path
        self._file = file
        self._me = _identity(file)
        self._seen: tuple[int, ...] = ()
        self._read_at = -math.inf
        self._is_over = threading.Event()
        self._touching = threading.Thread(target=self._touch, daemon=True)
        self._touching.start()

    def check(self) -> None:
        """Make sure that the lock is still this process's own; it takes some microseconds.

        Raises:
            Lost: It is not.
        """
        now, attributes = seconds(), self._attributes()
        if attributes == self._seen and now - self._read_at < SECONDS_BETWEEN_READS:
            return
        file = _opened(self._path)
        if file is None:
            raise Lost("stopped, and wrote nothing more: the lock of the run is gone")
        with file:
            found = _identity(file)
        if found != self._me:
            owner = Owner.parse(found[-1])
            raise Lost(f"stopped, and wrote nothing more: the run was taken over by {owner.described}")
        self._seen, self._read_at = attributes, now

    def give_back(self) -> None:
        """Remove the lock's file, if it is still this process's own."""
        self._is_over.set()
        self._touching.join()
        self._read_at = -math.inf
        try:
            # While it is held by flock: whoever looks at this moment finds it held, or gone.
            with contextlib.suppress(Lost):
                self.check()
                self._path.unlink(missing_ok=True)
        finally:
            self._file.close()

    def _attributes(self) -> tuple[int, ...]:
        """What changes with every change to the file of the lock's name; nothing where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _touch(self) -> None:
        # By its descriptor: what a successor has put there is not touched.
        while not self._is_over.wait(TOUCH_SECONDS):
            with contextlib.suppress(OSError):  # The server does not answer: the next time, or `check` finds out.
                os.utime(self._file.fileno())


@contextmanager
def locked(path: Path) -> Iterator[Held]:
    """Hold the lock whose file is `path`; the file goes when the lock is given back.

    Raises:
        Taken: Another process holds it.
    """
    held = _acquired(path)
    try:
        yield held
    finally:
        held.give_back()


def owner(path: Path) -> Owner | None:
    """Who holds the lock now; None if nobody does."""
    try:
        found = _look(path)
    except PermissionError:
        return Owner()
    except OSError:  # What lies there is no lock.
        return None
    return Owner.parse(found[0]) if found and found[1] else None


@contextmanager
def in_turn(path: Path) -> Iterator[None]:
    """Let one process of this machine in at a time, for what is derived and comes right the next time if it must.

    Who finds no flock here, or waits too long for a process that hangs, goes in nonetheless.
    """
    with regular_files.appended(path) as file:
        end = seconds() + TURN_SECONDS
        while _flock(file, fcntl.LOCK_EX) is False and seconds() < end:
            time.sleep(SECONDS_BETWEEN)
        yield


def _acquired(path: Path) -> Held:
    found = None
    for tries in range(TRIES):
        if file := _created(path):
            return Held(path, file)
        found = _look(path)
        if found:
            content, is_held = found
            if is_held:
                break
            is_last = tries == TRIES - 1
            if (content or is_last) and (file := _taken_over(path, content, is_last)):
                return Held(path, file, Owner.parse(content) if content else None)
        time.sleep(SECONDS_BETWEEN)
    raise Taken(Owner.parse(found[0]) if found else Owner())


def _taken_over(path: Path, content: bytes, is_last: bool) -> BinaryIO | None:
    """Put an own lock in the place of one that nobody holds; None if another process is at that.

    An empty file may be in the making, on a file system without hard links: only the last try takes it for one that
    was left behind.
    """
    # Who has this one alone may do it; it then is the new lock itself.
    claim = path.with_name(f".0-{path.name}")
    file = _created(claim)
    if file is None:
        earlier, is_held = _look(claim) or (b"", True)
        if not is_held and (earlier or is_last):
            claim.unlink(missing_ok=True)
        return None
    if _look(path) == (content, False):
        claim.replace(path)
        return file
    claim.unlink(missing_ok=True)
    file.close()
    return None


def _created(path: Path) -> BinaryIO | None:
    """Make a lock's file and hold it; None if there is one already."""
    new = beside(path)
    new.unlink(missing_ok=True)  # Of a process that had the same number.
    file = _new(new)
    try:
        os.link(new, path)
    except OSError as error:
        # A network file system that gets no answer asks again, and is told that the name is there.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()
        if error.errno in _NO_LINKS:
            with contextlib.suppress(FileExistsError, FileNotFoundError):  # Cleared away before it was complete.
                return _new(path)
        elif error.errno != errno.EEXIST:
            raise
        return None
    finally:
        new.unlink(missing_ok=True)
    return file


def _new(path: Path) -> BinaryIO:
    """Make a file that names this process, and hold it by flock where that works."""
    file = path.open("x+b")
    try:
        for _ in range(TRIES):
            if _flock(file, fcntl.LOCK_EX) is not False:
                break
            time.sleep(SECONDS_BETWEEN)  # Whoever asks for the owner shares it for some microseconds.
        file.write(Owner.me().content)
        file.flush()
        sync(path)  # A file server has it before it gets another name.
        file.seek(0)
    except OSError:
        file.close()
        path.unlink(missing_ok=True)
        raise
    return file


def _look(path: Path) -> tuple[bytes, bool] | None:
    """What a lock's file holds, and whether its owner still holds it; None if there is none."""
    file = _opened(path)
    if file is None:
        return None
    with file:
        try:
            content = file.read(_MOST_BYTES)
            return content, _is_held(file, path, Owner.parse(content))
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise


def _is_held(file: BinaryIO, path: Path, owner: Owner) -> bool:
    """On its own machine a lock ends with its process; another machine's counts while it is young."""
    if is_here(owner.host, owner.life, os.fstat(file.fileno()).st_mtime):
        is_free = _flock(file, fcntl.LOCK_SH)
        if is_free is not None:
            return not is_free
        is_there = is_alive(owner.pid, owner.life)
        if is_there is not None:
            return is_there
    return _age(file, path) < FOREIGN_SECONDS


def _flock(file: BinaryIO, kind: int) -> bool | None:
    """Try to hold or to share a file; None if the file system knows no such thing."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_FLOCK:
            return None
        raise
    return True


def _age(file: BinaryIO, path: Path) -> float:
    """How many seconds ago a file was touched, by the clock that gives files their times."""
    fresh = beside(path)
    try:
        with fresh.open("wb") as now:
            os.utime(now.fileno())
            touched = os.fstat(now.fileno()).st_mtime
        fresh.unlink()
    except OSError:  # Who may not write here takes nothing over, and only shows the answer.
        touched = time.time()
    return abs(touched - os.fstat(file.fileno()).st_mtime)


def _opened(path: Path) -> BinaryIO | None:
    """A file as it is now, for reading; None if there is none."""
    try:
        return regular_files.opened(path)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise


def _identity(file: BinaryIO) -> tuple[int, int, bytes]:
    """Which file it is, and what it says."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, file.read(_MOST_BYTES)
