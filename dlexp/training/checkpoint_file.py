"""The files of checkpoints and kept states: named arrays behind a line with their digest, so that damage is noticed."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlexp import regular_files
from dlexp.errors import DlexpError

if TYPE_CHECKING:
    import numpy as np

#: The first line of a file, before the digest of what follows.
MAGIC = b"dlexp checkpoint 1 "


class Unusable(DlexpError):
    """A checkpoint that is torn, damaged or of another training."""


def encoded(arrays: Mapping[str, Any]) -> memoryview:
    """What follows the first line."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getbuffer()


def write(path: Path, content: memoryview) -> None:
    """Write what `encoded` gave, with its digest in front."""
    with path.open("wb") as file:
        file.write(_head(hashlib.sha256(content).hexdigest()) + b"\n")
        file.write(content)


def read(path: Path) -> "dict[str, np.ndarray]":
    """The arrays of a file that was written whole, by this code.

    Raises:
        Unusable: It was not.
        OSError: It cannot be read now.
    """
    import numpy as np

    _require_regular(path)
    head, _, body = regular_files.read_bytes(path).partition(b"\n")
    _require_digest(path, head, hashlib.sha256(body).hexdigest())
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return dict(arrays)


def require_whole(path: Path) -> None:
    """Make sure of the same, without numpy, whatever its size; raises as `read`."""
    _require_regular(path)
    with regular_files.opened(path) as file:
        head = file.readline(len(_head("")) + hashlib.sha256().digest_size * 2 + 1)
        _require_digest(path, head.rstrip(b"\n"), hashlib.file_digest(file, "sha256").hexdigest())


def _head(digest: str) -> bytes:
    return MAGIC + digest.encode()


def _require_regular(path: Path) -> None:
    try:
        regular_files.require(path)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error


def _require_digest(path: Path, head: bytes, digest: str) -> None:
    if head != _head(digest):
        raise Unusable(f"{path}: torn or damaged")
