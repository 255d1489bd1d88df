"""Functions of a user's own that are models: with losses, counters and random numbers of their own."""

from typing import Any

import keras
from keras import layers, ops


class BatchSpread(layers.Layer):  # type: ignore[misc]
    """Adds a loss that depends on the whole batch, an integer one, and one number per example."""

    def call(self, x: Any) -> Any:
        """The inputs as they are."""
        self.add_loss(0.1 * ops.sum(ops.var(x, axis=0)))
        self.add_loss(ops.cast(1, "int32"))
        self.add_loss(0.001 * ops.mean(x, axis=-1))
        return x


class Counting(layers.Layer):  # type: ignore[misc]
    """Counts its calls, in training and in evaluation, and moves its outputs with them."""

    def build(self, shape: Any) -> None:
        """The counter."""
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x: Any) -> Any:
        """The inputs, a little larger with each call."""
        self.calls.assign_add(1.0)
        return x * (1.0 + 0.001 * self.calls)


class MovingAverage(layers.Layer):  # type: ignore[misc]
    """Subtracts a moving average that training alone updates."""

    def build(self, shape: Any) -> None:
        """The average."""
        self.average = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False, name="average")

    def call(self, x: Any, training: bool = False) -> Any:
        """The inputs without it."""
        if training:
            self.average.assign(0.9 * self.average + 0.1 * ops.mean(x, axis=0))
        return x - self.average


class AlwaysRandom(layers.Layer):  # type: ignore[misc]
    """Drops units in evaluation, too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.random = keras.random.SeedGenerator(3)

    def call(self, x: Any) -> Any:
        """Half of the inputs."""
        return keras.random.dropout(x, 0.5, seed=self.random)


def activity(x: Any) -> Any:
    """A regularizer of a layer's outputs."""
    return layers.Dense(8, activation="relu", activity_regularizer=keras.regularizers.L2(0.1))(x)


def spread(x: Any) -> Any:
    """`add_loss` in a layer of one's own, beside Keras's own."""
    x = layers.Dense(8, activation="relu", kernel_regularizer="l2")(x)
    return layers.ActivityRegularization(l1=0.01)(BatchSpread()(x))


def nested(x: Any) -> Any:
    """A penalty in a model within the model, which is used twice."""
    inner = keras.Sequential([layers.Dense(8, activation="tanh", activity_regularizer="l1")])
    return layers.Concatenate()([inner(x), inner(-x)])


def counting(x: Any) -> Any:
    """A counter, between layers that diagnostics look at."""
    x = Counting()(layers.Dense(8, name="hidden_1")(x))
    return layers.Activation("relu", name="hidden_1_activation")(x)


def averaging(x: Any) -> Any:
    """A moving average."""
    return MovingAverage()(layers.Dense(8, activation="relu")(x))


def always_random(x: Any) -> Any:
    """Dropout in evaluation too."""
    x = AlwaysRandom()(layers.Dense(8, name="hidden_1")(x))
    return layers.Activation("relu", name="hidden_1_activation")(x)


def lost_above(x: Any, above: float, is_hidden: bool = False) -> Any:
    """NaN for each example whose first number is larger; or 0 / 0, hidden in the gradient."""
    is_above = x[:, :1] > above
    if is_hidden:
        h = layers.Dense(4, activation="tanh", name="divided")(x)
        return ops.where(is_above, 0.0, h / ops.where(is_above, 0.0, 1.0))
    return layers.Dense(4, activation="tanh")(x) + ops.where(is_above, float("nan"), 0.0)


def looked_up(x: Any) -> Any:
    """An Embedding of whatever the inputs are, and a layer of one's own."""
    return MovingAverage()(layers.Flatten()(layers.Embedding(200, 2)(x)))
