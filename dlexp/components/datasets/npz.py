"""A reader of Keras's npz archives that runs no code from them.

Their texts are ragged, so they are stored as pickled object arrays. `numpy.load(allow_pickle=True)` would
call whatever such a file names; `pickles` admits the few names that rebuild an array and refuses every other.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from dlexp.components.datasets import pickles
from dlexp.errors import DataError


def read(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray[Any, Any]]:
    """Read the named arrays of an archive.

    Raises:
        DataError: The file is no archive, is damaged, lacks an array, or names more than an array of lists.
    """
    with _opened(path) as archive:
        if missing := [name for name in names if f"{name}.npy" not in archive.namelist()]:
            raise DataError(f"{path}: no array {', '.join(missing)} in this file")
        return {name: _array(path, name, archive.read(f"{name}.npy")) for name in names}


def names(path: Path) -> list[str]:
    """The names of the arrays of an archive.

    Raises:
        DataError: The file is no archive.
    """
    with _opened(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    # What zipfile raises for foreign, cut, damaged, encrypted or oddly compressed archives.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise DataError(f"{path}: not a readable npz archive, or a damaged one ({error})") from error


def _array(path: Path, name: str, content: bytes) -> np.ndarray[Any, Any]:
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        # Format 3.0 is 2.0 with a header in UTF-8.
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        _, _, dtype = read_header(file)
        if not dtype.hasobject:
            file.seek(0)
            return npy.read_array(file, allow_pickle=False)
        array = pickles.load(file)
    except pickles.Refused as error:
        raise DataError(f"{path}: refused: array {name} would call {error}, which no data needs") from error
    # A damaged pickle or header raises nearly anything.
    except Exception as error:
        raise DataError(f"{path}: array {name} is damaged ({type(error).__name__}: {error})") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: array {name} is a {type(array).__name__}, not an array")
    return array
