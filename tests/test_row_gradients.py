"""Gradients of tables by the uses of their rows: sums against dense numpy, steps against Keras's own rules."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from experiments import PADDED, experiment
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_keras import assert_equals_keras
from scipy.sparse import csr_array

from dlexp.layers.optimizers import FusedAdam, FusedAdamW, FusedRMSprop, FusedSGD
from dlexp.layers.row_gradients import RowGradient, uses
from dlexp.layers.sparse import SparseRows
from dlexp.training.first_layers import FirstLayer
from dlexp.training.network import build
from dlexp.training.threads import set_threads

set_threads(1)

N_ROWS, UNITS = 7, 3
#: Keras's own rules and ours, with settings that take another way through the code.
RULES: dict[str, tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = {
    "sgd": (FusedSGD, keras.optimizers.SGD, {}),
    "momentum": (FusedSGD, keras.optimizers.SGD, {"momentum": 0.9}),
    "nesterov": (FusedSGD, keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
    "decay": (FusedSGD, keras.optimizers.SGD, {"weight_decay": 0.1}),
    "clipped": (FusedSGD, keras.optimizers.SGD, {"clipnorm": 0.1, "momentum": 0.5}),
    "adam": (FusedAdam, keras.optimizers.Adam, {}),
    "no_momentum": (FusedAdam, keras.optimizers.Adam, {"beta_1": 0.0}),
    "amsgrad": (FusedAdam, keras.optimizers.Adam, {"amsgrad": True, "beta_2": 0.5}),
    "globally_clipped": (FusedAdam, keras.optimizers.Adam, {"global_clipnorm": 0.1}),
    "rmsprop": (FusedRMSprop, keras.optimizers.RMSprop, {}),
    "rmsprop_momentum": (FusedRMSprop, keras.optimizers.RMSprop, {"momentum": 0.9}),
    "adamw": (FusedAdamW, keras.optimizers.AdamW, {}),
    # Rules that are Keras's own are given what TensorFlow gives: each use.
    "adamax": (keras.optimizers.Adamax, keras.optimizers.Adamax, {}),
}


def texts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Counts of rows, `(n, N_ROWS)`: one text has none, and of the others some rows are used several times."""
    counts = rng.integers(0, 4, (n, N_ROWS)) * (rng.random((n, N_ROWS)) < 0.5)
    counts[0] = 0
    return counts.astype(np.float32)


def of_each_use(counts: np.ndarray, values: np.ndarray) -> tf.IndexedSlices:
    """The gradient as TensorFlow gives it for rows that are gathered."""
    texts, rows = counts.nonzero()
    times = counts[texts, rows].astype(int)
    texts, rows = np.repeat(texts, times), np.repeat(rows, times)
    return tf.IndexedSlices(values[texts], rows.astype(np.int32), tf.constant([N_ROWS, UNITS]))


def gradient_of_batch(counts: np.ndarray, values: np.ndarray, batch_size: int, index: int) -> tf.IndexedSlices:
    """The gradient of a batch of texts whose sums have these gradients."""
    rows = SparseRows(csr_array(counts))
    rows.start_epoch(np.arange(len(counts)), batch_size)
    with tf.GradientTape() as tape:
        table = tf.Variable(tf.zeros((N_ROWS, UNITS)))
        sums = rows.sums(tf.constant(index), table)
    return tape.gradient(sums, table, values)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.booleans())
