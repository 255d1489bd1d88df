"""The training loop against plain Keras on dense vectors, and against itself."""

from typing import Any

import keras
import numpy as np
import pytest
from conftest import keras_optimizer

from dlexp.components.data import Split
from dlexp.components.metrics import METRICS
from dlexp.config.experiment import Experiment
from dlexp.training.loop import Engine, Evaluator, order_of
from dlexp.training.network import build
from dlexp.training.threads import set_threads

set_threads(1)

DIGITS = {"dataset": {"type": "digits"}, "head": {"type": "multiclass", "units": 10}}
IRIS = {"dataset": {"type": "iris"}, "head": {"type": "multiclass", "units": 3}}
DIABETES = {"dataset": {"type": "diabetes"}, "head": {"type": "regression", "units": 1}}
CANCER = {"dataset": {"type": "breast_cancer"}, "head": {"type": "binary", "units": 1}}
IMDB = {"dataset": {"type": "imdb", "num_words": 500}, "head": {"type": "binary", "units": 1}}
REUTERS = {"dataset": {"type": "reuters", "num_words": 500}, "head": {"type": "multiclass", "units": 46}}
PADDED = {
    "dataset": {"type": "imdb", "num_words": 500, "encoding": "padded", "maxlen": 40},
    "model": {"type": "embedding"},
    "head": {"type": "binary", "units": 1},
}
L2 = {"model": {"type": "mlp", "kernel_regularizer": {"type": "l2", "l2": 0.01}}}
EPOCHS = 20


def experiment(*parts: dict[str, Any]) -> Experiment:
    """An experiment from parts of a config."""
    merged: dict[str, Any] = {"name": "test"}
    for part in parts:
        merged |= part
    return Experiment.model_validate(merged)


def dense(split: Split) -> np.ndarray:
    """The inputs as a script would hold them."""
    return split.x if isinstance(split.x, np.ndarray) else split.x.toarray()


def keras_loss(config: Experiment) -> Any:
    """The loss that a script would name, from the probabilities' logits."""
    if config.head.type == "regression":
        return keras.losses.MeanSquaredError()
    if config.head.type == "binary":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def trained(config: Experiment, seed: int, epochs: int) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    """The history and the final weights of our engine on the stand-in."""
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed)
    engine = Engine(network, config.optimizer.build(), data.train, config.training.batch_size)
    evaluator = Evaluator(network, data.test)
    history = []
    for epoch in range(1, epochs + 1):
        scores = engine.train_epoch(order_of(seed, epoch, len(data.train)))
        history.append({"loss": scores.loss, "val_loss": evaluator.evaluate().loss})
        if "accuracy" in config.head.metrics:
            history[-1]["accuracy"] = METRICS["accuracy"].compute(data.train.y, scores.predictions)
    return history, network.model.get_weights()


def trained_by_keras(config: Experiment, seed: int, epochs: int) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    """The same with Keras's own `fit`, on dense vectors in the same order, from the same initial weights."""
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed)
    is_regression = config.head.type == "regression"
    # Up to the logits: that is what the losses start from.
    model = keras.Model(network.model.inputs, network.output.logits)
    model.compile(
        optimizer=keras_optimizer(config),
        loss=keras_loss(config),
        metrics=[] if is_regression else [accuracy_of_logits(config)],
    )
    scale = (data.train.y.mean(), data.train.y.std()) if is_regression else (0, 1)
    x, y = dense(data.train), (data.train.y - scale[0]) / scale[1]
    test_y = (data.test.y - scale[0]) / scale[1]
    history = []
    for epoch in range(1, epochs + 1):
        order = order_of(seed, epoch, len(data.train))
        fitted = model.fit(
            x[order],
            y[order],
            batch_size=config.training.batch_size,
            shuffle=False,
            verbose=0,
            validation_data=(dense(data.test), test_y),
        )
        history.append({name: values[0] for name, values in fitted.history.items() if name != "val_accuracy"})
    return history, model.get_weights()


def assert_equals_keras(config: Experiment, epochs: int) -> None:
    """Each row of the history, and the weights at the end, are those of Keras's `fit`."""
    ours, our_weights = trained(config, seed=1, epochs=epochs)
    theirs, their_weights = trained_by_keras(config, seed=1, epochs=epochs)

    for epoch, (row, expected) in enumerate(zip(ours, theirs, strict=True), start=1):
        assert row == pytest.approx(expected, rel=1e-4), f"epoch {epoch}"
    for weight, expected_weight in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(weight, expected_weight, rtol=1e-3, atol=1e-4)


