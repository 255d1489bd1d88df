"""How functions of a network are compiled: for which of TensorFlow's executors."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.training.compiled import Compiled, draws


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


@pytest.mark.training
def test_numbers_drawn_from_a_state_that_is_no_variable_are_noticed() -> None:
    """Keras's own layers have none: their generators are variables, which begin again with each run."""
    inputs = keras.Input((3,))
    body = keras.Model(inputs, keras.layers.GaussianNoise(1.0)(keras.layers.Dropout(0.5)(inputs)))

    def drawn(function: Callable[[tf.Tensor], tf.Tensor]) -> bool:
        return draws(Compiled(function, body).get_concrete_function(tf.ones((2, 3))))

    assert not drawn(lambda x: body(x, training=True))
    assert drawn(lambda x: x + tf.random.uniform((2, 3)))
