"""The product of sparse rows and a dense kernel, inside a compiled step, by scipy.

TensorFlow's own sparse-dense product is up to ten times slower, and a dense multi-hot matrix of 25,000 reviews takes a
gigabyte. The rows are known before the step runs, so the step takes only their number and the kernel.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_array

# What `rows @ dense` and `rows.T @ dense` call. Called here, since the operators take no array to write into, and
# TensorFlow copies one that is not aligned: a fifth of an epoch's time.
from scipy.sparse._sparsetools import csc_matvecs, csr_matvecs

#: Bytes: TensorFlow takes arrays that start at a multiple of this as they are.
ALIGNMENT = 64


class SparseRows:
    """Batches of sparse rows that a compiled step multiplies by a kernel, with the gradient of the kernel."""

    def __init__(self) -> None:
        self._batches: Sequence[csr_array] = []

    def set_batches(self, batches: Sequence[csr_array]) -> None:
        """Put the batches of the next epoch in place: float32, each `(batch, features)`."""
        self._batches = batches

    def product(self, index: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """`batches[index] @ kernel`: `(batch, features) @ (features, units)` gives `(batch, units)`.

        Only the kernel has a gradient: `batches[index].T @ upstream`.
        """

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def multiply(kernel: tf.Tensor) -> Any:
            result = tf.numpy_function(self._forward, [index, kernel], tf.float32, stateful=True)
            result.set_shape((None, kernel.shape[1]))

            def gradient(upstream: tf.Tensor) -> tf.Tensor:
                gradient = tf.numpy_function(self._backward, [index, upstream], tf.float32, stateful=True)
                gradient.set_shape(kernel.shape)
                return gradient

            return result, gradient

        return multiply(kernel)

    def _forward(self, index: Any, kernel: Any) -> Any:
        return product(self._batches[int(index)], kernel)

    def _backward(self, index: Any, upstream: Any) -> Any:
        return transposed_product(self._batches[int(index)], upstream)


def product(rows: csr_array, dense: np.ndarray) -> np.ndarray:
    """`rows @ dense`: `(n, features) @ (features, units)` gives `(n, units)`; all float32."""
    (n, n_features), n_units = rows.shape, dense.shape[1]
    result = _zeros(n, n_units)
    csr_matvecs(n, n_features, n_units, rows.indptr, rows.indices, rows.data, dense.ravel(), result.reshape(-1))
    return result


def transposed_product(rows: csr_array, dense: np.ndarray) -> np.ndarray:
    """`rows.T @ dense`: `(features, n) @ (n, units)` gives `(features, units)`; all float32."""
    (n, n_features), n_units = rows.shape, dense.shape[1]
    result = _zeros(n_features, n_units)
    # The rows of a matrix are the columns of its transpose.
    csc_matvecs(n_features, n, n_units, rows.indptr, rows.indices, rows.data, dense.ravel(), result.reshape(-1))
    return result


def _zeros(n: int, n_columns: int) -> np.ndarray:
    """Aligned zeros `(n, n_columns)`, float32."""
    n_bytes = n * n_columns * np.dtype(np.float32).itemsize
    memory = np.empty(n_bytes + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    result = memory[start : start + n_bytes].view(np.float32).reshape(n, n_columns)
    result.fill(0)
    return result
