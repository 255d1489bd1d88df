"""Scores that the targets of a split leave undefined: known before training, said, recorded as missing, not watched."""

import json
import math
import re
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from jobs import job_of, run_of
from make_runs import changed, finished

from dlexp.components.component import Unfit
from dlexp.components.metrics import METRICS
from dlexp.components.remarks import Remark
from dlexp.config.checks import completed
from dlexp.config.experiment import EarlyStopping
from dlexp.config.load import load
from dlexp.execution.execute import execute
from dlexp.records.index import read, scan
from dlexp.reports.comparison.document import document, rows
from dlexp.reports.comparison.facts import compare
from dlexp.reports.comparison.table import to_text
from dlexp.reports.run.listing import listing
from dlexp.reports.run.outcome import outcome
from dlexp.reports.run.page import render as shown
from dlexp.reports.run.results import result_lines
from dlexp.reports.verification.integrity import check
from dlexp.training.early_stopping import Best
from dlexp.training.epochs import Epochs, summarize
from dlexp.training.undefined_scores import UndefinedScores

RNG = np.random.default_rng(0)
#: 100 rows, of which the first 20 are `no`.
ROWS = ["no"] * 20 + ["yes", "no"] * 40
FRONT = "validation: {type: front, size: 20}\n"
OF_NO = "not defined on 20 validation examples, all of class no"
SEE_DRAWN = "; see validation: {type: split, size: 0.2}"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def table(targets: list[Any], task: str, metrics: str, rest: str = FRONT) -> str:
    """A config of a table with these targets and one feature; the last rows test."""
    Path("t.csv").write_text("x,y\n" + "".join(f"{RNG.normal():.3f},{y}\n" for y in targets))
    tested = "test_split: {type: time, size: 20}"
    return f"dataset: {{type: csv, path: t.csv, target: y, task: {task}, {tested}}}\nmetrics: [{metrics}]\n{rest}"


def found(config: str) -> UndefinedScores:
    """What the data of a config leave undefined."""
    Path("c.yaml").write_text(config)
    experiment = load(Path("c.yaml")).experiment
    data = experiment.dataset.load(None)
    return UndefinedScores.of(completed(experiment, data.info or experiment.dataset.info()), data)


def said(config: str) -> list[str]:
    """What is said of them, without how to allow it."""
    return [str(each).partition(" (allow: ")[0] for each in found(config).remarks()]


def archive(**arrays: Any) -> None:
    """An archive with two numbers per example."""
    x: dict[str, Any] = {f"x_{part}": RNG.normal(size=(len(arrays[f"y_{part}"]), 2)) for part in ("train", "test")}
    np.savez("a.npz", **x, **arrays)


def test_one_class_has_no_auc() -> None:
    """Of the validation split; accuracy and F1 are defined there, and all scores on the other splits."""
    config = table(ROWS, "binary", "auc, accuracy, f1_macro, f1_micro, calibration_error, logit_gradient")

    assert found(config).reasons == {"val_auc": OF_NO}
    assert said(config) == [f"t.csv: val_auc is {OF_NO}{SEE_DRAWN}"]


@pytest.mark.parametrize(
    ("rest", "key"),
    [
        ("validation: {type: split, size: 1}", "validation.size"),
        ("validation: {type: split, size: 1, stratify: false}", "validation.size"),
        ("validation: {type: time, size: 1}", "validation.size"),
    ],
)
def test_the_key_is_that_of_the_split(rest: str, key: str) -> None:
    """Where it gives the split other examples; a single one is of one class."""
    (line,) = said(table(ROWS, "binary", "auc", rest))

    assert line.startswith("t.csv: val_auc is not defined on 1 validation example of class ")
    assert line.endswith(f"; see {key}")


def test_the_key_is_that_of_the_training_examples() -> None:
    """Of all of them there are two classes."""
    config = table(ROWS, "binary", "auc").replace("{type: csv,", "{type: csv, train_fraction: 0.02,")

    assert "t.csv: auc is not defined on 1 training example of class yes; see dataset.train_fraction" in said(config)


