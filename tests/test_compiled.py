"""How functions of a network are compiled: for which of TensorFlow's executors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.training.compiled import Compiled


def looped(branch: bool, x: tf.Tensor) -> tf.Tensor:
    """Three steps, each of which doubles `x`; with a `branch`, the first two only."""

    def step(i: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.cond(i < 2, lambda: 2 * x, lambda: x) if branch else 2 * x

    return tf.while_loop(lambda i, _: i < 3, step, (tf.constant(0), x))[1]


@pytest.mark.training
@pytest.mark.parametrize(("branch", "expected"), [(False, 8.0), (True, 4.0)])
@pytest.mark.parametrize("units", [8, 1000])
def test_what_branches_within_a_step_is_computed(branch: bool, expected: float, units: int) -> None:
    """As a warm-up of the learning rate does: the executor of small models would wait forever for a branch."""
    inputs = keras.Input((100,))
    body = keras.Model(inputs, keras.layers.Dense(units)(inputs))

    compiled = Compiled(lambda x: looped(branch, x), body)

    assert np.array_equal(compiled(tf.ones(3)), [expected] * 3)
    assert np.array_equal(compiled(tf.ones(3)), [expected] * 3)
    assert compiled.n_compiled == 1