def accuracy_of_logits(config: Experiment) -> Any:
    """Keras's accuracy on logits."""
    if config.head.type == "binary":
        return keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([DIGITS, {"optimizer": {"type": "adam"}}], id="digits-adam"),
        pytest.param([DIGITS, {"optimizer": {"type": "sgd", "momentum": 0.9}}], id="digits-momentum"),
        pytest.param([DIABETES, {"optimizer": {"type": "rmsprop"}}], id="diabetes-rmsprop"),
        pytest.param([CANCER, {"optimizer": {"type": "sgd"}}, L2], id="breast_cancer-sgd-l2"),
        pytest.param([IMDB, {"optimizer": {"type": "adam"}}], id="imdb-adam"),
        pytest.param([IMDB, {"optimizer": {"type": "sgd"}}, L2], id="imdb-sgd-l2"),
        pytest.param([REUTERS, {"optimizer": {"type": "adamw"}}], id="reuters-adamw"),
        pytest.param([REUTERS, {"model": {"type": "mlp", "hidden": []}}], id="reuters-no-hidden-layer"),
        pytest.param([PADDED], id="imdb-embedding"),
    ],
)
def test_history_equals_keras_fit_on_dense_vectors(parts: list[dict[str, Any]]) -> None:
    """Given the same initial weights and batch order, 20 epochs give Keras's numbers within float32 rounding."""
    config = experiment(*parts)

    assert_equals_keras(config, EPOCHS)


@pytest.mark.parametrize("parts", [[DIGITS], [IMDB], [PADDED]], ids=["digits", "imdb", "imdb-embedding"])
def test_same_seed_gives_the_same_bytes_in_a_warm_process(parts: list[dict[str, Any]]) -> None:
    """What ran before in the process changes nothing: history and weights are equal to the bit, dropout included."""
    config = experiment(*parts)
    config = config.model_copy(update={"model": config.model.model_copy(update={"dropout": 0.3})})

    first, first_weights = trained(config, seed=3, epochs=3)
    trained(experiment(IRIS), seed=0, epochs=1)
    second, second_weights = trained(config, seed=3, epochs=3)
    other, _ = trained(config, seed=4, epochs=3)

    assert first == second
    assert all((a == b).all() for a, b in zip(first_weights, second_weights, strict=True))
    assert first != other


def test_order_depends_on_seed_and_epoch_alone() -> None:
    """Each (seed, epoch) has one order, a permutation; another seed or epoch has another."""
    orders = {(seed, epoch): tuple(order_of(seed, epoch, 50)) for seed in (0, 1) for epoch in (1, 2)}

    assert all(sorted(order) == list(range(50)) for order in orders.values())
    assert len(set(orders.values())) == 4
    assert orders[0, 1] == tuple(order_of(0, 1, 50))


def test_loss_is_a_mean_over_examples_not_over_batches() -> None:
    """A short last batch counts by its examples: with a learning rate near 0 the epoch's loss is the split's loss."""
    config = experiment(IRIS, {"optimizer": {"type": "sgd", "learning_rate": 1e-12}, "training": {"batch_size": 33}})
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=0)
    engine = Engine(network, config.optimizer.build(), data.train, config.training.batch_size)

    in_batches = engine.train_epoch(order_of(0, 1, len(data.train))).loss
    at_once = Evaluator(network, data.train).evaluate().loss

    assert len(data.train) % 33
    assert in_batches == pytest.approx(at_once, rel=1e-6)


@pytest.mark.parametrize("num_words", [10_000, 500, 20])
def test_multi_hot_text_takes_the_sparse_product(num_words: int) -> None:
    """Sparse rows are never made dense, whatever their density: the first layer's product is scipy's."""
    config = experiment(IMDB, {"dataset": {"type": "imdb", "num_words": num_words}})
    data = config.dataset.stand_in()

    network = build(config, config.dataset.info(), data.train, seed=0)

    assert network.first == [network.model.get_layer("hidden_1")]
    assert network.body.input_shape == (None, 16)
