"""What claims can be about: the columns that records have, known from the config alone."""

import json
from pathlib import Path

import numpy as np
import pytest
from experiments import DIABETES, DIGITS, experiment

from dlexp.components.columns import COSTS, Column
from dlexp.config.claim import ERROR_PARTS
from dlexp.config.load import load, load_unchecked
from dlexp.config.measurable import error_parts, in_diagnostics, in_each_epoch, in_result, is_decidable
from dlexp.reports.bias_variance.facts import squared, zero_one

RECORDS = Path(__file__).parent / "records"
FINISHED = sorted(path.parent for path in RECORDS.rglob("summary.json"))
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("run", FINISHED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_columns_are_those_of_the_records(run: Path) -> None:
    """No more and no fewer, the gaps besides, which are worked out from them."""
    config = load_unchecked(run / "config.yaml")
    recorded = json.loads((run / "summary.json").read_text())["metrics"]
    columns = in_result(config)

    assert {name for name in columns if name not in COSTS and Column.parse(name).split != "gap"} == set(recorded)
    assert (run / "history.csv").read_text().splitlines()[0].split(",") == ["epoch", *in_each_epoch(config)]


def test_parts_of_the_error_are_those_that_are_measured() -> None:
    """Of classes 0-1 loss; of numbers squared loss, in which noise is known where the true mean is."""
    y, several = np.array([0, 1]), np.array([[0, 1], [1, 1], [0, 0]])
    numbers = y.astype(float), several.astype(float)
    sine = load(ROOT / "configs" / "sine_capacity.yaml").experiment

    assert error_parts(experiment(DIGITS)) == list(zero_one(y, several))
    assert error_parts(experiment(DIABETES)) == list(squared(*numbers))
    assert error_parts(sine) == list(squared(*numbers, expected=numbers[0]))
    assert {*zero_one(y, several), *squared(*numbers), *error_parts(sine)} == set(ERROR_PARTS)


def test_diagnostics_have_each_layer_and_the_mean_over_them() -> None:
    """As many layers as the config has."""
    found = in_diagnostics(experiment(DIGITS, {"model": {"type": "mlp", "hidden": [4, 4, 4]}}))

    assert "diagnostics.dead_share" in found
    assert "diagnostics.3.update_ratio" in found
    assert "diagnostics.4.update_ratio" not in found
    assert not in_diagnostics(experiment(DIGITS, {"model": {"type": "mlp", "hidden": []}}))


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        ("test_accuracy", True),
        ("val_loss", True),
        ("seconds", True),
        ("gap_loss", False),
        ("best_val_loss_epoch", False),
    ],
)
def test_a_goal_has_a_better_way(name: str, decides: bool) -> None:
    """Scores and costs have one; a gap and the number of an epoch have none."""
    assert is_decidable(name) is decides
