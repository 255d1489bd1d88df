"""Diagnostics: the figures by hand, the training untouched, the sparse path too."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from experiments import CANCER, DIGITS, IMDB, PADDED, experiment
from plain_keras import dense

from dlexp.components.data import Split
from dlexp.config.experiment import Experiment
from dlexp.records.history import DIAGNOSTICS_COLUMNS as COLUMNS
from dlexp.records.history import PROBE_ROWS
from dlexp.records.run_dir import RunDir
from dlexp.reports.run.diagnostics_plot import draw
from dlexp.training.diagnostics import Probe
from dlexp.training.fit import fit
from dlexp.training.network import Network, build
from dlexp.training.splits import Splits
from dlexp.training.threads import set_threads

set_threads(1)


def fitted(config: Experiment, path: Path, diagnostics: bool) -> tuple[RunDir, list[np.ndarray]]:
    """The records and final weights of a few epochs on the stand-in."""
    training = config.training.model_copy(update={"epochs": 3, "diagnostics": diagnostics})
    config = config.model_copy(update={"training": training})
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=1)
    path.mkdir()
    fit(config, network, Splits(train=data.train, validation=data.test, test=data.test), 1, RunDir(path), stamp={})
    return RunDir(path), network.model.get_weights()


def probed(config: Experiment) -> tuple[Network, Split, Probe]:
    """An untrained network, a small split and the probe of both."""
    data = config.dataset.stand_in()
    network = build(config, config.dataset.info(), data.train, seed=1)
    split = data.train.take(np.arange(40))
    return network, split, Probe(network, split)


@pytest.mark.training
@pytest.mark.parametrize("parts", [[DIGITS], [IMDB], [PADDED]], ids=["digits", "imdb", "imdb-embedding"])
def test_diagnostics_change_no_bit_of_the_training(tmp_path: Path, parts: list[dict[str, Any]]) -> None:
    """With and without them: equal histories but for the seconds, equal weights, dropout and normalization included."""
    config = experiment(*parts)
    model = config.model.model_copy(update={"dropout": 0.3, "normalization": "batch"})
    config = config.model_copy(update={"model": model})

    with_them, weights = fitted(config, tmp_path / "with", diagnostics=True)
    without, plain_weights = fitted(config, tmp_path / "without", diagnostics=False)

    assert [row | {"seconds": 0} for row in with_them.history()] == [row | {"seconds": 0} for row in without.history()]
    assert all((a == b).all() for a, b in zip(weights, plain_weights, strict=True))
    assert len(with_them.diagnostics()) == 3 * len(config.model.model_dump()["hidden"])
    assert not without.diagnostics_path.exists()


@pytest.mark.training
def test_a_row_an_epoch_and_layer(tmp_path: Path) -> None:
    """The rows come in order and with all columns; the picture is drawn from them."""
    run_dir, _ = fitted(experiment(DIGITS), tmp_path / "run", diagnostics=True)

    rows = run_dir.diagnostics()
    draw(rows, tmp_path / "d.png", "digits, seed 1")

    assert tuple(rows[0]) == COLUMNS
    assert [(row["epoch"], row["layer"]) for row in rows] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.training
@pytest.mark.parametrize("parts", [DIGITS, IMDB], ids=["digits", "imdb-sparse"])
def test_without_hidden_layers_there_are_no_rows(tmp_path: Path, parts: dict[str, Any]) -> None:
    """Also of sparse rows, of which the first layer gives the logits."""
    run_dir, _ = fitted(experiment(parts, {"model": {"type": "mlp", "hidden": []}}), tmp_path / "run", True)

    assert run_dir.diagnostics() == []


@pytest.mark.parametrize("parts", [[DIGITS], [CANCER], [IMDB]], ids=["digits", "breast_cancer", "imdb-sparse"])
def test_relu_figures_equal_those_worked_out_in_numpy(parts: list[dict[str, Any]]) -> None:
    """Shares and norms by hand, on dense and on sparse rows."""
    network, split, probe = probed(experiment(*parts))
    sums = keras.Model(network.model.input, [network.model.get_layer(f"hidden_{i}").output for i in (1, 2)])

    rows = probe.measure()

    for row, z, name in zip(rows, map(np.asarray, sums(dense(split))), ("hidden_1", "hidden_2"), strict=True):
        assert row["dead_share"] == (z <= 0).all(axis=0).mean()
        assert row["saturated_share"] == pytest.approx((z <= 0).mean())
        kernel = network.model.get_layer(name).kernel.numpy()
        assert row["weight_norm"] == pytest.approx(np.linalg.norm(kernel), rel=1e-6)
        assert row["update_ratio"] == 0


@pytest.mark.parametrize("parts", [[DIGITS], [IMDB]], ids=["digits", "imdb-sparse"])
def test_gradient_norm_is_that_of_the_saved_model_on_dense_rows(parts: list[dict[str, Any]]) -> None:
    """The kernel's gradient of the mean loss, also where training multiplies the first kernel outside the body."""
    network, split, probe = probed(experiment(*parts, {"model": {"type": "mlp", "activation": {"type": "tanh"}}}))
    logits = keras.Model(network.model.input, network.output.logits)
    kernels = [network.model.get_layer(f"hidden_{i}").kernel.value for i in (1, 2)]

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network.output.losses(split.y, logits(dense(split))))
    expected = [np.linalg.norm(gradient) for gradient in tape.gradient(loss, kernels)]

    assert [row["gradient_norm"] for row in probe.measure()] == pytest.approx(expected, rel=1e-5)


def test_a_maxout_unit_is_no_more_dead_than_its_best_piece() -> None:
    """One row a layer, shares over units, not over pieces: nothing of a maxout is ever flat."""
    maxout = {"model": {"type": "mlp", "activation": {"type": "maxout", "pieces": 3}}}
    _, _, probe = probed(experiment(DIGITS, maxout))

    assert [(row["dead_share"], row["saturated_share"]) for row in probe.measure()] == [(0, 0), (0, 0)]


def test_update_ratio_is_the_step_since_the_last_call() -> None:
    """A kernel scaled by 1.5 has moved by half of its norm."""
    network, _, probe = probed(experiment(DIGITS))
    kernel = network.model.get_layer("hidden_2").kernel

    kernel.assign(1.5 * kernel.numpy())
    first, second = probe.measure()

    assert first["update_ratio"] == 0
    assert second["update_ratio"] == pytest.approx(0.5, rel=1e-6)


def test_the_probe_is_small() -> None:
    """At most 256 examples, whatever the data."""
    assert PROBE_ROWS == 256
