"""Early stopping against Keras's callback."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import keras
import numpy as np
import pytest
from jobs import run_of
from plain_keras import keras_loss, keras_optimizer

from dlexp.config.experiment import EarlyStopping
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.training.early_stopping import Best
from dlexp.training.epochs import Epochs
from dlexp.training.loop import order_of
from dlexp.training.network import build
from dlexp.training.splits import split

pytestmark = pytest.mark.training

OVERFITTING = (
    "dataset: {type: digits, train_fraction: 0.05}\nmodel: {hidden: [32]}\n"
    "optimizer: {type: adam, learning_rate: 0.02}\n"
)


class Counted:
    """A model whose only weight is the number of the epoch."""

    stop_training = False

    def __init__(self) -> None:
        self.epoch = 0

    def get_weights(self) -> list[np.ndarray]:
        """The epoch."""
        return [np.array(self.epoch)]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Back to an epoch."""
        self.epoch = int(weights[0])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
def test_stops_and_restores_where_keras_does(monitor: str, seed: int) -> None:
    """On any history, ties included: the same last epoch, and the weights of the same one."""
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 16, size=30) / 8  # Exact in float32, in which Keras compares.
    settings = EarlyStopping(monitor=monitor, patience=1 + seed % 5, min_delta=[0.0, 0.25, 0.5][seed % 3])
    theirs, ours = Counted(), Counted()
    callback = keras.callbacks.EarlyStopping(
        monitor=monitor,
        mode="max" if monitor == "val_accuracy" else "min",
        patience=settings.patience,
        min_delta=settings.min_delta,
        restore_best_weights=True,
    )
    callback.set_model(theirs)
    callback.on_train_begin()
    best, epochs = Best(settings=settings, network=cast(Any, ours)), Epochs()

    for epoch, value in enumerate(values, start=1):
        theirs.epoch = ours.epoch = epoch
        callback.on_epoch_end(epoch - 1, {monitor: value})
        epochs.history.append({monitor: value})
        best.note(epochs)
        assert theirs.stop_training == (epochs.stopped_epoch is not None)
        if epochs.stopped_epoch:
            break
    callback.on_train_end()
    restored = best.restore()

    assert ours.epoch == theirs.epoch == restored == callback.best_epoch + 1
    assert epochs.stopped_epoch == (callback.stopped_epoch + 1 if callback.stopped_epoch else None)


def test_run_ends_with_the_weights_of_keras_fit(tmp_path: Path) -> None:
    """A real training: the epochs, the restored weights and the test scores are those of Keras's fit and callback."""
    text = f"{OVERFITTING}training: {{epochs: 60, early_stopping: {{patience: 3}}}}\n"
    config = load(_written(tmp_path, text)).experiment
    splits = split(config, config.dataset.load(None))
    network = build(config, config.dataset.info(), splits.train, seed=0)
    model = keras.Model(network.model.inputs, network.output.logits)
    model.compile(optimizer=keras_optimizer(config), loss=keras_loss(config))
    callback = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    epochs = _fit_in_order(model, callback, splits)

    run_dir = run_of(tmp_path, text)

    summary = run_dir.summary()
    assert summary is not None
    history = run_dir.history()
    ours = keras.models.load_model(run_dir.model_path)
    assert len(history) == summary.epochs == summary.stopped_epoch == epochs < 60
    assert summary.restored_epoch == callback.best_epoch + 1 == epochs - 3
    for weight, expected in zip(ours.get_weights(), network.model.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-4)
    probabilities = ours.predict(splits.test.x, verbose=0)
    assert (probabilities.argmax(axis=1) == splits.test.y).mean() == summary.metrics["test_accuracy"]
    restored = history[summary.restored_epoch - 1]
    assert summary.metrics["val_loss"] == restored["val_loss"] == summary.metrics["best_val_loss"]
    assert summary.metrics["loss"] == restored["loss"]


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "written.yaml"
    path.write_text(text)
    return path


def _fit_in_order(model: Any, callback: Any, splits: Any) -> int:
    """Train by Keras in our order of the examples until its callback stops it; returns the number of epochs."""
    callback.set_model(model)
    callback.on_train_begin()
    model.stop_training = False
    epoch = 0
    while not model.stop_training:
        epoch += 1
        order = order_of(0, epoch, len(splits.train))
        x, y = splits.train.x[order], splits.train.y[order]
        model.fit(x, y, batch_size=32, shuffle=False, verbose=0)
        loss = model.evaluate(splits.validation.x, splits.validation.y, verbose=0)
        model.stop_training = False  # Both leave their own mark.
        callback.on_epoch_end(epoch - 1, {"val_loss": loss})
    callback.on_train_end()
    return epoch


def test_learned_weights_of_the_losses_go_back_too(tmp_path: Path) -> None:
    """The loss that the test split gives is that of the restored epoch, though two of them train on."""
    run_dir = run_of(
        tmp_path,
        "dataset: {type: digits, target: [digit, parity], train_fraction: 0.05}\nmodel: {hidden: [16]}\n"
        "weighting: learned\nvalidation: test\noptimizer: {type: adam, learning_rate: 0.1}\n"
        "training: {epochs: 30, early_stopping: {patience: 2}}\n",
    )

    summary = run_dir.summary()
    assert summary is not None
    assert summary.restored_epoch == (summary.epochs or 0) - 2 < 28
    assert summary.metrics["test_loss"] == summary.metrics["val_loss"] == summary.metrics["best_val_loss"]


