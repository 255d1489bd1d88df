"""What `check` says of a training that cannot do what it is told: schedules, improvements, batches."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dlexp.config.load import load


def warnings(folder: Path, text: str) -> list[str]:
    """The warnings of a config, without file and line, and how they are allowed."""
    path = folder / "c.yaml"
    path.write_text(text)
    return [f"{each.path}: {each.message}".partition(" (allow: ")[0] for each in load(path).warnings]


@pytest.mark.parametrize(
    ("schedule", "warning"),
    [
        (
            "type: step, boundaries: [5, 10, 20]",
            ".boundaries: warning: the training ends after epoch 10: the learning rate never falls after 10, 20; "
            "set training.schedule.boundaries=[5]",
        ),
        (
            "type: step, boundaries: [10]",
            ".boundaries: warning: the training ends after epoch 10: the learning rate never falls after 10; "
            "set training.schedule.boundaries=[5]",
        ),
        (
            "type: exponential, decay_epochs: 1000",
            ".decay_epochs: warning: counted in epochs: over the training's 10 the learning rate changes by less than "
            "1 %; set training.schedule.decay_epochs=1",
        ),
        (
            "type: cosine, decay_epochs: 1000, warmup_epochs: 2",
            ".decay_epochs: warning: counted in epochs: over the 8 behind the warm-up the learning rate falls by less "
            "than 1 %; set training.schedule.decay_epochs=null",
        ),
        (
            "type: cosine, decay_epochs: 5, warmup_epochs: 10",
            ".warmup_epochs: warning: counted in epochs: over all of the training's 10 the learning rate only rises; "
            "set training.schedule.warmup_epochs=1",
        ),
        (
            "type: cosine, decay_epochs: 5, warmup_epochs: 2",
            ".decay_epochs: warning: from epoch 8 of 10 on the learning rate is 0; "
            "set training.schedule.decay_epochs=null",
        ),
        (
            "type: exponential, decay_rate: 0.01",
            ".decay_rate: warning: from epoch 4 of 10 on the learning rate is less than a millionth of its start; "
            "set training.schedule.decay_rate=0.631",
        ),
    ],
)
def test_a_schedule_that_does_not_fit_the_epochs(tmp_path: Path, schedule: str, warning: str) -> None:
    """It begins too late to be seen, or ends long before the training does."""
    text = f"dataset: iris\ntraining: {{epochs: 10, schedule: {{{schedule}}}}}"

    assert warnings(tmp_path, text) == [f"training.schedule{warning}"]


def test_a_single_epoch_has_no_boundary(tmp_path: Path) -> None:
    """No other one would be in time."""
    text = "dataset: iris\ntraining: {epochs: 1, schedule: {type: step, boundaries: [1]}}"

    assert warnings(tmp_path, text) == [
        "training.schedule: warning: the training ends after epoch 1: the learning rate never falls after 1; "
        "set training.schedule=constant"
    ]


@pytest.mark.parametrize(
    "training",
    [
        "schedule: {type: step, boundaries: [5, 9]}",
        "schedule: exponential",
        "schedule: {type: exponential, decay_rate: 0.3}",
        "schedule: {type: exponential, decay_rate: 0.1, decay_epochs: 20}",
        "schedule: {type: exponential, decay_rate: 1.0}",
        "schedule: {type: exponential, decay_rate: 1.1}",
        "schedule: cosine",
        "schedule: {type: cosine, warmup_epochs: 9}",
        "schedule: {type: cosine, decay_epochs: 20}",
        "schedule: {type: cosine, decay_epochs: 5, alpha: 0.1}",
        # With early stopping the number of epochs is how many there may be.
        "early_stopping: {}, schedule: {type: cosine, decay_epochs: 5}",
        "early_stopping: {}, schedule: {type: exponential, decay_rate: 0.01}",
    ],
)
def test_a_schedule_that_fits_is_quiet(tmp_path: Path, training: str) -> None:
    """Of ten epochs."""
    assert warnings(tmp_path, f"dataset: iris\ntraining: {{epochs: 10, {training}}}") == []


@pytest.mark.parametrize(
    ("dataset", "monitor", "span", "quiet"),
    [
        ("iris", "val_accuracy", "1", 0.99),
        ("iris", "val_auc", "1", 0.5),
        ("iris", "val_f1_macro", "1", 0.5),
        ("iris", "val_calibration_error", "1", 0.5),
        ("iris", "val_loss", "1.1", 1.0),
        ("ratings", "val_class_mae", "4", 3.0),
        ("ratings", "val_loss", "1.61", 1.6),
        ("breast_cancer", "val_loss", "0.693", 0.5),
        ("breast_cancer", "val_mse", "1", 0.5),
        ("documents", "val_exact_match", "1", 0.5),
        ("documents", "val_loss", "0.693", 0.5),
        ("diabetes", "val_loss", "1", 0.5),
        ("diabetes", "val_r2", "1", 0.5),
        ("{type: digits, target: [digit, parity]}", "val_digit_accuracy", "1", 0.5),
        ("{type: digits, target: [digit, parity]}", "val_digit_loss", "2.3", 2.0),
        ("{type: digits, target: [digit, parity]}", "val_loss", "3", 2.9),
    ],
)
def test_an_improvement_that_no_epoch_can_reach(
    tmp_path: Path, dataset: str, monitor: str, span: str, quiet: float
) -> None:
    """The range of a score, or the way from guessing to certainty."""
    quantity = monitor.removeprefix("val_")
    head = "" if quantity == "loss" or "digit" in quantity else f"\nhead: {{metrics: [{quantity}]}}"

    def warned(min_delta: float) -> list[str]:
        stopping = f"{{monitor: {monitor}, min_delta: {min_delta}}}"
        return warnings(tmp_path, f"dataset: {dataset}\ntraining: {{early_stopping: {stopping}}}{head}")

    assert warned(quiet) == []
    assert warned(5.0) == [
        f"training.early_stopping.min_delta: warning: {monitor} can gain {span} at most from guessing on, and has to "
        "gain more than 5: no epoch counts as better than the first; set training.early_stopping.min_delta=0.0"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "dataset: diabetes\nhead: {metrics: [mae]}\ntraining: {early_stopping: {monitor: val_mae, min_delta: 5.0}}",
        "dataset: diabetes\nhead: {standardize_target: false}\ntraining: {early_stopping: {min_delta: 5.0}}",
        "dataset: iris\nhead: {class_weight: [10, 10, 10]}\ntraining: {early_stopping: {min_delta: 5.0}}",
        "dataset: {type: digits, target: [digit, ink]}\nheads: {digit: {class_weight: balanced}, ink: {}}\n"
        "training: {early_stopping: {min_delta: 5.0}}",
        "dataset: {type: digits, target: [digit, parity]}\nhead: {weighting: learned}\n"
        "training: {early_stopping: {min_delta: 5.0}}",
        "dataset: {type: diabetes}\nhead: gaussian\ntraining: {early_stopping: {min_delta: 5.0}}",
    ],
)
def test_scores_without_a_range_are_quiet(tmp_path: Path, text: str) -> None:
    """Their own units, weighted losses, sums of losses, densities."""
    assert warnings(tmp_path, text) == []


BIAS = "gives its bias alone"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "model: {normalization: batch}\ntraining: {batch_size: 1}",
            [f"over a batch of 1 example, model.normalization: batch {BIAS}: nothing in front of it is learned"],
        ),
        (
            "training: {batch_size: 1}\nmodel: {layers: [{Dense: {units: 8}}, BatchNormalization, ReLU]}",
            [f"over a batch of 1 example, model.layers.1.BatchNormalization {BIAS}: nothing in front of it is learned"],
        ),
        (
            "model: {normalization: batch}\ntraining: {batch_size: 19}",
            [f"the last of 6 steps has 1 of 96 examples, over which model.normalization: batch {BIAS}"],
        ),
        ("model: {normalization: batch}\ntraining: {batch_size: 3}", []),
        ("model: {normalization: batch}\ntraining: {batch_size: 2}", []),
        ("model: {normalization: layer}\ntraining: {batch_size: 1}", []),
        ("model: {hidden: [], normalization: batch}\ntraining: {batch_size: 1}", []),
        ("training: {batch_size: 1}", []),
        (
            "training: {batch_size: 1}\n"
            "model: {layers: [{Reshape: {target_shape: [2, 2, 1]}}, BatchNormalization, Flatten]}",
            [],
        ),
        ("training: {batch_size: 1}\nmodel: {layers: [{BatchNormalization: {trainable: false}}]}", []),
    ],
)
def test_batch_normalization_over_one_example(tmp_path: Path, text: str, found: Sequence[str]) -> None:
    """In all steps, or the last of a few; not if it is over the places of a picture as well."""
    said = warnings(tmp_path, f"dataset: iris\n{text}")

    assert [line.partition("warning: ")[2].partition("; set ")[0] for line in said] == found


def test_one_step_of_many_is_no_matter(tmp_path: Path) -> None:
    """The last of 384."""
    assert warnings(tmp_path, "dataset: digits\nmodel: {normalization: batch}\ntraining: {batch_size: 3}") == []
