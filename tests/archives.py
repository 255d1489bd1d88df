"""Archives of arrays, and pickles as numpy writes them into one."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy


def ragged(lists: Sequence[Sequence[object] | np.ndarray]) -> np.ndarray:
    """An object array of lists, as numpy makes it from ragged lists."""
    array = np.empty(len(lists), dtype=object)
    array[:] = lists
    return array


def object_member(pickled: bytes) -> bytes:
    """A `.npy` file with this pickle as an object array of three."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (3,)})
    return file.getvalue() + pickled


def archive(path: Path, **members: bytes) -> Path:
    """An archive of these `.npy` files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path
