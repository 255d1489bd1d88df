"""Files that are opened only where they are regular: who opens a pipe waits for ever, and a device never ends.

All functions raise OSError: `NotRegular` for a pipe, a socket, a device, or a symbolic link to nothing;
IsADirectoryError; FileNotFoundError; or the system's own word, as for a symbolic link to itself.
"""

import errno
import os
import stat
from io import BufferedReader, BufferedWriter
from pathlib import Path

#: What else a name can stand for, by the kind that `stat` tells.
_OTHERS = {
    stat.S_IFIFO: "a pipe, not a file",
    stat.S_IFSOCK: "a socket, not a file",
    stat.S_IFCHR: "a device, not a file",
    stat.S_IFBLK: "a device, not a file",
}


class NotRegular(OSError):
    """Something other than a file or a directory."""

    def __str__(self) -> str:
        """What it is: who says that names the path too."""
        return self.strerror or ""


def require(path: Path) -> None:
    """Refuse what is not a regular file, without opening it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            said = f"a symbolic link to {path.readlink()}, which does not exist"
            raise NotRegular(errno.ENOENT, said, str(path)) from None
        raise
    _require_regular(found, path)


def opened(path: Path) -> BufferedReader:
    """A regular file, opened for reading its bytes."""
    require(path)  # Before it is opened, which alone may do something to a device.
    return os.fdopen(_descriptor(path, os.O_RDONLY), "rb")


def appended(path: Path) -> BufferedWriter:
    """A regular file, opened for writing at its end; made if there is none."""
    if os.path.lexists(path):
        require(path)
    return os.fdopen(_descriptor(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")


def _descriptor(path: Path, flags: int) -> int:
    # Should it be replaced in between, opening does not wait for the other end of a pipe.
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    try:
        _require_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _require_regular(found: os.stat_result, path: Path) -> None:
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFDIR:
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))  # Python makes it an IsADirectoryError.
    if kind != stat.S_IFREG:
        raise NotRegular(errno.EINVAL, _OTHERS.get(kind, "no file"), str(path))


def read_bytes(path: Path, at_most: int | None = None) -> bytes:
    """The bytes of a regular file; of one that is larger than `at_most` bytes nothing is read, but OSError raised."""
    with opened(path) as file:
        if at_most is not None and os.fstat(file.fileno()).st_size > at_most:
            raise OSError(errno.EFBIG, f"larger than {at_most / 1e6:g} MB", str(path))
        return file.read()


def read_end(path: Path, n: int) -> bytes:
    """The last `n` bytes of a regular file, or all where there are fewer."""
    with opened(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - n))
        return file.read(n)


def read_text(path: Path) -> str:
    """The text of a regular file in UTF-8, its line ends as `\\n`; UnicodeDecodeError for another encoding."""
    return read_bytes(path).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
