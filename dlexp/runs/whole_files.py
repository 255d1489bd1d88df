"""Files that appear whole or not at all: written beside, synced, renamed."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a file system says that syncs no directories, as some of networks do.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path`, of the same suffix, to write to; rename it to `path` when all went well."""
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        sync(beside)
        beside.replace(path)
        sync(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8 with its line ends as they are."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")


def make_folder(path: Path) -> None:
    """Make a folder, and those around it, whose names survive a power cut."""
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in new:
        sync(folder.parent)


def sync(path: Path) -> None:
    """Have what is written survive a power cut: a file's bytes, or a directory's names where the file system can."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if not is_directory or error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)
