"""Layers that Keras takes and no training can use: refused when the model is built, in one line, before any step."""

import random
import re
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.components.component import Unfit
from dlexp.components.data import Info
from dlexp.components.keras_messages import in_words
from dlexp.components.models import Layers, keras_layers

IMAGE = {"Reshape": {"target_shape": [8, 8, 3]}}
STEPS = {"Reshape": {"target_shape": [16, 12]}}
FOUR = {"Reshape": {"target_shape": [8, 6, 4]}}


def built(*layers: Any) -> keras.KerasTensor:
    """The features that a stack makes of 192 numbers."""
    keras.backend.clear_session()
    info = Info(task="binary", n_train=10, n_test=10, inputs="numeric", shape=(192,), n_classes=2)
    model = Layers.model_validate({"layers": list(layers)})
    return model.build(keras.Input(info.shape), info)


def refusal(*layers: Any) -> str:
    """The one line with which the stack is refused."""
    with pytest.raises(Unfit) as refused:
        built(*layers)
    (line,) = refused.value.lines
    assert re.search(r"[\x00-\x1f\x7f]|Arguments received|Exception encountered|\{\{|keras_tensor", line) is None
    return line


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([IMAGE, {"Conv2D": {"filters": 2, "kernel_size": 9}}],
         "model.layers.1.Conv2D: Keras refuses it after (None, 8, 8, 3): kernel_size 9 is larger than the 8 x 8 that"),
        ([IMAGE, {"MaxPooling2D": {"pool_size": 9}}], "Keras refuses it after (None, 8, 8, 3): pool_size 9"),
        ([{"Reshape": {"target_shape": [5, 5]}}, "Flatten"],
         "after (None, 192): [5, 5] holds 25 numbers, and an example has 192"),
        ([IMAGE, {"Cropping2D": {"cropping": 4}}], "Values in `cropping` argument should be smaller than"),
        ([IMAGE, {"Conv2D": {"filters": 2, "kernel_size": 2, "groups": 2}}], "must be evenly divisible by the number"),
        ([IMAGE, {"BatchNormalization": {"axis": 5}}], "after (None, 8, 8, 3): IndexError: tuple index out of range"),
        ([IMAGE, {"RandomRotation": {"factor": 0.2, "fill_mode": "x"}}], "NotImplementedError: Unknown `fill_mode` x."),
        ([{"Dense": {"units": 4, "kernel_regularizer": {"class_name": "L2", "config": {"l3": 1}}}}],
         "model.layers.0.Dense: Keras refuses it after (None, 192): TypeError: L2.__init__() got an unexpected"),
        ([{"Softmax": {"axis": 4}}], "`dim` must be in the range [-2, 2)"),
        ([STEPS, {"Dropout": {"rate": 0.2, "noise_shape": [None, 3, 12]}}], "Dimensions must be equal, but are 3 and"),
        ([IMAGE, {"ZeroPadding2D": {"padding": -1}}], "Paddings must be non-negative"),
        ([FOUR, {"RandomHue": {"factor": 0.1}}], "after (None, 8, 6, 4): Dimension must be 3 but is 4"),
        ([{"Rescaling": {"scale": [1, 2]}}], "Dimensions must be equal, but are 192 and 2"),
    ],
)  # fmt: skip
def test_what_keras_refuses_is_said_in_one_line(layers: list[Any], message: str) -> None:
    """The layer, the shape before it, and Keras's own sentence or the sizes, whatever Keras raises and when."""
    assert message in refusal(*layers)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([STEPS, {"Attention": {}}, {"LSTM": {"units": 4, "return_state": True}}], "2.LSTM: gives 3 tensors"),
        ([STEPS, {"Bidirectional": {"layer": {"GRU": {"units": 4}}, "merge_mode": None}}], "gives 2 tensors"),
        ([IMAGE, "Equalization"], "model.layers.1.Equalization: cannot be part of a model: Keras "),
        ([IMAGE, {"AdaptiveMaxPooling2D": {"output_size": 0}}], "gives (None, 0, 0, 3): nothing is left of its inputs"),
        ([STEPS, {"EinsumDense": {"equation": "abc,cd->abd", "output_shape": [None, 4]}}, "Flatten"],
         "model.layers.2.Flatten: how many features it gives is not known"),
        ([STEPS, {"EinsumDense": {"equation": "abc,cd->abd", "output_shape": [16, 4]}}],
         "model.layers.1.EinsumDense: gives (None, 16, 4), and the head takes 2 axes; end with Flatten"),
        ([STEPS, {"TimeDistributed": {"layer": {"Dense": {"units": 8, "activation": "glu"}}}}, "Flatten"],
         "1.TimeDistributed: gives (None, 16, 4), where Keras expects (None, 16, 8)"),
    ],
)  # fmt: skip
def test_what_a_stack_cannot_pass_on_is_refused(layers: list[Any], message: str) -> None:
    """Several tensors, nothing, an unknown number of features, another shape than Keras has in mind."""
    assert message in refusal(*layers)