def test_the_key_is_that_of_the_marks() -> None:
    """Where a column says which rows validate; where the test split validates, that of the test split."""
    of_test = said(table(ROWS + ["no"] * 20, "binary", "auc", "validation: test\n"))
    lines = [f"{i % 9},{'no' if i < 10 else ['yes', 'no'][i % 2]},{'val' if i < 10 else 'train'}\n" for i in range(90)]
    Path("t.csv").write_text("x,y,part\n" + "".join(lines) + "1,no,test\n2,yes,test\n")
    dataset = "dataset: {type: csv, path: t.csv, target: y, task: binary, split_column: part}\nmetrics: [auc]\n"

    assert said(dataset) == [
        "t.csv: val_auc is not defined on 10 validation examples, all of class no; see dataset.split_column"
    ]
    assert [line.rpartition("; see ")[2] for line in of_test] == ["dataset.test_split.size"] * 2


def test_classes_can_be_drawn() -> None:
    """Where that was switched off, and there is room for each; of shipped data the default is no draw by class."""
    rest = "validation: {type: split, size: 2, stratify: false, seed: 7}"
    (own,) = said(table(["no", "no", "yes", "no", "no", "no"] * 10, "binary", "auc", rest))
    (shipped,) = said("dataset: {type: digits, target: parity}\nmetrics: [auc]\nvalidation: {type: split, size: 2}\n")

    assert own.endswith(
        "val_auc is not defined on 2 validation examples, all of class no; see validation.stratify: auto"
    )
    assert shipped.endswith("; see validation.stratify: true")


def test_a_test_split_of_one_class() -> None:
    """Of a file of its own no setting but the metrics leaves the score out; of a split, its size."""
    archive(y_train=np.tile([0, 1], 30), y_test=np.zeros(8, int))
    given = said("dataset: {type: npz, path: a.npz, task: binary}\nmetrics: [auc]\n")
    drawn = said(table(ROWS + ["no"] * 20, "binary", "auc"))

    assert given == ["a.npz: test_auc is not defined on 8 test examples, all of class 0; see head.metrics"]
    assert drawn[1] == (
        "t.csv: test_auc is not defined on 20 test examples, all of class no; see dataset.test_split.size"
    )


def test_a_target_that_never_varies_has_no_r2_anywhere() -> None:
    """R2 compares with the mean, which is right; also if the rounded mean is not the target itself."""
    config = table([0.1] * 100, "regression", "r2, mae, mse, rmse")
    splits = {"": "60 training", "val_": "20 validation", "test_": "20 test"}

    assert found(config).reasons == {
        f"{prefix}r2": f"not defined on {n} examples, all with the target 0.1" for prefix, n in splits.items()
    }
    assert all(line.endswith("; see head.metrics") for line in said(config))


def test_a_single_number_has_no_r2() -> None:
    """Nor has it a deviation from the mean."""
    config = table(list(range(100)), "regression", "r2, mae", "validation: {type: split, size: 1}")

    (line,) = said(config)
    assert line.startswith("t.csv: val_r2 is not defined on 1 validation example with the target ")


def test_classes_without_a_curve_are_named() -> None:
    """Auc is the mean over the others; of data where no class has one, it is not defined."""
    archive(y_train=np.repeat([0, 1, 2], 20), y_test=np.tile([0, 2], 5))
    lines = said("dataset: {type: npz, path: a.npz, task: multiclass}\nmetrics: [auc, accuracy, f1_macro]\n")

    assert lines == ["a.npz: no test example has class 1, which test_auc leaves out; see head.metrics"]


@pytest.mark.parametrize("task", ["multilabel", "ordinal"])
def test_other_kinds_of_classes(task: str) -> None:
    """Labels that all or none have; a single class of an order."""
    labels = np.tile([[1, 0, 1], [0, 1, 1]], (20, 1))
    y = {"multilabel": (labels, np.tile([1, 0, 0], (6, 1))), "ordinal": (labels[:, 0], np.ones(6, int))}[task]
    archive(y_train=y[0], y_test=y[1])
    lines = said(f"dataset: {{type: npz, path: a.npz, task: {task}}}\nmetrics: [auc, accuracy]\n")

    expected = {
        "multilabel": [
            "a.npz: test_auc is not defined on 6 test examples, all with the label 0 alone; see head.metrics",
            "a.npz: every training example has class 2, which auc leaves out; see head.metrics",
            "a.npz: every validation example has class 2, which val_auc leaves out; see validation.size",
        ],
        "ordinal": ["a.npz: test_auc is not defined on 6 test examples, all of class 1; see head.metrics"],
    }
    assert lines == expected[task]


