"""What a run reads, data files and its own code, as it was when it was first read.

A command takes the digest of the data, and a worker reads them later. So the worker takes the digest again, of the very
bytes that it then reads. Within a snapshot each file is read from the disk once and held in memory; what is too large
for that is known by its stamp (inode, size and times), looked at again before and after it is read.
"""

import io
import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from dlexp import regular_files
from dlexp.components import memory
from dlexp.errors import InputsChanged

T = TypeVar("T")

#: So many bytes are held in memory, of all files together.
HELD_BYTES = 1 << 25
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is the same without reading it."""

    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    """Other than the time of the modification, no program sets this one back."""

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        """That of a file."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


#: The digests of files too large to be held, by their paths and stamps: a command takes each once.
Digests = dict[tuple[tuple[Path, Stamp], ...], tuple[str, ...]]


@dataclass(kw_only=True)
class Snapshot:
    """Files as they were when they were first read."""

    room: int
    """Bytes that may still be held."""
    stamps: dict[Path, Stamp] = field(default_factory=dict)
    """Of every file that was read."""
    found: dict[Hashable, Any] = field(default_factory=dict)
    """Other results that are computed once, by key."""
    held: dict[Path, bytes] = field(default_factory=dict)
    _not_held: set[Path] = field(default_factory=set)

    def read(self, path: Path) -> BinaryIO:
        """A file as it was at first."""
        if path in self.held:
            return io.BytesIO(self.held[path])
        with ExitStack() as closing:
            file = closing.enter_context(regular_files.opened(path))
            stamp = Stamp.of(os.fstat(file.fileno()))
            self.require(path, stamp)
            if stamp.size > self.room:
                closing.pop_all()
                return file
            content = file.read()
            self.require(path, Stamp.of(os.fstat(file.fileno())))
        self.room -= len(content)
        self.held[path] = content
        self._not_held.discard(path)
        return io.BytesIO(content)

    def require(self, path: Path, now: Stamp) -> None:
        """Refuse a file that is not the same as at first."""
        if self.stamps.setdefault(path, now) != now:
            raise changed([path])
        if path not in self.held:
            self._not_held.add(path)

    def require_all(self) -> None:
        """Look again at every file that was read and is not held."""
        for path in self._not_held:
            try:
                now = Stamp.of(path.stat())
            except OSError as error:
                raise changed([path]) from error
            self.require(path, now)


_current: ContextVar[Snapshot | None] = ContextVar("_current", default=None)
#: Those that this process has taken, or was told by the command.
large_digests: Digests = {}


@contextmanager
def taken(held_bytes: int | None = None, after: Snapshot | None = None) -> Iterator[Snapshot]:
    """Within, every file is read as it was at first; a snapshot within another one is a part of it.

    Up to `held_bytes` are held in memory, by default `HELD_BYTES`; 0 to take digests and read nothing later. The files
    of an earlier snapshot, `after`, have to be the same still. InputsChanged at the end if a file not held has changed.
    """
    if around := _current.get():
        yield around
        return
    if held_bytes is None:  # Never more than a quarter of the memory that is left.
        left = memory.available()
        held_bytes = HELD_BYTES if left is None else min(HELD_BYTES, left // 4)
    snapshot = Snapshot(room=held_bytes)
    if after:
        snapshot.stamps, snapshot.found = dict(after.stamps), dict(after.found)
    token = _current.set(snapshot)
    try:
        yield snapshot
        snapshot.require_all()
    finally:
        _current.reset(token)
        snapshot.held.clear()


def opened(path: Path) -> BinaryIO:
    """The bytes of a regular file; OSError for anything else, InputsChanged if it is not the same as at first."""
    snapshot = _current.get()
    return snapshot.read(path) if snapshot else regular_files.opened(path)


def read_bytes(path: Path) -> bytes:
    """All of a file's bytes; raises as `opened`."""
    with opened(path) as file:
        return file.read()


def size(path: Path) -> int:
    """A file's bytes; raises OSError where there is none."""
    snapshot = _current.get()
    known = snapshot.stamps.get(path) if snapshot else None
    return known.size if known else path.stat().st_size


def chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes in pieces; raises as `opened`."""
    with opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def entries(folder: Path) -> list[tuple[Path, bool]]:
    """What was in a folder at first, by name, and whether it is a folder itself; raises as `opened`."""
    return once(("entries", folder), lambda: sorted((Path(each.path), each.is_dir()) for each in os.scandir(folder)))


@contextmanager
def read_elsewhere(*paths: Path) -> Iterator[None]:
    """Within, other code reads files itself: before and after they have to be as at first; raises as `opened`."""
    for path in paths:
        note(path)
    yield
    for path in paths:
        note(path)


def note(path: Path) -> Stamp:
    """The stamp of a file, which has to stay the same within a snapshot; raises as `opened`."""
    now = Stamp.of(path.stat())
    if snapshot := _current.get():
        snapshot.require(path, now)
    return now


def once(key: Hashable, find: Callable[[], T]) -> T:
    """What `find` gives, found once within a snapshot."""
    snapshot = _current.get()
    known = snapshot.found if snapshot else {}
    if key not in known:
        known[key] = find()
    found: T = known[key]
    return found


def digests(paths: tuple[Path, ...], take: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """The digests that `take` takes of files: once within a snapshot; raises as `opened`.

    Of files too large to be held: once in a process and its workers, while the stamps are the same.
    """

    def look() -> tuple[str, ...]:
        stamps = tuple((path, note(path)) for path in paths)
        if sum(stamp.size for _, stamp in stamps) <= HELD_BYTES:
            return take()
        if stamps not in large_digests:
            taken = take()
            if stamps != tuple((path, note(path)) for path in paths):
                raise changed(list(paths))
            large_digests[stamps] = taken
        return large_digests[stamps]

    return once(("digests", paths), look)


def paths() -> list[Path]:
    """The files that were read within this snapshot, in that order."""
    snapshot = _current.get()
    return list(snapshot.stamps) if snapshot else []


def changed(paths: list[Path]) -> InputsChanged:
    """What is said of files of which one is not what the command found."""
    more = f" (or one of {len(paths) - 1} other files)" if len(paths) > 1 else ""
    named = str(paths[0]) if paths else "the data"
    return InputsChanged(f"{named}{more}: changed since the command started")
