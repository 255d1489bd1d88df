"""The product of sparse rows and a dense kernel, inside a compiled step, by scipy.

TensorFlow's own sparse-dense product is up to ten times slower, and a dense multi-hot matrix of 25,000 reviews takes a
gigabyte. The rows are known before the step runs, so the step takes only their number and the kernel.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_array

from dlexp.layers.row_gradients import Counts, RowGradient, Uses
from dlexp.layers.sparse_kernels import aligned, csc_matvecs, csr_matvecs, csr_row_index


class SparseRows:
    """Sparse rows whose batches a compiled step multiplies by a kernel, with the gradient of the kernel."""

    def __init__(self, rows: csr_array) -> None:
        """`rows`: `(n, features)`, float32."""
        self._batch_size = 0
        self.hold(rows)

    def hold(self, rows: csr_array) -> None:
        """Take other rows of as many features: what is compiled multiplies those."""
        self._rows = rows
        # The rows in the order of the epoch.
        self._starts: np.ndarray = np.empty_like(rows.indptr)
        self._indices = np.empty_like(rows.indices)
        self._data = np.empty_like(rows.data)
        self._moved = rows.data, self._data
        if (rows.data == 1).all():  # Multi-hot: the same in any order. What scipy moves in their place is small.
            self._data = rows.data
            self._moved = np.empty_like(rows.data, np.int8), np.empty_like(rows.data, np.int8)

    def start_epoch(self, order: np.ndarray, batch_size: int) -> None:
        """Have batch i hold the rows `order[i * batch_size : (i + 1) * batch_size]`; `order`: a permutation, `(n,)`."""
        rows = self._rows
        self._batch_size = batch_size
        order = order.astype(rows.indptr.dtype)
        self._starts[0] = 0
        np.cumsum(np.diff(rows.indptr)[order], out=self._starts[1:])
        values, into = self._moved
        csr_row_index(len(order), order, rows.indptr, rows.indices, values, self._indices, into)

    def product(self, index: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Batch `index` `@ kernel`: `(batch, features) @ (features, units)` gives `(batch, units)`.

        Only the kernel has a gradient: the batch's transpose `@ upstream`.
        """

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            gradient = tf.numpy_function(self._backward, [index, upstream], tf.float32, stateful=True)
            gradient.set_shape(kernel.shape)
            return gradient

        return self._product(index, kernel, gradient)

    def sums(self, index: tf.Tensor, table: tf.Tensor) -> tf.Tensor:
        """The same product, as the sum of the rows of a table that each of the batch's rows counts; so its gradient."""
        return self._product(index, table, lambda upstream: RowGradient(Uses(upstream, index, self._batch), table))

    def _product(self, index: tf.Tensor, kernel: tf.Tensor, gradient: Callable[[tf.Tensor], Any]) -> tf.Tensor:
        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def multiply(kernel: tf.Tensor) -> Any:
            result = tf.numpy_function(self._forward, [index, kernel], tf.float32, stateful=True)
            result.set_shape((None, kernel.shape[1]))
            return result, gradient

        return multiply(kernel)

    def _forward(self, index: Any, kernel: np.ndarray) -> np.ndarray:
        starts, indices, data = self._batch(index)
        (n_features, n_units), n = kernel.shape, len(starts) - 1
        result = aligned(n, n_units, np.zeros)
        csr_matvecs(n, n_features, n_units, starts, indices, data, kernel.ravel(), result.reshape(-1))
        return result

    def _backward(self, index: Any, upstream: np.ndarray) -> np.ndarray:
        starts, indices, data = self._batch(index)
        n_features, (n, n_units) = self._rows.shape[1], upstream.shape
        result = aligned(n_features, n_units, np.zeros)
        # The rows of a matrix are the columns of its transpose.
        csc_matvecs(n_features, n, n_units, starts, indices, data, upstream.ravel(), result.reshape(-1))
        return result

    def _batch(self, index: Any) -> Counts:
        """Where the rows of a batch start, and the last one ends, `(batch + 1,)`; of all rows the indices and data."""
        first = int(index) * self._batch_size
        return self._starts[first : first + self._batch_size + 1], self._indices, self._data
