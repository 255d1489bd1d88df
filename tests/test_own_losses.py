"""Losses that layers add themselves, and what layers change when they are called, against Keras's own `fit`."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from experiments import DIABETES, DIGITS, IMDB, IRIS, experiment
from plain_keras import assert_equals_keras

from dlexp.config.load import load
from dlexp.training.diagnostics import Probe
from dlexp.training.loop import Evaluator
from dlexp.training.network import build
from dlexp.training.threads import set_threads

set_threads(1)


def own(function: str) -> dict[str, Any]:
    """A model of `own_models`."""
    return {"model": {"type": "python", "function": f"own_models:{function}"}, "training": {"batch_size": 25}}


def stack(*layers: Any) -> dict[str, Any]:
    """A model of Keras's layers."""
    return {"model": {"type": "layers", "layers": list(layers)}, "training": {"batch_size": 25}}


@pytest.mark.training
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([IRIS, own("activity")], id="activity"),
        pytest.param([DIABETES, own("activity")], id="activity-numbers"),
        pytest.param([IRIS, own("spread")], id="add_loss"),
        pytest.param([IRIS, own("nested")], id="nested"),
        pytest.param([IRIS, own("counting")], id="counting"),
        pytest.param([IRIS, own("averaging")], id="averaging"),
        pytest.param([IRIS, own("always_random")], id="always-random"),
        pytest.param([DIGITS, stack({"Dense": {"units": 8, "activity_regularizer": "l2"}})], id="dense"),
        pytest.param([DIGITS, stack({"Dense": {"units": 8}}, {"ActivityRegularization": {"l1": 0.1}})], id="layer"),
        pytest.param(
            [
                DIGITS,
                stack(
                    {"Reshape": {"target_shape": [8, 8]}},
                    {"TimeDistributed": {"layer": {"Dense": {"units": 3, "activity_regularizer": "l2"}}}},
                    {"Bidirectional": {"layer": {"GRU": {"units": 3, "activity_regularizer": "l1"}}}},
                ),
            ],
            id="wrappers",
        ),
        pytest.param(
            [IMDB, stack({"Dense": {"units": 8, "activation": "relu", "activity_regularizer": "l2"}})], id="sparse"
        ),
        pytest.param([IMDB, stack({"Dense": {"units": 8, "activity_regularizer": "l2"}})], id="sparse-linear"),
    ],
)
def test_history_equals_keras_fit(parts: list[dict[str, Any]]) -> None:
    """Penalties of activities count in training and validation, batch by batch; layers may change their own state."""
    assert_equals_keras(experiment(*parts), epochs=5)


def test_what_a_gate_lets_through_is_its_activity() -> None:
    """As in Keras, the penalty is on what the layer gives: half as many features as it has sums."""
    config = experiment(DIGITS, stack({"Dense": {"units": 8, "activation": "glu", "activity_regularizer": "l2"}}))
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=1)
    gated = keras.Model(network.model.inputs, network.model.get_layer("dense_1_gated").output)

    scores = Evaluator(network, data.test).evaluate()

    sums = keras.Model(network.model.inputs, network.model.get_layer("dense_1").output).predict(data.test.x, verbose=0)
    activity = sums[:, :4] / (1 + np.exp(-sums[:, 4:]))
    right = scores.predictions[np.arange(len(data.test)), data.test.y]
    assert gated.output_shape == (None, 4)
    assert scores.loss == pytest.approx(-np.log(right).mean() + 0.01 * np.square(activity).sum(axis=1).mean(), rel=1e-5)


def test_each_trunk_counts_its_activities(tmp_path: Path) -> None:
    """Of several targets without a common trunk: the loss is theirs, and the penalty of each trunk's layer."""
    layer = "{Dense: {units: 4, activity_regularizer: l2}}"
    text = "dataset: {type: digits, target: [digit, parity]}\nsharing: none\nmodel: {layers: [" + layer + "]}\n"
    (tmp_path / "own.yaml").write_text(text)
    config = load(tmp_path / "own.yaml").experiment
    data = config.dataset.load(None)
    network = build(config, data.info or config.dataset.info(), data.train, seed=1)

    scores = Evaluator(network, data.test).evaluate()

    dense = [layer for layer in network.model.layers if layer.activity_regularizer]
    activities = keras.Model(network.model.inputs, [layer.output for layer in dense]).predict(data.test.x, verbose=0)
    penalty = 0.01 * sum(np.square(each).sum(axis=1).mean() for each in activities)
    assert len(dense) == 2
    assert scores.loss == pytest.approx(scores.task_losses.sum() + penalty, rel=1e-5)


@pytest.mark.parametrize("function", ["counting", "always_random"])
def test_diagnostics_leave_what_layers_count(function: str) -> None:
    """They only observe: a counter and a random generator are afterwards as they were."""
    config = experiment(IRIS, own(function))
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=1)
    before = [variable.numpy() for variable in network.model.variables]
    assert Evaluator(network, data.test).evaluate().loss > 0
    after = [variable.numpy() for variable in network.model.variables]
    assert not all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))

    Probe(network, data.test.take(np.arange(10))).measure()

    for variable, value in zip(network.model.variables, after, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
