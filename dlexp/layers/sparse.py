"""The product of sparse rows and a dense kernel, inside a compiled step, by scipy.

TensorFlow's own sparse-dense product is up to ten times slower, and a dense multi-hot matrix of 25,000 reviews takes a
gigabyte. The rows are known before the step runs, so the step takes only their number and the kernel.
"""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from scipy.sparse import csr_array


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
        return self._batches[int(index)] @ kernel

    def _backward(self, index: Any, upstream: Any) -> Any:
        return self._batches[int(index)].T @ upstream
