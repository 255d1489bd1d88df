"""Heads: losses and gradients against numbers worked out in numpy and by automatic differentiation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.components.heads import Binary, Head, Multiclass, Output, Regression

LOGITS = np.array([-30.0, -4.0, -0.5, 0.0, 0.5, 4.0, 30.0], dtype="float32")


def output_of(head: Head, y: np.ndarray) -> Output:
    """A head on a trunk of three features."""
    return head.build(keras.Input((3,)), y)


@pytest.mark.parametrize("y", [0, 1])
def test_binary_crossentropy_equals_the_formula_at_any_logit(y: int) -> None:
    """J = -y log s(z) - (1 - y) log(1 - s(z)), in float64, also where s(z) would round to 0 or 1."""
    targets = np.full(len(LOGITS), y, dtype="int32")
    z = LOGITS.astype("float64")

    losses = output_of(Binary(units=1), targets).losses(targets, LOGITS[:, None])

    # log(1 + exp(-z)) for y = 1, log(1 + exp(z)) for y = 0.
    assert np.asarray(losses) == pytest.approx(np.logaddexp(0, -z if y else z), rel=1e-6)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "mse"])
def test_logit_gradient_equals_automatic_differentiation(loss: str) -> None:
    """The recorded mean |dJ/dz| is that of the loss that trains."""
    y = np.array([0, 1, 0, 1, 0, 1, 1], dtype="int32")
    head = Binary.model_validate({"units": 1, "loss": loss})
    logits = tf.constant(LOGITS[:, None])

    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = output_of(head, y).losses(y, logits)
    expected = np.abs(tape.gradient(losses, logits).numpy()).mean()

    assert head.measure("logit_gradient", y, tf.sigmoid(logits).numpy()) == pytest.approx(expected, rel=1e-5)


def test_squared_error_behind_a_sigmoid_loses_its_gradient_where_it_is_wrong() -> None:
    """The course's point: at z = -8 and y = 1 cross-entropy pulls with 1, squared error with 2 p (1 - p)^2."""
    y, p = np.array([1], dtype="int32"), np.array([[1 / (1 + np.exp(8))]])

    crossentropy = Binary(units=1).measure("logit_gradient", y, p)
    squared = Binary.model_validate({"units": 1, "loss": "mse"}).measure("logit_gradient", y, p)

    assert crossentropy == pytest.approx(0.99966465, rel=1e-6)
    assert squared == pytest.approx(0.00067001, rel=1e-3)


def test_categorical_crossentropy_equals_the_formula() -> None:
    """J = log sum exp(z) - z[y]."""
    y = np.array([0, 2], dtype="int32")
    z = np.array([[2.0, -1.0, 0.5], [90.0, 0.0, -90.0]], dtype="float32")

    losses = output_of(Multiclass(units=3), y).losses(y, z)

    expected = np.log(np.exp(z.astype("float64")).sum(axis=1)) - z[[0, 1], y]
    assert np.asarray(losses) == pytest.approx(expected, rel=1e-6)


def test_multiclass_squared_error_is_that_of_the_probabilities() -> None:
    """The mean over the classes of (softmax(z) - one hot)^2."""
    y = np.array([1], dtype="int32")
    head = Multiclass.model_validate({"units": 2, "loss": "mse"})

    losses = output_of(head, y).losses(y, np.array([[np.log(3.0), 0.0]], dtype="float32"))

    assert np.asarray(losses) == pytest.approx([0.75**2], rel=1e-6)


@pytest.mark.parametrize(("loss", "expected"), [("mse", 1.5**2), ("mae", 1.5)])
def test_regression_loss_is_in_units_of_the_standard_deviation(loss: str, expected: float) -> None:
    """With targets of mean 10 and standard deviation 2, a prediction of 13 for 10 is 1.5 off."""
    y = np.array([8.0, 12.0], dtype="float32")
    output = output_of(Regression.model_validate({"units": 1, "loss": loss}), y)
    # The natural scale is 2 z + 10, so 13 is z = 1.5.
    losses = output.losses(np.array([10.0], dtype="float32"), np.array([[1.5]], dtype="float32"))

    assert np.asarray(losses) == pytest.approx([expected])


def test_output_bias_is_where_the_model_starts() -> None:
    """`output_bias` sets the output units' bias before training."""
    features = keras.Input((3,))
    model = keras.Model(features, Binary(units=1, output_bias=-4.0).build(features, np.array([0, 1])).prediction)

    assert model(np.zeros((1, 3))).numpy()[0, 0] == pytest.approx(1 / (1 + np.exp(4)), rel=1e-6)
