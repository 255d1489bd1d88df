"""Optimizers against the installed Keras: names, defaults, settings, steps."""

import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlexp.components.optimizers import CLIPS, Optimizer
from dlexp.config.load import load
from dlexp.config.problems import ConfigError
from dlexp.registry import components

OPTIMIZERS = list(components("optimizers").values())
#: Keras's arguments that are no settings of ours: averaged weights, tricks of mixed precision and large batches.
NOT_OFFERED = {
    "self",
    "name",
    "kwargs",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
}


def keras_class(optimizer: type[Optimizer]) -> Any:
    """Keras's class of the same name."""
    return getattr(keras.optimizers, optimizer.__name__)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.__name__)
def test_fields_and_defaults_are_keras_own(optimizer: type[Optimizer]) -> None:
    """Every argument of Keras's class is a field of the same name with the same default, and no other."""
    arguments = inspect.signature(keras_class(optimizer).__init__).parameters
    theirs = {name: argument.default for name, argument in arguments.items() if name not in NOT_OFFERED}

    ours = {name: field.default for name, field in optimizer.model_fields.items() if name != "type"}

    assert ours == theirs


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.__name__)
def test_every_setting_reaches_keras(optimizer: type[Optimizer]) -> None:
    """Each field, set alone to something else, is what Keras's optimizer then says of itself."""
    for name, field in optimizer.model_fields.items():
        if name == "type":
            continue
        value = not field.default if isinstance(field.default, bool) else (field.default or 0.5) * 0.5

        config = optimizer.model_validate({"type": optimizer.model_fields["type"].default, name: value})
        built = config.build().get_config()

        assert isinstance(config.build(), keras_class(optimizer))
        assert built[name] == pytest.approx(value), name


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
def test_gradients_are_clipped_as_by_hand(clip: str, limit: float) -> None:
    """One SGD step with rate 1 is the clipped gradient: per entry, per weight, or all together."""
    gradients = [np.array([3.0, -4.0], np.float32), np.array([[0.5], [12.0]], np.float32)]
    weights = [keras.Variable(np.zeros_like(gradient)) for gradient in gradients]
    optimizer = components("optimizers")["sgd"].model_validate({"type": "sgd", "learning_rate": 1.0, clip: limit})
    norms = [np.linalg.norm(gradient) for gradient in gradients]
    if clip == "clipvalue":
        expected = [np.clip(gradient, -limit, limit) for gradient in gradients]
    else:
        each = norms if clip == "clipnorm" else [np.hypot(norms[0], norms[1])] * 2
        expected = [gradient * min(1, limit / norm) for gradient, norm in zip(gradients, each, strict=True)]

    optimizer.build().apply([tf.constant(gradient) for gradient in gradients], weights)

    for weight, gradient in zip(weights, expected, strict=True):
        np.testing.assert_allclose(-weight.numpy(), gradient, rtol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "adam"},
        {"type": "adam", "learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.01},
        {"type": "adam", "amsgrad": True},
        {"type": "adam", "weight_decay": 0.1, "clipnorm": 0.5},
        {"type": "adamw", "weight_decay": 0.1},
        {"type": "adamw", "amsgrad": True, "global_clipnorm": 0.5},
    ],
    ids=str,
)
def test_fused_steps_are_keras_own(settings: dict[str, Any]) -> None:
    """Ten steps of a matrix and of rows looked up twice give Keras's weights within float32 rounding."""
    optimizer = components("optimizers")[settings["type"]].model_validate(settings)
    ours, theirs = optimizer.build(), keras_class(type(optimizer))(**optimizer.model_dump(exclude={"type"}))
    start = [np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2), np.ones((4, 2), np.float32)]
    weights = {each: [keras.Variable(values) for values in start] for each in (ours, theirs)}
    generator = np.random.default_rng(0)
    for _ in range(10):
        matrix, rows = generator.normal(size=(2, 3, 2)).astype(np.float32)
        looked_up = tf.IndexedSlices(tf.constant(rows), tf.constant([2, 0, 2]), tf.constant([4, 2]))
        for each, variables in weights.items():
            each.apply([tf.constant(matrix), looked_up], variables)

    assert type(ours) is not type(theirs)
    for weight, expected in zip(weights[ours], weights[theirs], strict=True):
        np.testing.assert_allclose(weight.numpy(), expected.numpy(), rtol=2e-6, atol=2e-7)


