"""The training loop beside Keras's own `fit`, as a script would call it."""

from typing import Any

import keras
import numpy as np
import pytest

from dlexp.components.data import Split
from dlexp.components.metrics import METRICS
from dlexp.config.experiment import Experiment
from dlexp.training.loop import Evaluator, Trainer, order_of
from dlexp.training.network import build


def keras_optimizer(config: Experiment) -> Any:
    """The optimizer that a script would name: none of our kernels in it."""
    settings = config.optimizer.model_dump(exclude={"type"})
    return getattr(keras.optimizers, type(config.optimizer).__name__)(**settings)


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


def accuracy_of_logits(config: Experiment) -> Any:
    """Keras's accuracy on logits."""
    if config.head.type == "binary":
        return keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


def trained(config: Experiment, seed: int, epochs: int) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    """The history and the final weights of our trainer on the stand-in."""
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed)
    trainer = Trainer(network, config.optimizer.build(), data.train, config.training.batch_size)
    evaluator = Evaluator(network, data.test)
    history = []
    for epoch in range(1, epochs + 1):
        scores = trainer.train_epoch(order_of(seed, epoch, len(data.train)))
        history.append({"loss": scores.loss, "val_loss": evaluator.evaluate().loss})
        if "accuracy" in config.head.model_dump()["metrics"]:
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