def test_what_fails_only_when_it_runs_is_refused_before() -> None:
    """A layer whose operation TensorFlow can trace and not run: it has been run on an example of zeros."""
    assert "after (None, 192): Cast string to float is not supported" in refusal({"Rescaling": {"scale": "a"}})
    mirrored = {"MelSpectrogram": {"fft_length": 2048}}
    assert "paddings must be less than the dimension size" in refusal(mirrored, "Flatten")


def test_what_an_older_keras_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer or an activation that `check` knows and the installed Keras does not have."""
    table = {**keras_layers.table(), "keras": "99.1"}
    monkeypatch.setattr(keras_layers, "table", lambda: table)
    monkeypatch.delattr(keras.layers, "GaussianNoise")
    monkeypatch.delattr(keras.ops, "glu", raising=False)

    advice = "install a newer one (keras 99.1 has it)"
    lacks = f"Keras refuses it after (None, 192): Keras {keras.version()} has no"
    noise = refusal({"GaussianNoise": {"stddev": 0.1}})
    assert noise == f"model.layers.0.GaussianNoise: {lacks} layer GaussianNoise; {advice}"
    gated = refusal({"Dense": {"units": 8, "activation": "glu"}})
    assert gated == f"model.layers.0.Dense: {lacks} activation glu; {advice}"


def test_a_gated_layer_is_half_as_wide() -> None:
    """`glu` in the layer, alone or in a convolution: the first half times the sigmoid of the second."""
    inputs = np.random.default_rng(0).normal(size=(5, 192)).astype(np.float32)
    for item, width in (
        ({"Dense": {"units": 8, "activation": "glu"}}, 4),
        ({"Activation": {"activation": "glu"}}, 96),
    ):
        features = built(item)
        gated = keras.Model(_inputs_of(features), features)
        before = keras.Model(gated.inputs[0], gated.layers[1].output)

        sums = np.asarray(before(tf.constant(inputs)))
        expected = sums[:, :width] / (1 + np.exp(-sums[:, width:]))
        np.testing.assert_allclose(np.asarray(gated(tf.constant(inputs))), expected, rtol=1e-5, atol=1e-6)
        assert features.shape == (None, width)
    assert built(IMAGE, {"Conv2D": {"filters": 6, "kernel_size": 2, "activation": "glu"}}, "Flatten").shape[1] == 147
    assert "axis size must be divisible by 2" in refusal({"Dense": {"units": 7, "activation": "glu"}})


def _inputs_of(x: keras.KerasTensor) -> keras.KerasTensor:
    layer = x._keras_history.operation
    while not isinstance(layer, keras.layers.InputLayer):
        x = layer.input
        layer = x._keras_history.operation
    return x


def test_a_trial_leaves_no_trace() -> None:
    """Weights, statistics and generators are as they would be without it: AugMix draws from Python's own."""
    stack = (IMAGE, "AugMix", "BatchNormalization", {"Dropout": {"rate": 0.5}}, "Flatten", {"Dense": {"units": 4}})
    found = []
    for _ in range(2):  # The second one has no trials any more.
        keras.utils.set_random_seed(3)
        features = built(*stack)
        weights = keras.Model(_inputs_of(features), features).get_weights()
        found.append((random.getstate(), [weight.tobytes() for weight in weights]))

    assert found[0] == found[1]


def test_messages_of_a_compiled_step_lose_their_places_in_the_graph() -> None:
    """What TensorFlow says at last stays."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(x: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(tf.reshape(x, [1, 1, 1, 1, 1, -1]))

    with pytest.raises(tf.errors.OpError) as raised:
        step(tf.zeros(4))

    assert in_words(raised.value) == "Input dims must be <= 5 and >=1"
    assert in_words(IndexError("tuple index out of range")) == "IndexError: tuple index out of range"
    assert in_words(KeyError()) == "KeyError"
