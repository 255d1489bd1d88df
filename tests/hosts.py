"""Other machines, as far as locks can tell: another name, and what their file system makes of flock."""

import errno
import fcntl
import os
import socket
import struct
import zlib
from typing import Any, BinaryIO

import pytest

#: fcntl's number for a lock on a range of an open file, as network file systems emulate flock.
F_OFD_SETLK = 37
#: coherent: all machines see one another's; per host: each machine's are its own (NFS with local_lock, Lustre with
#: localflock, BeeGFS by default); else the error that every call gives.
FLOCKS = ("coherent", "per host", "ENOSYS", "ENOLCK", "EOPNOTSUPP")


def pretend(host: str, flock: str = "coherent", patch: pytest.MonkeyPatch | None = None) -> None:
    """Be a process of another machine from now on, or while `patch` lasts."""
    patch = patch or pytest.MonkeyPatch()
    patch.setattr(socket, "gethostname", lambda: host)
    if flock != "coherent":
        patch.setattr(fcntl, "flock", lambda file, kind: _flock(file, kind, host, flock))


def _flock(file: BinaryIO, kind: int, host: str, how: str) -> Any:
    if how != "per host":
        raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)))
    wanted = fcntl.F_RDLCK if kind & fcntl.LOCK_SH else fcntl.F_WRLCK
    # Every host has a byte of its own.
    return fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", wanted, os.SEEK_SET, zlib.crc32(host.encode()), 1, 0))