def test_without_restoring_the_last_epoch_counts(tmp_path: Path) -> None:
    """`restore_best: false` only stops: model and metrics are the last trained epoch's."""
    run_dir = run_of(
        tmp_path, f"{OVERFITTING}training: {{epochs: 60, early_stopping: {{patience: 2, restore_best: false}}}}\n"
    )

    summary, last = run_dir.summary(), run_dir.history()[-1]
    assert summary is not None
    assert (summary.stopped_epoch, summary.restored_epoch) == (last["epoch"], None)
    assert summary.metrics["val_loss"] == last["val_loss"] > summary.metrics["best_val_loss"]


def test_training_to_the_end_is_not_stopped_but_restored(tmp_path: Path) -> None:
    """With more patience than epochs the best weights are restored all the same, as Keras does."""
    run_dir = run_of(tmp_path, f"{OVERFITTING}training: {{epochs: 25, early_stopping: {{patience: 30}}}}\n")

    summary = run_dir.summary()
    assert summary is not None
    assert (summary.epochs, summary.stopped_epoch) == (25, None)
    assert summary.restored_epoch == summary.metrics["best_val_loss_epoch"] < 25


def test_off_unless_said(tmp_path: Path) -> None:
    """A config without the key trains all epochs and keeps the last."""
    summary = run_of(tmp_path, "dataset: iris\ntraining: {epochs: 2}\n").summary()

    assert summary is not None
    assert (summary.epochs, summary.stopped_epoch, summary.restored_epoch) == (2, None, None)


def test_higher_is_better_where_the_metric_says_so() -> None:
    """Accuracy improves upwards."""
    model = SimpleNamespace(get_weights=list)
    settings = EarlyStopping(monitor="val_accuracy", patience=2)
    best, epochs = Best(settings=settings, network=cast(Any, model)), Epochs()

    stops = []
    for value in (5, 7, 6, 7):
        epochs.history.append({"val_accuracy": value})
        best.note(epochs)
        stops.append(epochs.stopped_epoch)

    assert stops == [None, None, None, 4]
    assert best.epoch == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "training: {early_stopping: {monitor: val_acuracy}}",
            "monitor: unknown column 'val_acuracy'. Did you mean 'val_accuracy'? "
            "Choose from: loss, accuracy, val_loss, val_accuracy; set training.early_stopping.monitor=val_accuracy",
        ),
        (
            "validation: none\ntraining: {early_stopping: {}}",
            "monitor: 'val_loss' needs validation examples, and validation is none. Choose from: loss, accuracy; "
            "set training.early_stopping.monitor=loss",
        ),
        (
            "metrics: [accuracy]\ntraining: {early_stopping: {monitor: val_auc}}",
            "monitor: 'val_auc' is not among the metrics. Choose from: loss, accuracy, val_loss, val_accuracy; "
            "set head.metrics=[accuracy, auc]",
        ),
        (
            "validation: none\ntraining: {early_stopping: {monitor: val_auc}}",
            "monitor: 'val_auc' needs validation examples, and validation is none. Choose from: loss, accuracy; "
            "set head.metrics=[accuracy, auc]",
        ),
        (
            "training: {early_stopping: {monitor: test_accuracy}}",
            "monitor: 'test_accuracy' is measured once, after the training. "
            "Choose from: loss, accuracy, val_loss, val_accuracy; set training.early_stopping.monitor=val_accuracy",
        ),
        (
            "training: {early_stopping: {monitor: val_r2}}",
            "monitor: unknown column 'val_r2'. Choose from: loss, accuracy, val_loss, val_accuracy; "
            "set training.early_stopping.monitor=val_loss",
        ),
        ("training: {early_stopping: {patience: 0}}", "patience: expected at least 1, given 0"),
        ("training: {early_stopping: {min_delta: -1}}", "min_delta: expected at least 0, given -1"),
        (
            "training: {early_stopping: {restore_best_weights: true}}",
            "restore_best_weights: unknown key 'restore_best_weights'. Did you mean 'restore_best'? "
            "Choose from: monitor, patience, min_delta, restore_best",
        ),
    ],
)
def test_setting_that_cannot_work_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A column that the history will not have is named with those that it will."""
    with pytest.raises(ConfigError) as caught:
        load(_written(tmp_path, f"dataset: iris\n{text}\n"))

    assert [f"{problem.path}: {problem.message}" for problem in caught.value.problems] == [
        f"training.early_stopping.{message}"
    ]


def test_what_judges_nothing_cannot_be_watched(tmp_path: Path) -> None:
    """Neither way of a mean gradient is better."""
    text = "dataset: breast_cancer\nmetrics: [accuracy, logit_gradient]\n"

    with pytest.raises(ConfigError, match="neither way is better of 'val_logit_gradient'"):
        load(_written(tmp_path, f"{text}training: {{early_stopping: {{monitor: val_logit_gradient}}}}\n"))


def test_a_metric_of_one_of_several_targets_can_be_added(tmp_path: Path) -> None:
    """To the head of that target."""
    text = "dataset: {type: digits, target: [digit, parity]}\n"

    with pytest.raises(ConfigError) as caught:
        load(_written(tmp_path, f"{text}training: {{early_stopping: {{monitor: val_parity_auc}}}}\n"))
    assert caught.value.lines[0].endswith("; set head.heads.parity.metrics=[accuracy, auc]")
