"""Heads: losses and gradients against numbers worked out in numpy and by automatic differentiation."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import log_loss

from dlexp.components.component import Context
from dlexp.components.data import Info, Task
from dlexp.components.heads import Binary, Multiclass, Multilabel, Regression
from dlexp.components.heads.head import Head, Predicted, default_head
from dlexp.registry import components

LOGITS = np.array([-30.0, -4.0, -0.5, 0.0, 0.5, 4.0, 30.0], dtype="float32")


def calibration(head: Head, test: Predicted, train: Predicted) -> dict[str, float]:
    """How well a head's probabilities fit these test targets."""
    return head.distribution(test.prediction, lambda: train).calibration(test)


def output_of(head: Any, y: np.ndarray) -> Any:
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


def trained_once(losses: Any, n_units: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A linear layer's weights after one step of plain gradient descent on the mean of `losses`."""
    kernel = tf.Variable(tf.ones((x.shape[1], n_units)) / 3)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses(tf.constant(y), tf.constant(x) @ kernel))
    return np.asarray(kernel - tape.gradient(loss, kernel))


def trained_once_by_keras(loss: Any, n_units: int, x: np.ndarray, y: np.ndarray, **fit: Any) -> np.ndarray:
    """The same by Keras's `fit`."""
    layer = keras.layers.Dense(n_units, use_bias=False, kernel_initializer=keras.initializers.Constant(1 / 3))
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(1.0), loss)
    model.fit(x, y, batch_size=len(x), verbose=0, **fit)
    return np.asarray(layer.kernel)


X = np.random.default_rng(0).standard_normal((12, 4)).astype("float32")
CLASSES = np.array([0, 1, 1, 2, 1, 1, 0, 2, 1, 1, 1, 1], dtype="int32")


@pytest.mark.parametrize("weights", [[1.0, 1.0], [0.5, 3.0], [0.0, 2.0]])
def test_binary_class_weight_is_keras_fits(weights: list[float]) -> None:
    """The mean over examples of weight times loss, not divided by the sum of the weights."""
    y = (CLASSES == 1).astype("int32")
    head = Binary(units=1, class_weight=weights)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)

    ours = trained_once(output_of(head, y).losses, 1, X, y)
    theirs = trained_once_by_keras(loss, 1, X, y[:, None], class_weight=dict(enumerate(weights)))

    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse"])
def test_multiclass_class_weight_is_keras_fits(loss: str) -> None:
    """For both losses."""
    head = Multiclass.model_validate({"units": 3, "loss": loss, "class_weight": [2.0, 0.5, 1.0]})
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    by_keras = sparse if loss != "mse" else lambda y, z: tf.reduce_mean((y - tf.nn.softmax(z)) ** 2, axis=-1)
    y = CLASSES if loss != "mse" else np.eye(3, dtype="float32")[CLASSES]

    ours = trained_once(output_of(head, CLASSES).losses, 3, X, CLASSES)
    theirs = trained_once_by_keras(by_keras, 3, X, y, class_weight={0: 2.0, 1: 0.5, 2: 1.0})

    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def test_balanced_classes_have_the_same_sum_of_weights() -> None:
    """n / (classes * count): 12 / (3 * 2) = 2, 12 / (3 * 8) = 0.5; the mean weight of an example is 1."""
    z = np.zeros((12, 3), dtype="float32")

    losses = output_of(Multiclass(units=3, class_weight="balanced"), CLASSES).losses(CLASSES, z)

    assert np.asarray(losses) == pytest.approx(np.log(3) * np.array([2, 0.5, 2])[CLASSES], rel=1e-6)
    assert np.mean(losses) == pytest.approx(np.log(3), rel=1e-6)


def test_binary_label_smoothing_is_keras() -> None:
    """0 and 1 become 0.1 and 0.9 at 0.2."""
    y = (CLASSES == 1).astype("int32")
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)

    ours = trained_once(output_of(Binary(units=1, label_smoothing=0.2), y).losses, 1, X, y)

    assert ours == pytest.approx(trained_once_by_keras(loss, 1, X, y[:, None]), rel=1e-5, abs=1e-6)


def test_multiclass_label_smoothing_is_keras() -> None:
    """The right class gets 1 - 0.3 + 0.3 / 3."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)
    one_hot = np.eye(3, dtype="float32")[CLASSES]

    ours = trained_once(output_of(Multiclass(units=3, label_smoothing=0.3), CLASSES).losses, 3, X, CLASSES)

    assert ours == pytest.approx(trained_once_by_keras(loss, 3, X, one_hot), rel=1e-5, abs=1e-6)


def test_multilabel_label_smoothing_is_keras() -> None:
    """Each label by itself."""
    y = np.random.default_rng(1).integers(0, 2, (12, 3)).astype("int32")
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2)

    ours = trained_once(output_of(Multilabel(units=3, label_smoothing=0.2), y).losses, 3, X, y)

    assert ours == pytest.approx(trained_once_by_keras(loss, 3, X, y.astype("float32")), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (
            Multiclass(units=3, class_weight=[1.0, 2.0]),
            ("class_weight", "expected one weight per class, 3, given 2"),
        ),
        (
            Multiclass.model_validate({"units": 3, "loss": "mse", "label_smoothing": 0.1}),
            ("label_smoothing", "labels are smoothed for cross-entropy alone; leave it out with loss: mse"),
        ),
        (
            Multilabel(units=3),
            (
                "type",
                "a multilabel head needs examples with any number of classes; "
                "this data set is multiclass with 3 classes",
            ),
        ),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_settings_that_cannot_work_are_named(head: Head, problem: tuple[str, str]) -> None:
    """Before any data is read."""
    info = Info(task="multiclass", n_train=10, n_test=10, inputs="numeric", shape=(4,), n_classes=3)

    assert list(head.problems(Context(info=info))) == [problem]


@pytest.mark.parametrize(
    ("task", "head"),
    [
        ("binary", "binary"),
        ("multiclass", "multiclass"),
        ("multilabel", "multilabel"),
        ("ordinal", "ordinal"),
        ("regression", "regression"),
        ("proportion", "proportion"),
        ("count", "poisson"),
    ],
)
def test_each_task_has_a_head(task: Task, head: str) -> None:
    """The one that a config gets without saying so, and it accepts that task."""
    found: Any = components("heads")[head]

    assert default_head(task) == head
    assert issubclass(found, Head)
    assert task in found.learns.tasks


def test_likelihood_of_classes_ignores_weights_and_smoothing() -> None:
    """`nll` is log loss as scikit-learn has it, so that heads can be compared; exact also where p is rounded to 1."""
    z = np.array([[2.0, 0.5, -1.0], [0.0, 0.0, 3.0]], dtype="float32")
    y = np.array([0, 1], dtype="int32")
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    test = Predicted(y, z, p)
    sure = Predicted(np.array([0]), np.array([[40.0]], "float32"), np.array([[1.0]], "float32"))

    head = Multiclass(units=3, class_weight=[5.0, 1.0, 1.0], label_smoothing=0.2)

    assert calibration(head, test, test)["nll"] == pytest.approx(log_loss(y, p, labels=range(3)), rel=1e-6)
    assert calibration(Binary(units=1), sure, sure) == pytest.approx({"nll": 40.0, "calibration_error": 1.0})
