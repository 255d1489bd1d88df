"""A reader of the gzipped idx files of Fashion-MNIST: bytes behind a header that says their shape."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.errors import DataError

UNSIGNED_BYTES = 0x08


def read(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The array of a file, in the shape that its header says.

    Raises:
        DataError: The file cannot be read, is damaged, or holds something else than bytes.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a readable idx file, or a damaged one ({error})") from error
    # Two zeros, the type, the number of axes; then each axis as a big-endian uint32; then the bytes.
    n_axes = content[3] if content[:3] == bytes([0, 0, UNSIGNED_BYTES]) and len(content) > 3 else 0
    start = 4 + 4 * n_axes
    shape = np.frombuffer(content[4:start], ">u4").tolist() if len(content) >= start else []
    if not shape or math.prod(shape) != len(content) - start:
        raise DataError(f"{path}: not an idx file of bytes, or a cut one")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