def test_weight_decay_is_decoupled_from_the_gradient() -> None:
    """Without a gradient a step takes weight_decay * learning_rate of each weight off, whatever the optimizer."""
    for optimizer in OPTIMIZERS:
        if optimizer.__name__ == "Ftrl":  # It computes weights anew from its own sums.
            continue
        weight = keras.Variable(np.array([1.0, -2.0], np.float32))
        settings = {"type": optimizer.model_fields["type"].default, "learning_rate": 0.5, "weight_decay": 0.1}

        optimizer.model_validate(settings).build().apply([tf.zeros(2)], [weight])

        np.testing.assert_allclose(weight.numpy(), [0.95, -1.9], rtol=1e-6, err_msg=optimizer.__name__)


def refused(tmp_path: Path, optimizer: str) -> list[str]:
    """What is wrong with an optimizer, without the place."""
    path = tmp_path / "c.yaml"
    path.write_text(f"dataset: iris\noptimizer: {optimizer}\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("{type: sgd, learning_rate: 0}", "learning_rate: expected more than 0, given 0"),
        ("{type: sgd, momentum: 1.0}", "momentum: expected less than 1, given 1.0"),
        ("{type: sgd, momentum: -0.1}", "momentum: expected at least 0, given -0.1"),
        ("{type: sgd, nesterov: 1}", "nesterov: expected true or false, given 1"),
        ("{type: rmsprop, rho: 1}", "rho: expected less than 1, given 1"),
        ("{type: rmsprop, epsilon: 0}", "epsilon: expected more than 0, given 0"),
        ("{type: rmsprop, momentum: 1}", "momentum: expected less than 1, given 1"),
        ("{type: rmsprop, centered: 1}", "centered: expected true or false, given 1"),
        (
            "{type: adagrad, initial_accumulator_value: -1}",
            "initial_accumulator_value: expected at least 0, given -1",
        ),
        ("{type: adadelta, rho: -0.5}", "rho: expected at least 0, given -0.5"),
        ("{type: adam, beta_1: 1}", "beta_1: expected less than 1, given 1"),
        ("{type: adam, beta_2: -1}", "beta_2: expected at least 0, given -1"),
        ("{type: adam, amsgrad: 1}", "amsgrad: expected true or false, given 1"),
        ("{type: adam, weight_decay: -1}", "weight_decay: expected at least 0, given -1"),
        ("{type: adamw, weight_decay: none}", "weight_decay: expected a number, given 'none'; write null"),
        ("{type: adamax, beta_2: 2}", "beta_2: expected less than 1, given 2"),
        ("{type: nadam, epsilon: -1}", "epsilon: expected more than 0, given -1"),
        ("{type: lion, beta_1: 0}", "beta_1: expected more than 0, given 0"),
        ("{type: ftrl, learning_rate_power: 0.5}", "learning_rate_power: expected at most 0, given 0.5"),
        (
            "{type: ftrl, l1_regularization_strength: -1}",
            "l1_regularization_strength: expected at least 0, given -1",
        ),
        (
            "{type: ftrl, l2_regularization_strength: -1}",
            "l2_regularization_strength: expected at least 0, given -1",
        ),
        (
            "{type: ftrl, l2_shrinkage_regularization_strength: -1}",
            "l2_shrinkage_regularization_strength: expected at least 0, given -1",
        ),
        ("{type: ftrl, beta: -1}", "beta: expected at least 0, given -1"),
        ("{type: adam, clipnorm: 0}", "clipnorm: expected more than 0, given 0"),
        ("{type: adam, clipvalue: -1}", "clipvalue: expected more than 0, given -1"),
        ("{type: adam, global_clipnorm: 0}", "global_clipnorm: expected more than 0, given 0"),
        (
            "{type: adam, clipnorm: 1, global_clipnorm: 1}",
            "global_clipnorm: only one of clipnorm, clipvalue, global_clipnorm can be set, and clipnorm is",
        ),
    ],
)
def test_value_out_of_range_is_refused(tmp_path: Path, optimizer: str, message: str) -> None:
    """The message names the field, what was expected and what was given."""
    assert refused(tmp_path, optimizer) == [f"optimizer.{message}"]
