"""How much a step computes, worked out by hand."""

import keras
import pytest
from keras import layers

from dlexp.training.step_size import multiplications
from dlexp.training.threads import set_threads

set_threads(1)


@pytest.mark.parametrize(
    ("shape", "made_of", "n"),
    [
        ((10,), [layers.Dense(20), layers.Dense(3)], 10 * 20 + 20 * 3),
        ((8, 8, 1), [layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)], 36 * (3 * 3 * 4) + 36 * 4 * 2),
        ((7, 5), [layers.LSTM(6)], 7 * 4 * (5 * 6 + 6 * 6)),
        ((7, 5), [layers.Bidirectional(layers.GRU(6))], 2 * 7 * 3 * (5 * 6 + 6 * 6)),
        ((7, 5), [layers.Dense(6)], 7 * 5 * 6),
        ((7,), [layers.Embedding(100, 5), layers.GlobalAveragePooling1D(), layers.Dense(2)], 5 * 2),
        ((10,), [keras.Sequential([layers.Dense(20), layers.Dense(3)])], 10 * 20 + 20 * 3),
    ],
)
def test_each_kernel_counts_for_every_place(shape: tuple[int, ...], made_of: list[keras.layers.Layer], n: int) -> None:
    """Of one example; biases and what has no kernel count nothing."""
    model = keras.Sequential([keras.Input(shape), *made_of])

    assert multiplications(model.layers) == n
