"""Shapes and numbers of weights of Keras's layers, against Keras itself."""

from typing import Any

import keras
import pytest

from dlexp.components.models.layer_sizes import sizes
from dlexp.components.models.layers import _layer

IMAGE = {"Reshape": {"target_shape": [8, 8, 1]}}
STEPS = {"Reshape": {"target_shape": [-1, 4]}}
WORDS = {"Embedding": {"input_dim": 200, "output_dim": 7}}
STACKS: dict[str, list[Any]] = {
    "convolution": [
        IMAGE,
        {"Conv2D": {"filters": 16, "kernel_size": 3}},
        {"Conv2D": {"filters": 6, "kernel_size": [3, 2], "strides": 2, "padding": "same", "use_bias": False}},
        {"MaxPooling2D": {}},
        {"BatchNormalization": {}},
        {"Flatten": {}},
        {"Dense": {"units": 5, "activation": "relu"}},
        {"Dropout": {"rate": 0.5}},
    ],
    "steps": [
        STEPS,
        {"Conv1D": {"filters": 6, "kernel_size": 3, "dilation_rate": 2}},
        {"Conv1D": {"filters": 6, "kernel_size": 3, "groups": 2, "padding": "causal"}},
        {"AveragePooling1D": {"pool_size": 3, "strides": 2}},
        {"LSTM": {"units": 5, "return_sequences": True}},
        {"Bidirectional": {"layer": {"GRU": {"units": 3, "return_sequences": True}}}},
        {"Attention": {}},
        {"SimpleRNN": {"units": 4}},
        {"LayerNormalization": {}},
    ],
    "words": [
        WORDS,
        {"Bidirectional": {"layer": {"LSTM": {"units": 3}}, "merge_mode": "sum"}},
        {"Dense": {"units": 2}},
    ],
    "pooled words": [WORDS, {"Dense": {"units": 3}}, {"GlobalMaxPooling1D": {}}],
}


@pytest.mark.parametrize("name", STACKS)
def test_shapes_and_weights_are_those_of_keras(name: str) -> None:
    """Layer by layer, paddings, strides, dilations, groups and wrappers included."""
    items = STACKS[name]
    is_words = items[0] is WORDS
    x = keras.Input((12,), dtype="int32") if is_words else keras.Input((64,))
    found, expected = [], []
    for item, size in zip(items, sizes(items, (12,) if is_words else (64,)), strict=True):
        ((layer_name, arguments),) = item.items()
        layer = _layer(layer_name, arguments)
        x = layer([x, x]) if layer_name == "Attention" else layer(x)
        found.append((size.shape, size.weights))
        expected.append((tuple(x.shape[1:]), layer.count_params()))

    assert found == expected


def test_what_is_not_known_is_not_guessed() -> None:
    """A layer that the arithmetic does not know, and inputs whose number only the data says."""
    unknown = sizes([STEPS, {"MultiHeadAttention": {"num_heads": 2, "key_dim": 4}}, {"Flatten": {}}], (64,))
    own_data = sizes([{"Dense": {"units": 5}}, {"Dense": {"units": 3}}], (None,))

    assert [size.shape for size in unknown] == [(16, 4), None, (None,)]
    assert [(size.shape, size.weights) for size in own_data] == [((5,), 5), ((3,), 18)]