@settings(max_examples=30)
def test_what_is_added_up_is_that_of_dense_matrices(seed: int, batch_size: int, squared: bool) -> None:
    """Of any batch of averages, and of rows that are gathered: each use by itself, not the square of their sum."""
    rng = np.random.default_rng(seed)
    counts, index = texts(rng, 9), int(rng.integers(0, -(-9 // batch_size)))
    batch = counts[index * batch_size : (index + 1) * batch_size]
    values = rng.normal(size=(len(batch), UNITS)).astype(np.float32)
    start = rng.normal(size=(N_ROWS, UNITS)).astype(np.float32)
    expected = 0.9 * start + 0.25 * batch.T @ (values**2 if squared else values)

    for gradient in (gradient_of_batch(counts, values, batch_size, index), of_each_use(batch, values)):
        added = uses(gradient).added_to(tf.constant(start), 0.9, 0.25, squared)
        np.testing.assert_allclose(added, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("index", [0, 1])
def test_a_rule_that_asks_is_given_each_use(index: int) -> None:
    """As TensorFlow gives it, in the order of the texts."""
    rng = np.random.default_rng(index)
    counts, values = texts(rng, 8), rng.normal(size=(4, UNITS)).astype(np.float32)
    gradient = gradient_of_batch(counts, values, 4, index)
    expected = of_each_use(counts[index * 4 : index * 4 + 4], values)

    assert isinstance(gradient, RowGradient)
    np.testing.assert_array_equal(gradient.indices, expected.indices)
    np.testing.assert_array_equal(gradient.values, expected.values)
    np.testing.assert_array_equal(tf.shape(tf.convert_to_tensor(gradient)), (N_ROWS, UNITS))


@pytest.mark.parametrize("name", RULES)
def test_steps_are_those_of_keras(name: str) -> None:
    """Six of them, for averages and for rows that are gathered."""
    ours, theirs, arguments = RULES[name]
    start = np.random.default_rng(0).normal(size=(N_ROWS, UNITS)).astype(np.float32)
    results = []
    for rule, is_average in ((theirs, False), (ours, False), (ours, True)):
        rng = np.random.default_rng(1)
        table = keras.Variable(start)
        optimizer = rule(learning_rate=0.1, **arguments)
        optimizer.build([table])
        for _ in range(6):
            counts, values = texts(rng, 5), rng.normal(size=(5, UNITS)).astype(np.float32)
            gradient = gradient_of_batch(counts, values, 5, 0) if is_average else of_each_use(counts, values)
            optimizer.apply([gradient], [table])
        results.append([table.numpy(), *(each.numpy() for each in optimizer.variables)])

    for result in results[1:]:
        for found, expected in zip(result, results[0], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_centered_step_is_that_of_the_sums() -> None:
    """Keras's own code fails on uses; with the square of each, a variance could be below 0."""
    rng = np.random.default_rng(0)
    counts, values = texts(rng, 5), rng.normal(size=(5, UNITS)).astype(np.float32)
    results = []
    for gradient in (of_each_use(counts, values), tf.constant(counts.T @ values)):
        table = keras.Variable(np.zeros((N_ROWS, UNITS), np.float32))
        optimizer = FusedRMSprop(learning_rate=0.1, centered=True)
        optimizer.build([table])
        optimizer.apply([gradient], [table])
        results.append(table.numpy())

    assert np.isfinite(results[0]).all()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


def stack(*layers: Any, **embedding: Any) -> dict[str, Any]:
    """A model of word indices."""
    return {"model": {"type": "layers", "layers": [{"Embedding": {"output_dim": 8, **embedding}}, *layers]}}


AVERAGE = "GlobalAveragePooling1D"


@pytest.mark.parametrize(
    ("model", "is_average"),
    [
        pytest.param({}, True, id="embedding"),
        pytest.param(stack(AVERAGE), True, id="average"),
        pytest.param(stack(AVERAGE, mask_zero=True, embeddings_regularizer="l2"), True, id="masked"),
        pytest.param({"model": {"type": "embedding", "pooling": "max"}}, False, id="max"),
        pytest.param(stack({"Dropout": {"rate": 0.1}}, AVERAGE), False, id="behind_dropout"),
        pytest.param(stack({AVERAGE: {"keepdims": True}}, "Flatten"), False, id="keepdims"),
        pytest.param(stack({AVERAGE: {"data_format": "channels_first"}}), False, id="over_units"),
        pytest.param(stack({AVERAGE: {"activity_regularizer": "l2"}}), False, id="penalty_on_average"),
        pytest.param(stack(AVERAGE, activity_regularizer="l2"), False, id="penalty_on_vectors"),
        pytest.param(stack(AVERAGE, lora_rank=2), False, id="low_rank"),
        pytest.param(stack(AVERAGE, dtype="mixed_float16"), False, id="mixed"),
    ],
)
def test_where_the_body_starts(model: dict[str, Any], is_average: bool) -> None:
    """Behind the average of an Embedding that does nothing but look up vectors; else with the word indices."""
    config = experiment(PADDED, model)
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=0)

    found = [(type(each), each.kernel.shape) for each in network.first]
    assert found == ([(FirstLayer, (500, network.body.inputs[0].shape[-1]))] if is_average else [])
    assert network.body.inputs[0].dtype == ("float32" if is_average else "int32")


@pytest.mark.training
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([stack(AVERAGE, embeddings_regularizer="l2")], id="no_mask"),
        pytest.param(
            [
                stack(AVERAGE, mask_zero=True, embeddings_constraint="max_norm", input_dim=600),
                {"optimizer": {"type": "sgd", "momentum": 0.9}},
            ],
            id="masked",
        ),
        pytest.param([stack({"LSTM": {"units": 2}}, mask_zero=True)], id="lstm"),
    ],
)
def test_history_equals_keras_fit(parts: list[dict[str, Any]]) -> None:
    """Of averages and of gathered rows, with penalties and constraints on the vectors."""
    assert_equals_keras(experiment(PADDED, {"optimizer": {"type": "adam"}}, *parts), epochs=2)
