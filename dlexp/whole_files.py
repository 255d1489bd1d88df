"""Files that appear whole or not at all: written beside, synced, renamed."""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def replacing(path: Path, fence: Fence | None = None) -> Iterator[Path]:
    """Give a path beside `path`, of the same suffix, to write to; rename it to `path` when all went well.

    `fence` is asked just before the renaming.
    """
    new = beside(path)
    try:
        yield new
        sync(new)
        if fence:
            fence()
        new.replace(path)
        sync(path.parent)
    except OSError as error:
        if error.filename in (None, str(new)):  # For people, who look for the file itself.
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        new.unlink(missing_ok=True)


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


def sync(path: Path) -> None:
    """Have what is written survive a power cut: a file's bytes, or a directory's names where the file system can."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # Of a pipe it is not waited for the other end.
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC or not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise
    finally:
        os.close(descriptor)