def test_labels_that_no_example_has() -> None:
    """F1 of nothing is no score; of a single label it counts as 0, as scikit-learn takes it."""
    archive(y_train=np.tile([[1, 0], [0, 1]], (20, 1)), y_test=np.zeros((6, 2), int))
    config = "dataset: {type: npz, path: a.npz, task: multilabel}\nmetrics: [f1_micro, f1_macro, auc, exact_match]\n"
    none, lines = found(config).reasons, said(config)
    archive(y_train=np.tile([[1, 0], [0, 1]], (20, 1)), y_test=np.tile([1, 0], (6, 1)))

    of_none = "not defined on 6 test examples, all without a label"
    assert none == dict.fromkeys(("test_f1_micro", "test_f1_macro", "test_auc"), of_none)
    assert lines == [f"a.npz: test_f1_micro, test_f1_macro and test_auc are {of_none}; see head.metrics"]
    assert said(config)[1:] == ["a.npz: no test example has class 1, which test_f1_macro counts as 0; see head.metrics"]


def test_several_targets_have_scores_of_their_own() -> None:
    """The column names the target, and so does the key."""
    lines = [f"{i % 9},{'no' if i < 20 else ['yes', 'no'][i % 2]},{i * 7 % 10}\n" for i in range(100)]
    Path("t.csv").write_text("x,sick,age\n" + "".join(lines))
    config = (
        "dataset: {type: csv, path: t.csv, target: {sick: binary, age: regression}, test_split: time}\n"
        f"head: {{type: multitask, heads: {{sick: {{metrics: [auc]}}, age: {{metrics: [r2]}}}}}}\n{FRONT}"
    )

    assert said(config) == [f"t.csv: val_sick_auc is {OF_NO}{SEE_DRAWN}"]


def test_shipped_data_are_looked_at_too() -> None:
    """A single example of digits is of one class."""
    (line,) = said("dataset: {type: digits, target: parity}\nmetrics: [auc]\nvalidation: {type: split, size: 1}\n")

    assert line.startswith("digits: val_auc is not defined on 1 validation example of class ")
    assert line.endswith("; see validation.size")


def test_a_score_that_is_not_defined_cannot_be_watched() -> None:
    """Refused with the reason, what to watch and the key; its remark would say the same."""
    config = table(ROWS, "binary", "auc", f"{FRONT}training: {{early_stopping: {{monitor: val_auc}}}}\n")

    with pytest.raises(Unfit) as refused:
        found(config).require_watched()
    assert refused.value.lines == [
        f"training.early_stopping.monitor: val_auc is {OF_NO}; watch val_loss, or see validation: "
        "{type: split, size: 0.2}"
    ]
    assert said(config) == []


def test_a_score_of_one_of_several_targets_cannot_be_watched_either() -> None:
    """The loss of all that is watched instead is that of the same split."""
    Path("t.csv").write_text("x,a,b\n" + "".join(f"{i % 7},0,{i}\n" for i in range(50)))
    config = (
        "dataset: {type: csv, path: t.csv, target: {a: regression, b: regression}}\nhead: {type: multitask, heads: "
        "{a: {metrics: [r2]}, b: {metrics: [mae]}}}\ntraining: {early_stopping: {monitor: a_r2}}\n"
    )

    with pytest.raises(Unfit, match="a_r2 is not defined on 32 training examples, all with the target 0; watch loss, "):
        found(config).require_watched()


def test_a_score_that_is_defined_can_be_watched() -> None:
    """What else is missing does not matter."""
    found(
        table(ROWS, "binary", "auc, accuracy", f"{FRONT}training: {{early_stopping: {{monitor: val_accuracy}}}}\n")
    ).require_watched()


@pytest.mark.parametrize("name", list(METRICS))
def test_a_metric_that_is_defined_is_a_number(name: str) -> None:
    """On the targets that are hardest for it: a single example, one class, no label, equal numbers."""
    metric = METRICS[name]
    targets: dict[str, list[np.ndarray]] = {
        "binary": [np.zeros(1, "int32"), np.ones(3, "int32")],
        "multiclass": [np.full(1, 2, "int32"), np.zeros(3, "int32")],
        "ordinal": [np.full(1, 2, "int32"), np.zeros(3, "int32")],
        "multilabel": [np.zeros((1, 3), "int32"), np.ones((2, 3), "int32"), np.zeros((2, 3), "int32")],
        "regression": [np.full(1, 0.1), np.full(3, 0.1)],
    }
    width = {"binary": 1, "regression": 1}
    cases = [(y, width.get(task, 3)) for task in metric.tasks for y in targets[task] if name != "logit_gradient"]

    for y, n in cases:
        value = metric.measure(y, RNG.dirichlet(np.ones(3), len(y))[:, :n])
        assert math.isnan(value) == bool(metric.undefined(y, ()))


