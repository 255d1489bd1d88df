"""Who trains in the zoo, except PyTorch: dlexp, Keras's own `fit`, and scikit-learn."""

from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from benchmarks.zoo.cases import Case
from dlexp.training.loop import Trainer
from dlexp.training.network import Network, build
from dlexp.training.scores import scored


class Competitor(Protocol):
    """Trains one more epoch in a given order."""

    loss: float
    """Of the last epoch, as a mean over its examples, each before its step."""

    def prepare(self, order: np.ndarray) -> None:
        """Bring the examples in the order of the next epoch, `(n,)`."""

    def train_epoch(self) -> None:
        """Train on all of them once."""


def network_of(case: Case) -> Network:
    """Its layers with the initial weights of seed 0."""
    return build(case.experiment, case.experiment.dataset.info(), case.train, seed=0)


class Dlexp:
    """An epoch as `dlexp run` has it, the scores of the training examples included."""

    def __init__(self, case: Case) -> None:
        self.loss = 0.0
        self._case, self._network = case, network_of(case)
        optimizer, batch_size = case.experiment.optimizer.build(), case.experiment.training.batch_size
        self._trainer = Trainer(self._network, optimizer, case.train, batch_size)

    def prepare(self, order: np.ndarray) -> None:
        """Nothing is copied: batches are gathered by position."""
        self._order = order

    def train_epoch(self) -> None:
        """All steps, then loss and accuracy."""
        scores = self._trainer.train_epoch(self._order)
        self.loss = scored("train", scores, self._case.train, self._network)["loss"]


class KerasFit:
    """Keras's `fit` as a script would call it, from the logits on: none of our kernels is in it."""

    def __init__(self, case: Case) -> None:
        self.loss = 0.0
        self._case, experiment, network = case, case.experiment, network_of(case)
        self._model = keras.Model(network.model.inputs, network.output.logits)
        settings = experiment.optimizer.model_dump(exclude={"type"})
        optimizer = getattr(keras.optimizers, type(experiment.optimizer).__name__)(**settings)
        loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        accuracy: Any = keras.metrics.SparseCategoricalAccuracy()
        if experiment.head.type == "binary":
            loss = keras.losses.BinaryCrossentropy(from_logits=True)
            accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)
        self._model.compile(optimizer=optimizer, loss=loss, metrics=[accuracy])

    def prepare(self, order: np.ndarray) -> None:
        """A dense copy of all examples, the one before let go."""
        self._x = None
        x = self._case.train.x[order]
        self._x, self._y = x if isinstance(x, np.ndarray) else x.toarray(), self._case.train.y[order]

    def train_epoch(self) -> None:
        """One call of `fit`, with its graphs rewritten as they are by default."""
        batch_size, options = self._case.experiment.training.batch_size, tf.config.optimizer.get_experimental_options()
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
        fitted = self._model.fit(self._x, self._y, batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
        tf.config.optimizer.set_experimental_options(options)
        self.loss = fitted.history["loss"][0]


class ScikitLearn:
    """MLPClassifier on the sparse rows, with initial weights of its own."""

    def __init__(self, case: Case) -> None:
        from sklearn.neural_network import MLPClassifier

        self.loss = 0.0
        self._case, hidden = case, tuple(case.experiment.model.hidden)
        batch_size = case.experiment.training.batch_size
        self._model = MLPClassifier(hidden, batch_size=batch_size, random_state=0, alpha=0.0)
        self._classes = np.unique(case.train.y)

    def prepare(self, order: np.ndarray) -> None:
        """It draws an order of its own."""

    def train_epoch(self) -> None:
        """One call of `partial_fit`."""
        self._model.partial_fit(self._case.train.x, self._case.train.y, classes=self._classes)
        self.loss = float(self._model.loss_)
