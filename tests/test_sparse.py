"""Products of sparse rows inside a compiled step, against scipy's operators."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.sparse import csr_array, random_array

from dlexp.layers.sparse import SparseRows
from dlexp.layers.sparse_kernels import ALIGNMENT, aligned
from dlexp.training.threads import set_threads

set_threads(1)


@pytest.mark.parametrize("batch_size", [1, 4, 5, 100])
@pytest.mark.parametrize("units", [1, 3, 16])
@pytest.mark.parametrize("is_multi_hot", [False, True])
def test_products_are_those_of_scipy(batch_size: int, units: int, is_multi_hot: bool) -> None:
    """Each batch's `rows @ kernel`, and `rows.T @ upstream` as its gradient, to the bit; a short last one included."""
    generator = np.random.default_rng(0)
    x = csr_array(random_array((13, 7), density=0.4, rng=generator, dtype=np.float32))
    if is_multi_hot:
        x.data[:] = 1
    kernel = generator.normal(size=(7, units)).astype(np.float32)
    rows = SparseRows(x)

    def step(index: tf.Tensor, upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(weights := tf.constant(kernel))
            product = rows.product(index, weights)
        return product, tape.gradient(product, weights, upstream)

    compiled = tf.function(step, autograph=False)

    for epoch in (1, 2):
        order = np.random.default_rng(epoch).permutation(13)
        rows.start_epoch(order, batch_size)
        for i in range(-(-13 // batch_size)):
            batch = x[order[i * batch_size : (i + 1) * batch_size]]
            upstream = generator.normal(size=(batch.shape[0], units)).astype(np.float32)

            product, gradient = compiled(tf.constant(i), tf.constant(upstream))

            assert product.numpy().tobytes() == (batch @ kernel).tobytes()
            assert gradient.numpy().tobytes() == (batch.T @ upstream).tobytes()


def test_results_are_in_memory_that_tensorflow_takes_as_it_is() -> None:
    """Whatever the size: else every step copies the gradient of the largest weight."""
    assert all(aligned(n, 3, make).ctypes.data % ALIGNMENT == 0 for make in (np.empty, np.zeros) for n in range(1, 50))
