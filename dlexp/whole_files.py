"""Files that appear whole or not at all: written beside, synced, renamed."""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dlexp.machine import host

#: Called before something is written or takes its name: raises where that is no longer this process's to do.
Fence = Callable[[], None]
#: What a file system says that syncs no directories, as some of networks do.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)


def beside(path: Path) -> Path:
    """A name in the same directory that no other thread uses, on whatever machine: `.HOST-PID-NAME`."""
    # The number of a process is that of its main thread.
    return path.with_name(f".{host()}-{threading.get_native_id()}-{path.name}")


@dataclass(frozen=True)
class _Unnamed:
    """A whole file that has not taken its name."""

    new: Path
    path: Path
    fence: Fence | None

    def sync(self) -> None:
        with self.named():
            sync(self.new)

    def take_name(self) -> None:
        with self.named():
            if self.fence:
                self.fence()
            self.new.replace(self.path)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Within, an error names the file that people look for."""
        try:
            yield
        except OSError as error:
            if error.filename in (None, str(self.new)):
                error.filename, error.filename2 = str(self.path), None
            raise


@dataclass
class _Group:
    """Files that are to take their names together."""

    files: dict[Path, _Unnamed] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)
    """These have their names already, and are synced too."""
    last: Path | None = None


_group: ContextVar[_Group | None] = ContextVar("_group", default=None)


@contextmanager
def replacing(path: Path, fence: Fence | None = None) -> Iterator[Path]:
    """Give a path beside `path`, of the same suffix, to write to; rename it to `path` when all went well.

    `fence` is asked just before the renaming.
    """
    file, group = _Unnamed(beside(path), path, fence), _group.get()
    try:
        with file.named():
            yield file.new
        if group:
            group.files[path] = file
        else:
            file.sync()
            _take_names([file])
    finally:
        if not (group and path in group.files):
            file.new.unlink(missing_ok=True)


@contextmanager
def together(*others: Path, last: Path | None = None) -> Iterator[None]:
    """Within, files are written as by `replacing`, and all take their names at the end, however that is reached.

    A disk syncs all of them in the time of one. `others` have their names already, and are synced before. The file
    `last` takes its name when those of the others survive a power cut. What is called within another one is part of it.
    """
    outer = _group.get()
    group = outer or _Group()
    group.others += others
    group.last = last or group.last
    if outer:
        yield
        return
    _group.set(group)
    try:
        yield
    finally:
        _group.set(None)
        files = list(group.files.values())
        try:
            _at_once([*(file.sync for file in files), *(partial(sync, path) for path in group.others)])
            _take_names([file for file in files if file.path != group.last])
            _take_names([file for file in files if file.path == group.last])
        finally:
            for file in files:
                file.new.unlink(missing_ok=True)


def current(path: Path) -> Path:
    """Where the bytes are that will be a file's: elsewhere as long as it waits for others to be written."""
    group = _group.get()
    return group.files[path].new if group and path in group.files else path


def _take_names(files: Sequence[_Unnamed]) -> None:
    for file in files:
        file.take_name()
    sync_all(list({file.path.parent for file in files}))


def _at_once(calls: Sequence[Callable[[], None]]) -> None:
    if len(calls) == 1:
        calls[0]()
    elif calls:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(calls)) as threads:
            for done in [threads.submit(call) for call in calls]:
                done.result()


def copy(path: Path, to: Path, fence: Fence | None = None) -> None:
    """Copy a file, to appear there whole or not at all."""
    with replacing(to, fence) as new:
        shutil.copyfile(path, new)


def write_text(path: Path, text: str, fence: Fence | None = None) -> None:
    """Write `text` in UTF-8 with its line ends as they are."""
    with replacing(path, fence) as new:
        new.write_text(text, encoding="utf-8", newline="")


def make_folder(path: Path) -> None:
    """Make a folder, and those around it, whose names survive a power cut."""
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in new:
        sync(folder.parent)


def sync_all(paths: Sequence[Path]) -> None:
    """Have several survive it, as `sync` each, at once."""
    _at_once([partial(sync, path) for path in paths])


def sync(path: Path) -> None:
    """Have what is written survive a power cut: a file's bytes, or a directory's names where the file system can."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # Of a pipe it is not waited for the other end.
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC or not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            error.filename = str(path)
            raise
    finally:
        os.close(descriptor)
