"""The memory that a run needs, asked of its network: what the layers compute inside is counted, and loops are."""

from pathlib import Path

import pytest
from commands import Invoke

from dlexp.components import memory
from dlexp.config.experiment import Experiment
from dlexp.config.load import load
from dlexp.config.needed_memory import RunMemory
from dlexp.training import feeds, network
from dlexp.training.feeds import EVALUATION_ROWS, evaluation_rows
from dlexp.training.network import Network
from dlexp.training.preflight import network_of

pytestmark = pytest.mark.training

STEPS = "Reshape: {target_shape: [8, 8]}"


def built(tmp_path: Path, *layers: str) -> tuple[Experiment, Network]:
    """A stack on digits, without weights."""
    items = "".join(f"  - {layer}\n" for layer in layers)
    (tmp_path / "a.yaml").write_text(f"dataset: digits\nmodel:\n  layers:\n{items}")
    experiment = load(tmp_path / "a.yaml").experiment
    return experiment, network_of(experiment, experiment.dataset.info(), experiment.dataset.stand_in())


def test_dense_layers_by_hand(tmp_path: Path) -> None:
    """16 sums and 16 sums with the bias at once, of 4 bytes each; weights are not counted."""
    _, dense = built(tmp_path, "Dense: {units: 16}")

    assert dense.footprint.evaluated == 2 * 16 * 4


def test_the_scores_of_attention_are_counted(tmp_path: Path) -> None:
    """4 heads, 8 times 8 scores each, before and after the softmax: no output of a layer shows them."""
    _, attention = built(tmp_path, STEPS, "MultiHeadAttention: {num_heads: 4, key_dim: 1}", "Flatten")

    assert attention.footprint.evaluated >= 2 * 4 * 8 * 8 * 4


def test_every_step_of_a_recurrent_layer_is_kept_for_the_gradient(tmp_path: Path) -> None:
    """Twice as many units keep twice as much; far more than the 4 bytes per unit that the layer gives."""
    (_, narrow), (_, wide) = (built(tmp_path, STEPS, f"LSTM: {{units: {units}}}") for units in (32, 64))

    kept = wide.footprint.trained - narrow.footprint.trained
    assert kept >= 8 * 4 * 32 * 4
    assert wide.footprint.trained < 100 * 8 * 64 * 4


def test_gradients_that_are_added_up_are_there_at_once(tmp_path: Path) -> None:
    """Each step of TimeDistributed gives one as large as the whole sequence."""
    layer = "TimeDistributed: {layer: {Dense: {units: 32}}}"
    _, distributed = built(tmp_path, STEPS, layer, layer, "Flatten")

    assert distributed.footprint.trained >= 8 * (8 * 32 * 4)


def test_wide_layers_are_evaluated_in_smaller_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power of two that fits; others are evaluated in as many rows as ever."""
    _, dense = built(tmp_path, "Dense: {units: 16}")

    assert evaluation_rows(dense, 10_000) == EVALUATION_ROWS
    monkeypatch.setattr(network, "WIDE_BYTES", 0)
    monkeypatch.setattr(feeds, "EVALUATION_BYTES", 128 * 1000)
    assert evaluation_rows(dense, 900) == EVALUATION_ROWS
    assert evaluation_rows(dense, 1100) == 512


def test_what_does_not_fit_is_said_with_its_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that no memory holds are not made for that; a config may allow to try it."""
    monkeypatch.setattr(memory, "available", lambda: 10**9)
    experiment, _ = built(tmp_path, "Dense: {units: 16}")
    needed = RunMemory({"dense_1": 2e9, "output": 1e6}, data=1e8)

    (misfit,) = needed.too_much(experiment, ())
    assert misfit.field == "model.layers.0.Dense"
    assert misfit.message == (
        "a run needs about 2.11 GB of memory, 2 GB of it for layer dense_1, and 1 GB are available "
        "(allow: [memory] to try it)"
    )
    assert needed.too_much(experiment, ["memory"]) == []


def test_weights_that_do_not_fit_are_refused_before_they_are_made(invoke: Invoke, tmp_path: Path) -> None:
    """An embedding of a trillion numbers, in a run and in a dry run."""
    layers = "model:\n  layers:\n  - Embedding: {input_dim: 1000000000, output_dim: 1000}\n  - Flatten\n"
    config = tmp_path / "a.yaml"
    data = "dataset: {type: reviews, n_train: 300, n_test: 100, encoding: padded, maxlen: 20}\n"
    config.write_text(f"{data}{layers}training: {{epochs: 1}}\n")

    for words in ((), ("--dry-run",)):
        code, _, err = invoke("run", str(config), "--runs-dir", str(tmp_path / "runs"), *words)
        assert code == 2
        assert f"{config}:4: model.layers.0.Embedding: a run needs about 36 TB of memory, 36 TB of it for layer" in err
    assert not (tmp_path / "runs").exists()
