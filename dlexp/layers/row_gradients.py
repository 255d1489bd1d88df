"""The gradient of a table whose rows a step looks up, added up by scipy.

Keras's optimizers are given a value for each use of a row, and square each: they cannot be given the sums. TensorFlow
adds the values up one row at a time, ten times slower than a sparse product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from dlexp.layers.sparse_kernels import aligned, csc_matvecs

#: Of n texts or places: where the entries of each start, and the last ones end, `(n + 1,)`; of all entries, the row of
#: the table, and how often it is used.
Counts = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Uses:
    """How often each of `n` texts or places used each row of a table, and the gradient of one such use."""

    values: tf.Tensor
    """`(n, units)`: the gradient of one use, the same for all of a text."""
    given: tf.Tensor
    counts: Callable[[np.ndarray], Counts]
    """Of what is `given` to it inside the step."""

    def added_to(self, start: tf.Tensor, decay: float, factor: float | tf.Tensor, squared: bool = False) -> tf.Tensor:
        """`decay * start` with `factor` times the gradient, or the square, of each use added: `(rows, units)`."""

        def add(start: np.ndarray, given: np.ndarray, values: np.ndarray, factor: np.ndarray) -> np.ndarray:
            starts, rows, counts = self.counts(given)
            result = aligned(*start.shape)
            np.multiply(start, np.float32(decay), out=result)
            values = (np.square(values) if squared else values) * factor
            (n_rows, n_units), n = start.shape, len(values)
            # It adds to what is there already.
            csc_matvecs(n_rows, n, n_units, starts, rows, counts, values.ravel(), result.reshape(-1))
            return result

        factor = tf.cast(factor, tf.float32)
        result = tf.numpy_function(add, [start, self.given, self.values, factor], tf.float32, stateful=True)
        result.set_shape(start.shape)
        return result

    def one_by_one(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The gradient of each use, `(uses, units)`, and its row."""

        def repeat(given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            starts, rows, counts = self.counts(given)
            entries = slice(starts[0], starts[-1])
            times = counts[entries].astype(np.int64)
            texts = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            return np.repeat(texts, times), np.repeat(rows[entries], times).astype(np.int64)

        texts, rows = tf.numpy_function(repeat, [self.given], [tf.int64, tf.int64], stateful=True)
        texts.set_shape((None,))
        rows.set_shape((None,))
        return tf.gather(self.values, texts), rows


class RowGradient(tf.IndexedSlices):  # type: ignore[misc]
    """The gradient of a table by its `uses`; to any rule, what TensorFlow gives: a value for each use of a row."""

    def __init__(self, uses: Uses, table: tf.Tensor) -> None:
        super().__init__(None, None, tf.constant(tuple(table.shape), tf.int64))
        self.uses = uses
        self._one_by_one: tuple[tf.Tensor, tf.Tensor] | None = None

    @property
    def values(self) -> tf.Tensor:
        """The gradient of each use: made only if something asks for it."""
        self._one_by_one = self._one_by_one or self.uses.one_by_one()
        return self._one_by_one[0]

    @property
    def indices(self) -> tf.Tensor:
        """The row of each use."""
        self._one_by_one = self._one_by_one or self.uses.one_by_one()
        return self._one_by_one[1]


def uses(gradient: tf.IndexedSlices) -> Uses:
    """The uses of which the gradient of a table consists."""
    if isinstance(gradient, RowGradient):
        return gradient.uses
    return Uses(gradient.values, gradient.indices, _once_each)


def _once_each(rows: np.ndarray) -> Counts:
    return np.arange(len(rows) + 1, dtype=rows.dtype), rows, np.ones(len(rows), np.float32)
