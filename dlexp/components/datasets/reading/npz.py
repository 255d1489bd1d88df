"""A reader of npz archives and npy files that runs no code from them and takes no more memory than there is.

Keras's texts are ragged, so they are stored as pickled object arrays. `numpy.load(allow_pickle=True)` would
call whatever such a file names; `pickles` admits the few names that rebuild an array and refuses every other.
"""

import ast
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import bsr_array, coo_array, csc_array, csr_array, dia_array

from dlexp import regular_files
from dlexp.components import memory, snapshot
from dlexp.components.data import Array
from dlexp.components.datasets.reading import pickles
from dlexp.errors import DataError

#: The longest header that is read: numpy's own limit.
MAX_HEADER = 10_000


def read(path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    """Read the named arrays of an archive; DataError if it is damaged, lacks one, or needs too much memory."""
    with _opened(path) as archive:
        if missing := [name for name in names if f"{name}.npy" not in archive.namelist()]:
            raise DataError(f"{path}: no array {', '.join(missing)} in this file")
        # No more than what the archive says is ever unpacked.
        sizes = {name: archive.getinfo(f"{name}.npy").file_size for name in names}
        memory.require(sum(sizes.values()), str(path))
        return {name: _array(path, f"array {name}", archive.read(f"{name}.npy")) for name in names}


def read_npy(path: Path) -> Array:
    """Read the array of a .npy file; raises as `read`."""
    try:
        memory.require(path.stat().st_size, str(path))
        content = regular_files.read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: not a readable npy file ({error.strerror})") from error
    return _array(path, "its array", content)


def read_sparse(path: Path) -> csr_array:
    """Read a sparse matrix as `scipy.sparse.save_npz` writes it; raises as `read`."""
    arrays = read(path, tuple(names(path)))
    try:
        shape = tuple(map(int, arrays["shape"]))
        # Rows are counted by the shape alone where the file has them by column.
        memory.require(8 * (shape[0] + 1) + 16 * len(arrays["data"]), str(path))
        match arrays["format"].item().decode():
            case "csr" | "csc" | "bsr" as by:
                kind = {"csr": csr_array, "csc": csc_array, "bsr": bsr_array}[by]
                found = kind((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
                found.check_format(full_check=True)  # scipy's code in C reads wherever the indices say.
            case "coo":
                found = coo_array((arrays["data"], (arrays["row"], arrays["col"])), shape=shape)
            case "dia":
                found = dia_array((arrays["data"], arrays["offsets"]), shape=shape)
            case other:
                raise ValueError(f"format {other}")
        return csr_array(found)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not a readable sparse matrix ({error})") from error


def names(path: Path) -> list[str]:
    """The names of the arrays of an archive; raises as `read`."""
    with _opened(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with snapshot.opened(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    # What zipfile raises for foreign, cut, damaged, encrypted or oddly compressed archives.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise DataError(f"{path}: not a readable npz archive, or a damaged one ({error})") from error


def _array(path: Path, what: str, content: bytes) -> Array:
    try:
        array = _from_npy(content)
    except pickles.Refused as error:
        raise DataError(f"{path}: refused: {what} would call {error}, which no data needs") from error
    except DataError as error:
        raise DataError(f"{path}: {what}: {error}") from error
    # A damaged pickle or header raises nearly anything.
    except Exception as error:
        raise DataError(f"{path}: {what} is damaged ({type(error).__name__}: {error})") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path}: {what} is a {type(array).__name__}, not an array")
    return array


def _from_npy(content: bytes) -> Any:
    """What the bytes of a .npy file hold; an array of numbers lies in these very bytes, which cannot be written to."""
    # Magic, version, length of the header, header (numpy/lib/format.py).
    if content[:6] != b"\x93NUMPY":
        raise ValueError("it does not begin as a npy file")
    start = 10 if content[6] == 1 else 12
    end = start + int.from_bytes(content[8:start], "little")
    if len(text := content[start:end]) > MAX_HEADER:
        raise ValueError(f"a header of {len(text)} bytes")
    # Python 2 wrote an L behind long integers.
    header = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text.decode("utf-8")).strip())
    if isinstance(header["descr"], list):
        fields = ", ".join(str(field[0]) for field in header["descr"])
        raise DataError(f"records of several fields ({fields}), not numbers; give one array with a column for each")
    type_, shape = pickles.plain_type(header["descr"]), header["shape"]
    if type_.hasobject:
        return pickles.load(content[end:])
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"a shape of {shape!r:.60}")
    if math.prod(shape) * type_.itemsize != len(content) - end:
        raise ValueError(f"{len(content) - end} bytes for {type_} of shape {shape!r:.60}")
    pickles.require_characters(content[end:] if type_.kind == "U" else b"", type_)
    values: Array = np.frombuffer(content, type_, offset=end)
    return values.reshape(shape, order="F" if header["fortran_order"] else "C")
