"""Controls name what was planted in a set-up, and are silent on one that is sound."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from dlexp.components import snapshot
from dlexp.components.data import Split
from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.planning import identified
from dlexp.reports.control.judgement import judge
from dlexp.training.controls import BATCH_SIZE, SetUp, measure, varied, with_shuffled_labels
from dlexp.training.threads import set_threads

set_threads(1)

N = 300
SOUND: dict[str, Any] = {
    "model": {"hidden": [16]},
    "optimizer": {"type": "adam", "learning_rate": 0.01},
    "training": {"epochs": 15, "batch_size": 32},
}


def blobs(n: int = N) -> pd.DataFrame:
    """Three classes in four dimensions, which overlap a little, in no order."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 4)) + 1.5 * np.eye(4)[y]
    return pd.DataFrame(x, columns=list("abcd")).round(4).assign(label=np.array(["red", "green", "blue"])[y])


def numbers(n: int = N) -> pd.DataFrame:
    """A number of the size of a thousand, from three features and noise."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(n, 3))
    return pd.DataFrame(x, columns=list("abc")).assign(
        label=5000 + 1000 * (x @ [1, -1, 0.5]) + rng.normal(size=n) * 200
    )


def failed(folder: Path, table: pd.DataFrame, dataset: Any = (), **sections: Any) -> dict[str, str]:
    """The controls that fail, with what they say, of the sound config with some sections replaced."""
    table.to_csv(folder / "train.csv", index=False)
    task = "regression" if pd.api.types.is_numeric_dtype(table["label"]) else "multiclass"
    about = {"type": "csv", "path": str(folder / "train.csv"), "target": "label", "task": task, **dict(dataset)}
    (folder / "a.yaml").write_text(yaml.safe_dump({**SOUND, "dataset": about, **sections}))
    experiment, request = load(folder / "a.yaml").experiment, Request(runs_dir=folder / "runs")
    with snapshot.taken(held_bytes=0):
        subject = identified(experiment, request)
    planned = Planned(subject=subject, seed=0, identity=subject.identities.own)
    (candidate,) = Plan(request, [planned], []).candidates.values()
    return {each.name: f"{each.found}. {each.advice}" for each in judge(measure(candidate)) if each.result == "failed"}


@pytest.mark.training
def test_a_sound_set_up_passes(tmp_path: Path) -> None:
    """Of classes, and of numbers whose target is standardized."""
    assert failed(tmp_path, blobs()) == {}
    assert failed(tmp_path, numbers()) == {}


@pytest.mark.training
def test_labels_a_row_too_late_are_named(tmp_path: Path) -> None:
    """With that of the row after, the same training learns."""
    table = blobs()
    table["label"] = np.roll(table["label"], 1)

    found = failed(tmp_path, table)
    assert list(found) == ["beats_guessing"]
    assert "the labels are misaligned: with that of the row after it is accuracy 0." in found["beats_guessing"]


@pytest.mark.training
def test_labels_in_no_order_are_named(tmp_path: Path) -> None:
    """Those of other rows altogether: neither the network nor neighbours tell them."""
    table = blobs()
    table["label"] = np.random.default_rng(0).permutation(table["label"])

    found = failed(tmp_path, table)
    assert "the labels may not belong to the inputs" in found["beats_guessing"]


@pytest.mark.training
def test_a_leaked_target_is_named(tmp_path: Path) -> None:
    """A feature that is the target with a little noise."""
    table = numbers()
    table["price_net"] = table["label"] * 0.81 + np.random.default_rng(0).normal(size=N)

    found = failed(tmp_path, table)
    assert list(found) == ["single_inputs"]
    assert found["single_inputs"].startswith("price_net tells the target (100.0% of the way)")


@pytest.mark.training
def test_frozen_weights_are_named(tmp_path: Path) -> None:
    """A layer that is not to be trained, in front of one that is."""
    layers = [
        {"Dense": {"units": 8, "activation": "relu", "trainable": False}},
        {"Dense": {"units": 8, "activation": "relu"}},
    ]

    found = failed(tmp_path, blobs(), model={"type": "layers", "layers": layers})
    assert found["one_batch"].endswith("frozen, and never trained: dense_1")


@pytest.mark.training
@pytest.mark.parametrize(
    ("table", "changes", "says"),
    [
        (numbers(), {"head": {"standardize_target": False}}, "set head.standardize_target=true"),
        (blobs(), {"head": {"class_weight": [100, 100, 100]}}, "these weights scale the loss"),
        (
            blobs().assign(a=lambda t: t["a"] * 1e3),
            {"dataset": {"standardize": False}},
            "the first outputs are far too large",
        ),
    ],
    ids=["target", "weights", "inputs"],
)
def test_a_loss_on_a_wrong_scale_is_named(tmp_path: Path, table: pd.DataFrame, changes: Any, says: str) -> None:
    """By the size of the target, by weights of the classes, or by inputs without a common scale."""
    assert says in failed(tmp_path, table, **changes)["first_loss"]


@pytest.mark.training
def test_examples_in_both_parts_are_named(tmp_path: Path) -> None:
    """Each row twice: most that is held out is known from training, whatever its label."""
    table = pd.concat([blobs(), blobs()]).sample(frac=1, random_state=0)

    found = failed(tmp_path, table, training={"epochs": 150, "batch_size": 32}, model={"hidden": [128]})
    assert "what is held out is known from training" in found["shuffled_labels"]


def test_shuffled_labels_keep_those_of_equal_inputs_together() -> None:
    """The same inputs have one label before and after, wherever they stand; all labels are used as often."""
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    train, held_out = Split(x, np.arange(10, dtype=np.int32)), Split(x[:2], np.arange(2, dtype=np.int32))
    set_up = SetUp(experiment=Any, info=Any, seed=0, train=train, held_out=held_out)  # type: ignore[arg-type]

    shuffled = with_shuffled_labels(set_up)
    assert shuffled.held_out.y.tolist() == shuffled.train.y[:2].tolist()
    assert sorted(shuffled.train.y) == list(range(10))
    assert shuffled.train.y.tolist() != list(range(10))


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_has_examples_of_rare_classes(seed: int) -> None:
    """Of one target, and of several beside which there is a number that every example has for itself."""
    rare = (np.arange(2000) % 200 == 7).astype(np.int32)
    several = np.stack([rare, np.arange(2000), np.arange(2000) % 3], axis=1)
    for y, column in ((rare, rare), (several, several[:, 0])):
        train = Split(np.zeros((2000, 1), np.float32), y)
        set_up = SetUp(experiment=Any, info=Any, seed=seed, train=train, held_out=train)  # type: ignore[arg-type]

        batch = varied(set_up)
        assert len(set(batch)) == BATCH_SIZE
        assert 0 < column[batch].sum() < BATCH_SIZE


@pytest.mark.training
@pytest.mark.parametrize(
    ("table", "what"), [(numbers().assign(label=3.5), "target"), (numbers().assign(a=1, b=1, c=1), "inputs")]
)
def test_examples_without_a_difference_are_refused(tmp_path: Path, table: pd.DataFrame, what: str) -> None:
    """All controls would pass, or fail, for that reason alone."""
    with pytest.raises(UserError, match=rf"all \d+ training examples have the same {what}: there is nothing to learn"):
        failed(tmp_path, table)