def test_the_best_of_a_history_is_that_of_the_epochs_that_have_it() -> None:
    """The first of equal ones; none of what is missing in every epoch."""
    history = [
        {"epoch": epoch, "val_loss": loss, "val_auc": auc, "val_r2": math.nan}
        for epoch, loss, auc in [(1, math.nan, 0.7), (2, 3.0, math.nan), (3, 2.0, 0.8), (4, 2.0, 0.8)]
    ]

    summary = summarize(history)

    assert {name: summary[f"best_{name}"] for name in ("val_loss", "val_auc")} == {"val_loss": 2.0, "val_auc": 0.8}
    assert {name: summary[f"best_{name}_epoch"] for name in ("val_loss", "val_auc")} == {"val_loss": 3, "val_auc": 3}
    assert all(math.isnan(summary[name]) for name in ("best_val_r2", "best_val_r2_epoch"))


@pytest.mark.parametrize(
    ("values", "best", "stops"),
    [
        ([math.nan, 0.5, 0.6, math.nan, 0.5, 0.7], 3, 5),
        ([0.5, math.nan, math.nan, 0.9], 1, 3),
        ([math.nan, math.nan, 0.5], 0, 2),
    ],
)
def test_what_is_not_a_number_is_never_the_best_epoch(values: list[float], best: int, stops: int | None) -> None:
    """It counts as an epoch without an improvement; without a best epoch nothing is restored."""

    class Weights:
        def get_weights(self) -> list[np.ndarray]:
            return []

        def set_weights(self, weights: list[np.ndarray]) -> None:
            assert best

    early = Best(settings=EarlyStopping(monitor="val_auc", patience=2), network=cast(Any, Weights()))
    epochs = Epochs(planned=len(values))
    for value in values:
        epochs.history.append({"val_auc": value})
        early.note(epochs)
        if epochs.are_done:
            break

    assert (early.epoch, epochs.stopped_epoch, early.restore()) == (best, stops, best or None)


#: What is recorded of a run whose validation split is of one class.
UNDEFINED = {"missing_scores": {"val_auc": OF_NO}}
CONFIG = changed(head={"type": "binary", "metrics": ["auc"]})
SCORES: dict[str, Any] = {
    **{"loss": 0.5, "auc": 0.9, "val_loss": 0.6, "val_auc": None, "best_val_loss": 0.6, "best_val_loss_epoch": 2},
    **{"best_val_auc": None, "best_val_auc_epoch": None, "test_loss": 0.7, "test_auc": 0.8},
}


def undefined_run(name: str = "a", seed: int = 0, **record: Any) -> Any:
    """A run whose `val_auc` is missing."""
    return finished(Path("runs"), name, seed, config=CONFIG, **({"metrics": SCORES} | UNDEFINED | record))


def test_readers_of_one_run_say_that_it_is_missing() -> None:
    """No number, no best epoch; the reason stands with the scores."""
    run_dir = undefined_run()
    page = shown(read(run_dir), "table")

    assert result_lines([outcome(read(run_dir), "a")]) == [f"{run_dir.path}: val_auc missing, test_auc 0.8000, 1.2 s"]
    assert re.search(r"\n  auc +0\.\d+ +- +- +0\.8000\n", page)
    assert f"\n  val_auc: {OF_NO}.\n" in page.replace("\n  no", " no")
    header, row = listing([read(run_dir)], "table", None).text.splitlines()
    assert dict(zip(header.split(), row.split(), strict=True))["val_auc"] == "-"


def test_an_old_record_without_a_reason_is_read() -> None:
    """Its best epoch was taken to be the first one."""
    run_dir = undefined_run(missing_scores={}, metrics=SCORES | {"best_val_auc_epoch": 1})

    assert result_lines([outcome(read(run_dir), "a")]) == [f"{run_dir.path}: val_auc -, test_auc 0.8000, 1.2 s"]
    assert re.search(r"\n  auc +0\.\d+ +- +- +0\.8000\n", shown(read(run_dir), "table"))


