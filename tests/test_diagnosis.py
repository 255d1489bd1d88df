"""Plain sentences about hidden layers: planted pathologies are named, healthy runs are not."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from experiments import experiment

from dlexp.records.run_dir import RunDir
from dlexp.reports.run.diagnosis import diagnose
from dlexp.training.epochs import Diverged
from dlexp.training.fit import fit
from dlexp.training.network import build
from dlexp.training.splits import split

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
    path.mkdir(exist_ok=True)
    network = build(config, config.dataset.info(), splits.train, seed=0)
    with contextlib.suppress(Diverged):
        fit(config, network, splits, 0, RunDir(path), stamp={})
    return diagnose(RunDir(path).diagnostics(), config.model_dump())


@pytest.mark.training
@pytest.mark.parametrize(
    ("model", "parts"),
    [
        pytest.param({}, {}, id="relu"),
        pytest.param({"activation": {"type": "tanh"}}, {}, id="tanh"),
        pytest.param({"activation": {"type": "gelu"}}, {"optimizer": {"type": "adam"}}, id="gelu"),
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


@pytest.mark.training
def test_units_that_never_fire_are_named(tmp_path: Path) -> None:
    """A bias of -10 in front of ReLUs."""
    assert diagnosis(tmp_path, {"hidden_bias": -10.0}) == [
        f"layer {i}: 100 % of its ReLUs never fire since epoch 1; leaky_relu or a smaller learning rate usually helps"
        for i in (1, 2)
    ]


@pytest.mark.training
@pytest.mark.parametrize(("n_layers", "optimizer"), [(4, "sgd"), (6, "sgd"), (6, "adam")])
def test_vanishing_gradients_are_named(tmp_path: Path, n_layers: int, optimizer: str) -> None:
    """A stack of sigmoids that does not learn."""
    model = {"hidden": [32] * n_layers, "activation": {"type": "sigmoid"}}

    (sentence,) = diagnosis(tmp_path, model, optimizer={"type": optimizer})

    assert sentence.startswith("layer 1: since epoch 1 its gradient vanishes, 1/")


@pytest.mark.training
def test_gradients_that_have_come_back_are_not_named(tmp_path: Path) -> None:
    """Four layers of sigmoids that Adam gets going in eight epochs."""
    model = {"hidden": [32] * 4, "activation": {"type": "sigmoid"}}
    longer = {"epochs": 12, "diagnostics": True}

    early = diagnosis(tmp_path / "early", model, optimizer={"type": "adam"})
    late = diagnosis(tmp_path / "late", model, optimizer={"type": "adam"}, training=longer)

    assert len(early) == 1
    assert late == []


@pytest.mark.training
@pytest.mark.parametrize("unit", ["sigmoid", "tanh"])
def test_saturated_units_are_named(tmp_path: Path, unit: str) -> None:
    """Units that start at a bias of 10, a sentence a layer: where they are exactly flat, that is no second one."""
    sentences = diagnosis(tmp_path, {"activation": {"type": unit}, "hidden_bias": 10.0})

    assert [sentence.split(";")[0] for sentence in sentences] == [
        f"layer {i}: 100 % of its {unit} outputs are saturated since epoch 1" for i in (1, 2)
    ]


@pytest.mark.training
@pytest.mark.parametrize("unit", ["softplus", "gelu", "silu"])
def test_units_on_their_flat_side_are_named(tmp_path: Path, unit: str) -> None:
    """A bias of -10 in front of smooth units: nowhere exactly flat, and nothing gets through all the same."""
    assert diagnosis(tmp_path, {"activation": {"type": unit}, "hidden_bias": -10.0}) == [
        f"layer {i}: 100 % of its {unit} outputs are where it is flat since epoch 1; "
        "leaky_relu or a smaller learning rate usually helps"
        for i in (1, 2)
    ]


@pytest.mark.training
@pytest.mark.parametrize(
    ("unit", "optimizer", "rate"),
    [
        ("relu", "sgd", 1.0),
        ("leaky_relu", "sgd", 1.0),
        ("maxout", "sgd", 1.0),
        ("relu", "adam", 0.1),
        ("relu", "rmsprop", 0.1),
    ],
)
def test_a_learning_rate_a_hundred_times_too_large_is_named(
    tmp_path: Path, unit: str, optimizer: str, rate: float
) -> None:
    """Steps larger than the weights, dead units or a run that diverged: a smaller learning rate is what is advised."""
    model = {"activation": {"type": unit}}

    sentences = diagnosis(tmp_path, model, optimizer={"type": optimizer, "learning_rate": rate})

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


def test_weights_that_are_no_numbers_any_more_are_named() -> None:
    """The last rows of a run that diverged; of all layers the first one speaks."""
    nan = float("nan")
    rows = [row(1, 1), row(1, 2), row(2, 1, update_ratio=nan), row(2, 2, update_ratio=nan)]

    assert diagnose(rows, RELU) == [
        "in epoch 2 the weights are no finite numbers any more; "
        "a smaller learning rate or optimizer.clipnorm usually helps"
    ]


def test_no_diagnostics_no_sentences() -> None:
    """A run without diagnostics.csv is silent."""
    assert diagnose([], RELU) == []
