"""The loops by which scipy multiplies sparse matrices, and memory into which they write.

`rows[order]`, `rows @ dense` and `rows.T @ dense` call them, and none of these takes an array to write into: new memory
for every epoch's rows costs as much as the copy, TensorFlow copies results that are not aligned, and the state of an
optimizer is to be added to. scipy has no public name for them: this file alone imports them.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse._sparsetools import csc_matvecs, csr_matvecs, csr_row_index

__all__ = ["ALIGNMENT", "aligned", "csc_matvecs", "csr_matvecs", "csr_row_index"]

#: Bytes: TensorFlow takes arrays that start at a multiple of this as they are.
ALIGNMENT = 64


def aligned(n: int, n_columns: int, make: Callable[..., np.ndarray] = np.empty) -> np.ndarray:
    """Memory for float32, `(n, n_columns)`, which TensorFlow takes as it is; zeros if `np.zeros` is to `make` it."""
    size, itemsize = n * n_columns, np.dtype(np.float32).itemsize
    memory = make(size + ALIGNMENT // itemsize, np.float32)
    start = -memory.ctypes.data % ALIGNMENT // itemsize
    return memory[start : start + size].reshape(n, n_columns)