def test_files_of_an_old_record_agree() -> None:
    """Version 0.1.0 took a NaN that came first as the best value, of the first epoch."""
    scores = {"loss": 0.3, "accuracy": 0.9, "val_loss": 0.5, "val_accuracy": 0.9}
    best = {"best_val_loss": None, "best_val_loss_epoch": 1, "best_val_accuracy": 0.9, "best_val_accuracy_epoch": 1}
    run_dir = finished(Path("runs"), metrics=scores | best)
    rows = run_dir.history_path.read_text().replace("0.6,0.91", "nan,0.1")
    run_dir.history_path.write_text(rows)
    run_dir.write_summary(json.loads(run_dir.summary_path.read_text()))

    lines = [line for line in check(read(run_dir)).damage if "history.csv gives" in line]
    assert lines == [f"{run_dir.summary_path}: best_val_accuracy_epoch is 1, and history.csv gives 2"]


def test_nothing_is_compared_with_what_is_missing() -> None:
    """The cell says it, a note the reason; a difference or verdict there is none, in the rows and as JSON too."""
    for seed in range(3):
        undefined_run("a", seed)
        known = SCORES | {"val_auc": 0.5 + seed / 10, "best_val_auc": 0.8, "best_val_auc_epoch": 1}
        finished(Path("runs"), "b", seed, config=changed(head=CONFIG["head"], model={"hidden": [4]}), metrics=known)
    comparison = compare([read(run_dir) for run_dir in scan(Path("runs"))], ["val_auc", "best_val_auc"])
    of_a, of_b = (row for row in rows(comparison) if row["metric"] == "val_auc")

    text = to_text(comparison, width=200)
    assert "val_auc        missing    0.60 ±0.10\n" in text
    assert f"val_auc and best_val_auc of a: {OF_NO}." in text
    assert (of_a["reason"], of_b["reason"]) == (OF_NO, f"a: {OF_NO}")
    assert not {"difference", "verdict"} & of_b.keys()
    assert [metric["missing"] for metric in document(comparison)["metrics"]] == [[OF_NO, None]] * 2


def test_the_seed_that_lacks_a_score_says_why() -> None:
    """The others are compared; a best value that there is needs no reason."""
    undefined_run("a", 0, missing_scores={"val_auc": "no finite prediction"})
    finished(Path("runs"), "a", 1, config=CONFIG, metrics=SCORES | {"val_auc": 0.7, "best_val_auc": 0.8})
    text = to_text(compare([read(run_dir) for run_dir in scan(Path("runs"))], ["val_auc", "val_loss"]), width=200)

    assert "val_auc    0.7000 (1 of 2 seeds)\n" in text
    assert "val_auc of a: no finite prediction.\n" in text


def test_a_score_that_is_missing_everywhere_is_a_row() -> None:
    """Nobody recorded a number, and the table says why."""
    undefined_run()

    comparison = compare([read(run_dir) for run_dir in scan(Path("runs"))])
    assert "val_auc" in [metric.name for metric in comparison.metrics]
    assert OF_NO in to_text(comparison, width=200)


@pytest.mark.training
def test_a_run_records_what_is_missing() -> None:
    """Empty of a number in the history, null in the summary, no guess beside it; its files agree."""
    config = table(ROWS, "binary", "auc, accuracy", f"{FRONT}training: {{epochs: 2}}\n")

    run_dir = run_of(Path(), config)

    summary = run_dir.summary()
    assert summary is not None
    names = ("val_auc", "best_val_auc", "best_val_auc_epoch")
    assert [name for name, value in summary.metrics.items() if math.isnan(value)] == list(names)
    assert all(f'"{name}": null' in run_dir.summary_path.read_text() for name in names)
    assert [math.isnan(row["val_auc"]) for row in run_dir.history()] == [True, True]
    assert summary.missing_scores == {"val_auc": OF_NO}
    assert list(summary.guessing) == ["val_accuracy", "test_auc", "test_accuracy"]
    assert "undefined_score" in {Remark.of(each).rule for each in summary.remarks}
    assert check(read(run_dir)).damage == []


@pytest.mark.training
def test_a_smoke_run_says_nothing_of_a_stand_in() -> None:
    """How one is split is no choice of the user's: early stopping goes by what there is."""
    text = "dataset: {type: digits, target: parity}\nmetrics: [auc]\nvalidation: {type: front, size: 1}\n"
    job = job_of(Path(), f"{text}training: {{epochs: 2, early_stopping: {{monitor: val_auc}}}}\n", stand_in=True)

    assert execute(job) == "finished"
    summary = job.run_dir.summary()
    assert summary is not None
    assert list(summary.missing_scores) == ["val_auc"]
    assert (summary.remarks, summary.restored_epoch) == ([], None)
