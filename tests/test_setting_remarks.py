"""What is said of settings as soon as the data say how many classes and examples there are."""

from pathlib import Path

import pytest
from jobs import run_of

from dlexp.config.checks import completed
from dlexp.config.load import load
from dlexp.training.setting_remarks import setting_remarks
from dlexp.training.splits import split


def said(config: str, n: int = 103, n_classes: int = 3) -> tuple[list[str], list[str]]:
    """What `check` warns of, and what is said beside that once a table is read, with its rules."""
    Path("t.csv").write_text("x,y\n" + "".join(f"{i * 7 % 11},{'abcdefgh'[i % n_classes]}\n" for i in range(n)))
    Path("c.yaml").write_text(f"dataset: {{type: csv, path: t.csv, target: y, task: multiclass}}\n{config}\n")
    loaded = load("c.yaml")
    data = loaded.experiment.dataset.load(None)
    assert data.info is not None
    experiment = completed(loaded.experiment, data.info)
    n_trained = len(split(experiment, data).train)
    remarks = setting_remarks(loaded.experiment, experiment, data.info, n_trained)
    return [warning.rule for warning in loaded.warnings], list(map(str, remarks))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("config", "remark"),
    [
        (
            "head: {metrics: [accuracy, top_3_accuracy, top_5_accuracy]}",
            "head.metrics: of 3 classes top_3_accuracy and top_5_accuracy are 1 whatever is predicted; "
            "see head.metrics: [accuracy] (allow: [certain_top_k] if it is meant)",
        ),
        (
            "training: {early_stopping: {min_delta: 2.0}}",
            "training.early_stopping.min_delta: val_loss can gain 1.1 at most from guessing on, and has to gain more "
            "than 2: no epoch counts as better than the first; see training.early_stopping.min_delta: 0.0 "
            "(allow: [unreachable_gain] if it is meant)",
        ),
        (
            "model: {layers: [{Dense: {units: 16, activation: relu}}, {Dense: {units: 3, activation: sigmoid}}]}",
            "model.layers.1.Dense.activation: the head brings the output units and their activation; behind a sigmoid "
            "they squash twice, and model.layers.1.Dense is not needed; "
            "see model.layers: [{Dense: {activation: relu, units: 16}}] (allow: [second_output] if it is meant)",
        ),
        (
            "training: {batch_size: 512}",
            "training.batch_size: 512 of 66 training examples is one step an epoch; see training.batch_size: 16 "
            "(allow: [large_batch] if it is meant)",
        ),
        (
            "model: {normalization: batch}\ntraining: {batch_size: 13}",
            "training.batch_size: the last of 6 steps has 1 of 66 examples, over which model.normalization: batch "
            "gives its bias alone; see training.batch_size: 14 (allow: [batch_of_one] if it is meant)",
        ),
    ],
)
def test_what_only_the_data_show_is_said(config: str, remark: str) -> None:
    """In the words of the warning that `check` has for data that it knows."""
    assert said(config) == ([], [remark])


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ("model: {normalization: batch}\ntraining: {batch_size: 1}", "batch_of_one"),
        (
            "head: {metrics: [accuracy]}\ntraining: {early_stopping: {monitor: val_accuracy, min_delta: 1.0}}",
            "unreachable_gain",
        ),
        ("model: {layers: [{Dense: {units: 3, activation: softmax}}]}", "second_output"),
    ],
)
def test_what_the_config_shows_is_said_once(config: str, rule: str) -> None:
    """By `check`, and not once more."""
    assert said(config) == ([rule], [])


@pytest.mark.parametrize(
    "config",
    [
        "",
        "head: {metrics: [top_3_accuracy]}",
        "training: {batch_size: 512}",
        "training: {early_stopping: {min_delta: 1.0}}",
        "model: {normalization: batch}\ntraining: {batch_size: 9}",
        "model: {layers: [{Dense: {units: 3, activation: sigmoid}}, {Dense: {units: 8, activation: relu}}]}",
    ],
)
def test_settings_that_fit_the_data_are_quiet(config: str) -> None:
    """Of 8 classes, and 640 training examples."""
    assert said(config, n=1000, n_classes=8) == ([], [])


def test_a_small_table_is_trained_with_the_default_batch_in_peace() -> None:
    """It is no choice of the user's."""
    assert said("", n=40) == ([], [])


@pytest.mark.training
def test_a_run_records_them(tmp_path: Path) -> None:
    """With what is said of its data, in its summary."""
    Path("t.csv").write_text("x,y\n" + "".join(f"{i * 7 % 11},{'abc'[i % 3]}\n" for i in range(103)))
    config = "dataset: {type: csv, path: t.csv, target: y, task: multiclass}\nhead: {metrics: [top_3_accuracy]}\n"
    summary = run_of(tmp_path, f"{config}training: {{epochs: 1}}\n").summary()

    assert summary is not None
    assert [each["rule"] for each in summary.content["remarks"]] == ["certain_top_k"]
