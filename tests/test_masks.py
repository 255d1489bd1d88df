"""Where a mask leaves nothing of a sequence, its average is 0, and all other numbers are those of Keras."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.components.data import Info
from dlexp.components.models.embedding import Embedding
from dlexp.components.models.layers import Layers
from dlexp.components.models.model import Model

WORDS: dict[str, Any] = {"Embedding": {"output_dim": 4, "mask_zero": True}}
AVERAGE = "GlobalAveragePooling1D"
STEPS: dict[str, Any] = {"Reshape": {"target_shape": [2, 3, 4]}}
#: What stands before the average, and hands the mask on.
BETWEEN: list[list[Any]] = [
    [],
    [{"Dropout": {"rate": 0.2}}],
    [{"LSTM": {"units": 3, "return_sequences": True}}],
    [{"Bidirectional": {"layer": {"GRU": {"units": 3, "return_sequences": True}}}}],
    [{"TimeDistributed": {"layer": {"Dense": {"units": 3}}}}],
    [{"SpectralNormalization": {"layer": {"Dense": {"units": 3}}}}],
    [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}}],
    ["LayerNormalization", {"Activation": {"activation": "relu"}}],
]


def stack(*layers: Any) -> Layers:
    """A model of these layers."""
    return Layers(layers=list(layers))


#: Models of word indices, and of numbers that a Masking layer hides.
OF_WORDS: dict[str, Model] = {
    "embedding": Embedding(),
    **{f"behind_{i}": stack(WORDS, *between, AVERAGE) for i, between in enumerate(BETWEEN)},
    "kept_axis": stack(WORDS, {AVERAGE: {"keepdims": True}}, "Flatten"),
}
OF_NUMBERS: dict[str, Model] = {
    "masking": stack({"Reshape": {"target_shape": [6, 4]}}, "Masking", AVERAGE),
    "distributed": stack(STEPS, "Masking", {"TimeDistributed": {"layer": AVERAGE}}, "Flatten"),
}
MODELS = OF_WORDS | OF_NUMBERS
#: Of eight examples the one without anything.
EMPTY = 2


def built(model: Model, name: str) -> keras.Model:
    """The model with one output unit, and weights that are always the same."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    is_words = name in OF_WORDS
    info = Info(
        task="binary",
        n_train=8,
        n_test=8,
        inputs="word_ids" if is_words else "numeric",
        shape=(6,) if is_words else (24,),
        vocabulary=20 if is_words else None,
    )
    x = keras.Input(info.shape, dtype="int32" if is_words else "float32")
    return keras.Model(x, keras.layers.Dense(1)(model.build(x, info)))


def examples(name: str) -> np.ndarray:
    """Eight, one without anything, and one that ends in padding."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 20, (8, 6)).astype("int32") if name in OF_WORDS else rng.normal(size=(8, 24)).astype("float32")
    x[EMPTY], x[5, -2:] = 0, 0
    return x


def passes(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """What it makes of the examples, and the gradients of the sum of squares."""
    with tf.GradientTape() as tape:
        outputs = model(x, training=False)
        loss = tf.reduce_sum(outputs**2)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    return outputs.numpy(), [tf.convert_to_tensor(each).numpy() for each in gradients]


@pytest.mark.parametrize("name", MODELS)
def test_an_average_over_nothing_is_0(name: str) -> None:
    """It is a number, and so are the gradients of an example that has nothing."""
    model = built(MODELS[name], name)

    outputs, gradients = passes(model, examples(name))

    assert np.isfinite(outputs).all()
    assert all(np.isfinite(each).all() for each in gradients)


@pytest.mark.parametrize("name", MODELS)
def test_all_other_numbers_are_those_of_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes, forwards and in every gradient."""
    x = np.delete(examples(name), EMPTY, axis=0)
    found = passes(built(MODELS[name], name), x)

    for module in ("embedding", "layers"):
        monkeypatch.setattr(f"dlexp.components.models.{module}.averaged", lambda layer, x: layer(x))
    plain = passes(built(MODELS[name], name), x)

    np.testing.assert_array_equal(found[0], plain[0])
    for ours, theirs in zip(found[1], plain[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["embedding", "behind_5", "distributed"])
def test_the_saved_model_is_made_of_keras_own_parts(name: str, tmp_path: Path) -> None:
    """It opens in Keras's safe mode, and gives the same."""
    model, x = built(MODELS[name], name), examples(name)
    model.save(tmp_path / "model.keras")

    opened = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)

    np.testing.assert_array_equal(opened(x), model(x))


def test_the_average_is_that_of_the_words_that_are_there() -> None:
    """By hand: the mean of their vectors, and the output's bias where there are none."""
    model = built(stack(WORDS, AVERAGE), "behind_0")
    vectors, kernel, bias = model.get_weights()
    x = np.array([[3, 7, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], "int32")

    outputs = model(x).numpy()

    np.testing.assert_allclose(outputs[0], (vectors[3] + vectors[7]) / 2 @ kernel + bias, rtol=1e-5)
    np.testing.assert_array_equal(outputs[1], bias)
