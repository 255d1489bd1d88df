"""Plain sentences about hidden layers: planted pathologies are named, healthy runs are not."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from test_engine import experiment

from dlexp.runs.run_dir import RunDir
from dlexp.studies.diagnosis import diagnose
from dlexp.training.network import build
from dlexp.training.run import Diverged, fit, split

DIGITS: dict[str, Any] = {
    "dataset": {"type": "digits"},
    "head": {"type": "multiclass", "units": 10},
    "optimizer": {"type": "sgd"},
    "training": {"epochs": 6, "diagnostics": True},
}


def diagnosis(path: Path, model: dict[str, Any], **parts: dict[str, Any]) -> list[str]:
    """What is said of six epochs on real digits."""
    config = experiment(DIGITS, {"model": {"type": "mlp", "hidden": [32, 32], **model}}, parts)
    splits = split(config, config.dataset.load(None))
    network = build(config, config.dataset.info(), splits.train, seed=0)
    with contextlib.suppress(Diverged):
        fit(config, network, splits, 0, RunDir(path), stamp={})
    return diagnose(RunDir(path).diagnostics(), config.model_dump())


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        pytest.param({}, {}, id="relu"),
        pytest.param({"activation": {"type": "tanh"}}, {}, id="tanh"),
        pytest.param({"activation": {"type": "sigmoid"}}, {}, id="two sigmoid layers"),
        pytest.param({"hidden": [32] * 6}, {}, id="six relu layers"),
        pytest.param({"hidden": [32], "activation": [{"type": "maxout"}]}, {}, id="maxout"),
        pytest.param({"normalization": "batch"}, {"optimizer": {"type": "adam"}}, id="batch normalization"),
        pytest.param({"hidden": []}, {}, id="no hidden layer"),
    ],
)
def test_healthy_runs_are_silent(tmp_path: Path, model: dict[str, Any], parts: dict[str, Any]) -> None:
    """No false alarm where training goes well."""
    assert diagnosis(tmp_path, model, **parts) == []


def test_units_that_never_fire_are_named(tmp_path: Path) -> None:
    """A bias of -10 in front of ReLUs."""
    assert diagnosis(tmp_path, {"hidden_bias": -10.0}) == [
        f"layer {i}: 100 % of its ReLUs never fire since epoch 1; leaky_relu or a smaller learning rate usually helps"
        for i in (1, 2)
    ]


def test_vanishing_gradients_are_named(tmp_path: Path) -> None:
    """Six layers of sigmoids."""
    (sentence,) = diagnosis(tmp_path, {"hidden": [32] * 6, "activation": {"type": "sigmoid"}})

    assert sentence.startswith("layer 1: since epoch 1 its gradient vanishes, 1/")


def test_saturated_units_are_named(tmp_path: Path) -> None:
    """Sigmoids that start at a bias of 10."""
    sentences = diagnosis(tmp_path, {"activation": {"type": "sigmoid"}, "hidden_bias": 10.0})

    assert sentences[0].startswith("layer 1: 100 % of its sigmoid outputs are saturated since epoch 1; relu, ")


def test_a_learning_rate_a_hundred_times_too_large_is_named(tmp_path: Path) -> None:
    """The steps are larger than the weights; a smaller learning rate is what is advised."""
    sentences = diagnosis(tmp_path, {}, optimizer={"type": "sgd", "learning_rate": 1.0})

    assert sentences
    assert all("a smaller learning rate" in sentence for sentence in sentences)


def row(epoch: int, layer: int, **figures: float) -> dict[str, float]:
    """A row of a healthy layer, with some figures changed."""
    healthy = {"dead_share": 0.1, "saturated_share": 0.4, "gradient_norm": 0.5, "weight_norm": 5, "update_ratio": 0.01}
    return {"epoch": epoch, "layer": layer, **healthy, **figures}


RELU = {"model": {"activation": {"type": "relu"}}}


def test_since_is_the_epoch_from_which_it_stayed() -> None:
    """A layer that recovered in between counts from after that; one that has recovered is not named."""
    shares = [0.9, 0.2, 0.6, 0.87]

    stayed = diagnose([row(epoch, 2, dead_share=share) for epoch, share in enumerate(shares, start=1)], RELU)
    recovered = diagnose([row(epoch, 2, dead_share=share) for epoch, share in enumerate(shares[:2], start=1)], RELU)

    assert stayed == [
        "layer 2: 87 % of its ReLUs never fire since epoch 3; leaky_relu or a smaller learning rate usually helps"
    ]
    assert recovered == []


def test_a_large_first_step_is_usual() -> None:
    """Only later epochs may not move the weights by more than their size."""
    first = [row(1, 1, update_ratio=3), row(2, 1)]

    assert diagnose(first, RELU) == []
    assert diagnose([*first, row(3, 1, update_ratio=1.4)], RELU) == [
        "layer 1: in epoch 3 its weights moved by 140 % of their size; "
        "a smaller learning rate or optimizer.clipnorm usually helps"
    ]


def test_no_diagnostics_no_sentences() -> None:
    """A run without diagnostics.csv is silent."""
    assert diagnose([], RELU) == []
