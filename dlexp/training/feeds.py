"""How batches reach the compiled step: gathered from resident arrays, or multiplied from sparse rows, or averaged.

A feed gives the body's input, so that the step is the same for every kind of data.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import csr_array

from dlexp.components.data import Split
from dlexp.layers.sparse import SparseRows
from dlexp.layers.word_counts import word_counts
from dlexp.training.network import Network

#: Rows evaluated at once: large enough to be fast, small enough that wide layers stay in memory.
EVALUATION_ROWS = 8192
#: What layers may have in memory at once for them: fewer rows are evaluated of those that have more.
EVALUATION_BYTES = 1e9
#: What the body takes: one tensor, or a list of one per trunk.
Inputs: TypeAlias = tf.Tensor | list[tf.Tensor]


class DenseFeed:
    """Arrays that stay in memory as they are; standardized once, with the saved model's own layers."""

    def __init__(self, network: Network, x: np.ndarray) -> None:
        self.hold(network, x)

    def hold(self, network: Network, x: np.ndarray) -> None:
        """Take other examples in place of those so far, for a network of the same form."""
        self.x = tf.constant(x)
        for layer in network.standardize:
            self.x = layer(self.x)

    def release(self) -> None:
        """Hold no examples until others are taken."""
        self.x = tf.zeros((0, *self.x.shape[1:]), self.x.dtype)

    @property
    def arrays(self) -> list[tf.Tensor]:
        """What a compiled epoch is given, so that it holds no examples itself."""
        return [self.x]

    def start_epoch(self, order: np.ndarray, batch_size: int) -> None:
        """Nothing to do: batches are gathered inside the step."""

    def batch(self, arrays: Sequence[tf.Tensor], index: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
        """The rows at `positions`."""
        return tf.gather(arrays[0], positions)

    def chunks(self, n_rows: int = EVALUATION_ROWS) -> Iterator[tf.Tensor]:
        """Slices of the array, or all of it: a slice takes longer than scoring a few examples."""
        n = self.x.shape[0]
        for start in range(0, n, n_rows):
            yield self.x if n <= n_rows else self.x[start : start + n_rows]


class SparseFeed:
    """Sparse rows multiplied by the first layer's kernel; of texts, the counts of words by its table of vectors."""

    def __init__(self, network: Network, x: csr_array | np.ndarray) -> None:
        """`x`: CSR rows for a Dense layer, or padded word indices `(n, maxlen)` for an Embedding and its average."""
        self.first = network.first
        self.x, self._lengths = self._rows(x)
        self.rows = SparseRows(self.x)

    def hold(self, network: Network, x: csr_array | np.ndarray) -> None:
        """Take other examples in place of those so far; what is compiled keeps its first layer."""
        self.x, self._lengths = self._rows(x)
        self.rows.hold(self.x)

    def release(self) -> None:
        """Hold no examples until others are taken."""
        self.x, self._lengths = self.x[:0], None
        self.rows.hold(self.x)

    @property
    def arrays(self) -> list[tf.Tensor]:
        """How many words each text has; a compiled epoch asks for its batches by their number."""
        return [] if self._lengths is None else [tf.constant(self._lengths)]

    def start_epoch(self, order: np.ndarray, batch_size: int) -> None:
        """Put the rows in this order."""
        self.rows.start_epoch(order, batch_size)

    def batch(self, arrays: Sequence[tf.Tensor], index: tf.Tensor, positions: tf.Tensor) -> Inputs:
        """The first layer's output before its activation, `(batch, units)`, or the average."""
        kernels = [first.kernel.value for first in self.first]
        if not arrays:
            return self._sums([self.rows.product(index, kernel) for kernel in kernels])
        lengths = tf.gather(arrays[0], positions)
        return _inputs([self.rows.sums(index, table) / lengths for table in kernels])

    def chunks(self, n_rows: int = EVALUATION_ROWS) -> Iterator[Inputs]:
        """The first layer's output before its activation, or the average, without a batch's order."""
        for start in range(0, self.x.shape[0], n_rows):
            row_starts = self.x.indptr[start : start + n_rows + 1]
            part = slice(row_starts[0], row_starts[-1])  # Views: scipy's own slices are copies.
            arrays = self.x.data[part], self.x.indices[part], row_starts - row_starts[0]
            rows = csr_array(arrays, shape=(len(row_starts) - 1, self.x.shape[1]))
            products = [rows @ first.kernel.numpy() for first in self.first]
            if self._lengths is None:
                yield self._sums(list(map(tf.constant, products)))
            else:
                yield _inputs([tf.constant(each / self._lengths[start : start + n_rows]) for each in products])

    def _rows(self, x: csr_array | np.ndarray) -> tuple[csr_array, np.ndarray | None]:
        """Sparse rows, and what the sum of a text's vectors is divided by, `(n, 1)`, if they count words."""
        layer = self.first[0].layer
        if isinstance(layer, keras.layers.Embedding):
            return word_counts(x, layer.input_dim, layer.mask_zero)
        return x, None

    def _sums(self, products: list[tf.Tensor]) -> Inputs:
        pairs = [(product, first.layer) for product, first in zip(products, self.first, strict=True)]
        return _inputs([product + layer.bias if layer.use_bias else product for product, layer in pairs])


def _inputs(of_trunks: list[tf.Tensor]) -> Inputs:
    return of_trunks if len(of_trunks) > 1 else of_trunks[0]


def feed(network: Network, split: Split) -> DenseFeed | SparseFeed:
    """The feed that fits the split: sparse rows stay sparse whatever their density, everything else is dense.

    A dense product is faster where more than about a sixth of a row is not zero. With texts that is below some hundred
    words, where an epoch takes hundredths of a second either way: not worth other last digits on the two sides.
    """
    return SparseFeed(network, split.x) if network.first else DenseFeed(network, split.x)


def evaluation_rows(network: Network, n: int) -> int:
    """How many of `n` rows are evaluated at once: a power of two, as many as fit into `EVALUATION_BYTES`."""
    rows = min(n, EVALUATION_ROWS)
    if not network.is_wide(rows) or rows * network.footprint.evaluated <= EVALUATION_BYTES:
        return EVALUATION_ROWS
    return 1 << max(0, int(EVALUATION_BYTES / network.footprint.evaluated).bit_length() - 1)
