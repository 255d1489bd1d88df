"""A reader of the gzipped idx files of Fashion-MNIST: bytes behind a header that says their shape."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components import memory, snapshot
from dlexp.errors import DataError

UNSIGNED_BYTES = 0x08


def read(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The array of a file, in the shape that its header says."""
    try:
        with gzip.open(snapshot.opened(path)) as file:
            # Two zeros, the type, the number of axes; then each axis as a big-endian uint32; then the bytes.
            start = file.read(4)
            n_axes = start[3] if start[:3] == bytes([0, 0, UNSIGNED_BYTES]) and len(start) > 3 else 0
            lengths = file.read(4 * n_axes)
            shape = np.frombuffer(lengths, ">u4").tolist() if len(lengths) == 4 * n_axes else []
            n = math.prod(shape)
            memory.require(n, str(path))
            # What more there is, however much, is not unpacked.
            content = file.read(n + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a readable idx file, or a damaged one ({error})") from error
    if not shape or len(content) != n:
        raise DataError(f"{path}: not an idx file of bytes, or a cut one")
    return np.frombuffer(content, np.uint8).reshape(shape)
