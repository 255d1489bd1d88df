"""Which settings of a record somebody chose."""

import json
from pathlib import Path

import pytest
from commands import ROOT
from make_runs import CONFIG

from dlexp.config.chosen import chosen
from dlexp.config.load import load


def of_file(tmp_path: Path, text: str) -> dict[str, object]:
    """What is chosen in a config."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    return chosen(load(path).experiment.model_dump(exclude={"name"}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dataset: digits\n", {"dataset.type": "digits"}),
        # Adam, its own learning rate and the head of the task are defaults, said or not.
        (
            "dataset: digits\noptimizer: {type: adam, learning_rate: 0.001}\nhead: multiclass\n",
            {"dataset.type": "digits"},
        ),
        ("dataset: digits\noptimizer: sgd\n", {"dataset.type": "digits", "optimizer.type": "sgd"}),
        (
            "dataset: {type: digits, target: ink}\nhead: {type: beta, metrics: [r2]}\n"
            "model: {kernel_regularizer: l2}\n",
            {
                "dataset.type": "digits",
                "dataset.target": "ink",
                "model.kernel_regularizer.type": "l2",
                "head.type": "beta",
                "head.metrics": ["r2"],
            },
        ),
        (
            "dataset: digits\ntraining: {epochs: 20, schedule: {type: step, boundaries: [3]}}\nvalidation: 300\n",
            {
                "dataset.type": "digits",
                "validation.type": "front",
                "validation.size": 300,
                "training.schedule.type": "step",
                "training.schedule.boundaries": [3],
            },
        ),
    ],
)
def test_what_is_no_default(tmp_path: Path, text: str, found: dict[str, object]) -> None:
    """Beside a chosen type its own defaults are no choice; what has no default always is one."""
    assert of_file(tmp_path, text) == found


def test_layers_are_one_setting(tmp_path: Path) -> None:
    """A list is shown whole."""
    text = "dataset: digits\nmodel: {layers: [{Dense: {units: 4}}, Flatten]}\n"

    assert of_file(tmp_path, text)["model.layers"] == [{"Dense": {"units": 4}}, {"Flatten": {}}]


def test_records_of_other_versions() -> None:
    """What an older one left out is no choice; where this version takes the settings no longer, all are shown."""
    for path in (ROOT / "tests" / "records" / "0.1.0" / "runs").glob("*/*/summary.json"):
        config = json.loads(path.read_text())["config"]
        assert 3 <= len(chosen({key: value for key, value in config.items() if key != "name"})) <= 7
    assert "optimizer.learning_rate" not in chosen(CONFIG)
    assert chosen(CONFIG | {"head": {"type": "of_later"}})["optimizer.learning_rate"] == 0.001
