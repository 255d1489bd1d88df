"""One job from start to records, in this process."""

import json
import logging
import signal
import socket
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from jobs import IRIS, SUBMITTED, job_of
from scipy.sparse import csr_array

from dlexp.components.columns import Column
from dlexp.components.data import Info, Split
from dlexp.config.experiment import Experiment
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.execution import execute as execute_module
from dlexp.execution.execute import execute
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.training.epochs import summarize
from dlexp.training.job import Job
from dlexp.training.mistakes import mistakes
from dlexp.training.splits import split


@pytest.mark.training
@pytest.mark.parametrize(
    ("module", "leaves", "said"),
    [
        ("exiting", "sys.exit(3)", "it calls sys.exit(3)"),
        ("interrupting", "raise KeyboardInterrupt", "it raises KeyboardInterrupt"),
    ],
)
def test_own_code_that_leaves_fails_its_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, leaves: str, said: str
) -> None:
    """Neither the process nor the command ends with exit code 0 and without a word."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_IGN)  # As in a worker.
    Path(f"{module}.py").write_text(f"import sys\ndef build(x):\n    {leaves}\n")
    job = job_of(tmp_path, IRIS.replace("{hidden: [8]}", f"{{type: python, function: '{module}:build'}}"))

    ending = execute(job)

    failure = RunDir(job.path).failure()
    assert ending == "failed"
    assert failure is not None
    assert failure.what == f"model.function: {module}:build: Exited: {said} ({module}.py, line 3)"


@pytest.mark.training
def test_finished_run_has_every_record(tmp_path: Path) -> None:
    """A run leaves all files of the run directory, and the summary agrees with the history."""
    job = job_of(tmp_path, IRIS)

    execute(job)

    run_dir = RunDir(job.path)
    assert {path.name for path in job.path.iterdir()} == {
        "config.yaml",
        "history.csv",
        "summary.json",
        "environment.json",
        "manifest.json",
        "model.keras",
        "evaluation.json",
        "predictions.npz",
        "curves.png",
        "log.txt",
    }
    history, summary = run_dir.history(), run_dir.summary()
    assert summary is not None
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5]
    assert summary.metrics["val_accuracy"] == history[-1]["val_accuracy"]
    assert summary.metrics["best_val_loss"] == min(row["val_loss"] for row in history)
    assert summary.submitted == SUBMITTED
    assert summary.examples == {"train": 96, "validation": 24, "test": 30}
    assert {role: list(of_targets) for role, of_targets in summary.split_digests.items()} == {
        "train": [""],
        "validation": [""],
        "test": [""],
    }
    # 10 of 30 test examples are of each species.
    test_guess, validation_guess = summary.guessing["test_accuracy"], summary.guessing["val_accuracy"]
    assert (test_guess, validation_guess) == (10 / 30, most_frequent_share(job))
    assert summary.parameters == 4 * 8 + 8 + 8 * 3 + 3
    assert history[0]["learning_rate"] == 0.001
    assert (run_dir.environment() or {})["host"] == socket.gethostname()


def most_frequent_share(job: Job) -> float:
    """The share of the most frequent class among the validation examples."""
    y = split(job.experiment, job.experiment.dataset.load(None)).by_role["validation"].y
    return float(np.bincount(y).max() / len(y))


@pytest.mark.training
def test_resolved_config_is_the_same_experiment(tmp_path: Path) -> None:
    """Running a run's config.yaml again is the same experiment: equal to the last default, equal identity."""
    job = job_of(tmp_path, IRIS)

    execute(job)
    again = load(RunDir(job.path).config_path).experiment

    assert again == job.experiment
    assert Ingredients.of(again, job.data_digest).identity == job.identity


@pytest.mark.training
@pytest.mark.parametrize(
    ("dataset", "slack"),
    # What luck may give on 2,000 examples: a model that errs by e in its logits loses about e^2 and wins about e / 45.
    [(name, 0.005) for name in ("counts", "ratings", "documents", "noisy_sine", "moons", "reviews")],
)
def test_no_model_beats_the_best_possible_score(tmp_path: Path, dataset: str, slack: float) -> None:
    """A trained model comes near to what the true law scores, and never beats it by more than luck."""
    text = f"dataset: {dataset}\nmodel: {{hidden: [16]}}\ntraining: {{epochs: 20}}\n"
    job = job_of(tmp_path, text)

    execute(job)

    summary = RunDir(job.path).summary()
    assert summary is not None
    reached, best = summary.metrics, summary.best_possible
    assert best["test_nll"] - slack < reached["test_nll"] < 2 * best["test_nll"] + 0.5
    for column in best.keys() & reached.keys() - {"test_nll"}:
        by = (best[column] - reached[column]) * (1 if Column.parse(column).higher_is_better else -1)
        assert by > -0.01 * abs(best[column]), column


@pytest.mark.training
def test_smoke_runs_know_no_best_possible_score(tmp_path: Path) -> None:
    """Their examples are others than those whose score is known."""
    job = job_of(tmp_path, "dataset: counts\ntraining: {epochs: 1}\n", stand_in=True)

    execute(job)

    assert read(RunDir(job.path)).result.best_possible == {}


@pytest.mark.training
def test_saved_model_predicts_probabilities_from_raw_inputs(tmp_path: Path) -> None:
    """model.keras opens in plain Keras, standardizes by itself, and gives the recorded accuracy."""
    job = job_of(tmp_path, IRIS)

    execute(job)
    model = keras.models.load_model(RunDir(job.path).model_path)
    data = job.experiment.dataset.load(None)
    probabilities = model.predict(data.test.x, verbose=0)

    assert probabilities.sum(axis=1) == pytest.approx(np.ones(30), abs=1e-6)
    summary = RunDir(job.path).summary()
    assert summary is not None
    assert (probabilities.argmax(axis=1) == data.test.y).mean() == summary.metrics["test_accuracy"]


@pytest.mark.training
def test_feature_that_never_varies_in_training_is_only_centred(tmp_path: Path) -> None:
    """A pixel that is 0 in all of training is no division by 0 where a test example has it: the loss stays sane."""
    job = job_of(tmp_path, "dataset: digits\ntraining: {epochs: 3}\n")
    data = job.experiment.dataset.load(None)
    blank = np.ptp(data.train.x, axis=0) == 0

    execute(job)

    summary = RunDir(job.path).summary()
    assert summary is not None
    assert data.test.x[:, blank].any()
    assert summary.metrics["test_loss"] < 3 * summary.metrics["val_loss"]


def test_mistakes_are_the_most_confidently_wrong_first() -> None:
    """Only wrong decisions count, by the probability of the wrong class; positions are those of the test split."""
    y = np.array([0, 1, 1, 0], dtype=np.int32)
    predictions = np.array([[0.9], [0.2], [0.8], [0.6]], dtype=np.float32)
    info = load_info("breast_cancer")

    found = mistakes(y, predictions, info)

    assert [(row["position"], row["target"], row["predicted"]) for row in found] == [(0, 0, 1), (1, 1, 0), (3, 0, 1)]
    assert [row["probability"] for row in found] == pytest.approx([0.9, 0.8, 0.6])


def load_info(name: str) -> Info:
    """What a data set looks like."""
    return Experiment.model_validate(
        {"name": "x", "dataset": {"type": name}, "head": {"type": "binary"}}
    ).dataset.info()


@pytest.mark.training
def test_regression_model_predicts_in_the_targets_own_units(tmp_path: Path) -> None:
    """The target is standardized for training only: predictions and mae are in its own units."""
    job = job_of(tmp_path, "dataset: diabetes\nmodel: {hidden: [16]}\ntraining: {epochs: 40}\n")

    execute(job)
    model = keras.models.load_model(RunDir(job.path).model_path)
    data = job.experiment.dataset.load(None)
    predicted = model.predict(data.test.x, verbose=0)[:, 0]

    summary = RunDir(job.path).summary()
    assert summary is not None
    assert summary.metrics["test_mae"] == pytest.approx(np.abs(predicted - data.test.y).mean(), rel=1e-6)
    assert 100 < predicted.mean() < 200


@pytest.mark.training
def test_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    """`execute` is idempotent: a finished run's files are not touched."""
    job = job_of(tmp_path, IRIS)
    execute(job)
    before = {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()}

    execute(job)

    assert {path.name: path.stat().st_mtime_ns for path in job.path.iterdir()} == before


@pytest.mark.training
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_loss_that_is_not_finite_ends_the_run_as_diverged(tmp_path: Path) -> None:
    """NaN in the loss: failure.json says diverged and in which epoch, the epochs so far stay readable."""
    job = job_of(
        tmp_path,
        "dataset: diabetes\nhead: {standardize_target: false}\noptimizer: {type: sgd, learning_rate: 100.0}\n"
        "training: {epochs: 50}\n",
    )

    execute(job)

    run_dir = RunDir(job.path)
    failure = run_dir.failure()
    assert run_dir.status == "failed"
    assert failure is not None
    assert (failure.kind, failure.submitted) == ("diverged", SUBMITTED)
    assert failure.epoch == len(run_dir.history()) == 1
    assert failure.what.startswith("loss is ")
    assert run_dir.summary() is None
    assert "Diverged" in run_dir.log_path.read_text()


def test_a_bug_is_recorded_with_its_place_and_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error ends one run: failure.json says what and where, log.txt has the traceback."""
    job = job_of(tmp_path, IRIS)

    def broken(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(type(job.experiment.dataset), "load", broken)
    execute(job)

    failure = RunDir(job.path).failure()
    assert failure is not None
    assert failure.kind == "error"
    assert failure.what == "KeyError: 'planted'"
    assert str(failure.where).endswith("in broken")
    assert "Traceback" in RunDir(job.path).log_path.read_text()


def test_what_keras_says_around_an_error_is_in_the_log_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is one line, without escapes and the arguments that a layer was called with."""
    job = job_of(tmp_path, IRIS)

    def broken(*_: object) -> None:
        around = "Exception encountered when calling Softmax.call().\n\n\x1b[1mtuple index out of range\x1b[0m\n\n"
        raise IndexError(f"{around}Arguments received by Softmax.call():\n  inputs=tf.Tensor(...)")

    monkeypatch.setattr(type(job.experiment.dataset), "load", broken)
    execute(job)

    failure = RunDir(job.path).failure()
    assert failure is not None
    assert failure.what == "IndexError: tuple index out of range"
    assert "Arguments received" in RunDir(job.path).log_path.read_text()


@pytest.mark.training
@pytest.mark.parametrize(
    ("text", "n_columns"),
    [
        ("dataset: iris\nvalidation: none\ntraining: {epochs: 2}\n", 5),
        ("dataset: breast_cancer\nvalidation: test\ntraining: {epochs: 2}\n", 7),
        ("dataset: wine\nvalidation: 30\ntraining: {epochs: 2}\nloss: mse\n", 7),
        ("dataset: diabetes\nmetrics: [mae, rmse]\ntraining: {epochs: 2}\n", 9),
    ],
)
def test_columns_of_the_history_follow_from_the_config(tmp_path: Path, text: str, n_columns: int) -> None:
    """The history's columns are epoch, seconds, learning_rate, then scores, then validation scores if there are any."""
    job = job_of(tmp_path, text)

    execute(job)

    header = RunDir(job.path).history_path.read_text().splitlines()[0].split(",")
    assert header == job.experiment.history_columns
    assert len(header) == n_columns
    assert RunDir(job.path).status == "finished"


def test_a_logger_of_the_first_run_writes_into_the_log_of_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow's keeps the stream that it finds in a worker's first run."""
    logger = logging.Logger("kept")

    def warn(job: Job) -> None:
        if not logger.handlers:
            logger.addHandler(logging.StreamHandler())
        logger.warning("seed %s", job.seed)

    monkeypatch.setattr(execute_module, "_train", warn)
    jobs = [job_of(tmp_path, IRIS, seed) for seed in (0, 1)]

    for job in jobs:
        execute(job)

    assert [RunDir(job.path).log_path.read_text() for job in jobs] == ["seed 0\n", "seed 1\n"]


@pytest.mark.training
def test_golden_history() -> None:
    """The numbers of this version of the training code. Where they change, raise TRAINING_VERSION with them."""
    golden = json.loads((Path(__file__).parent / "golden_history.json").read_text())

    assert recorded_history() == [pytest.approx(row, rel=1e-5) for row in golden]


def recorded_history() -> list[dict[str, Any]]:
    """Three epochs on generated sparse text: multi-hot, dropout, a penalty, Adam."""
    from dlexp.training.loop import Evaluator, Trainer, order_of
    from dlexp.training.network import build

    config = Experiment.model_validate(
        {
            "name": "golden",
            "dataset": {"type": "imdb", "num_words": 300},
            "model": {"type": "mlp", "dropout": 0.2, "kernel_regularizer": {"type": "l2", "l2": 0.001}},
            "head": {"type": "binary", "units": 1},
        }
    )
    generator = np.random.default_rng(0)
    words = (generator.random((250, 300)) < 0.1).astype(np.float32)
    classes = (words[:, :150].sum(axis=1) > words[:, 150:].sum(axis=1)).astype(np.int32)
    train, test = (Split(csr_array(words[part]), classes[part]) for part in (slice(200), slice(200, None)))
    network = build(config, config.dataset.info(), train, seed=0)
    trainer = Trainer(network, config.optimizer.build(), train, config.training.batch_size)
    evaluator = Evaluator(network, test)
    losses = [
        (trainer.train_epoch(order_of(0, epoch, len(train))).loss, evaluator.evaluate().loss) for epoch in (1, 2, 3)
    ]
    return [{"loss": loss, "val_loss": val_loss} for loss, val_loss in losses]


def test_best_is_the_first_of_equal_epochs_and_the_better_way_is_the_metrics_own() -> None:
    """Accuracy is best at its highest, loss at its lowest; the earliest epoch counts."""
    history = [
        {"epoch": 1, "seconds": 1.0, "learning_rate": 0.1, "loss": 3.0, "val_loss": 2.0, "val_accuracy": 0.5},
        {
            "epoch": 2,
            "seconds": 1.0,
            "learning_rate": 0.1,
            "loss": 2.0,
            "val_loss": 1.0,
            "val_accuracy": 0.75,
        },
        {
            "epoch": 3,
            "seconds": 1.0,
            "learning_rate": 0.1,
            "loss": 1.0,
            "val_loss": 1.0,
            "val_accuracy": 0.75,
        },
    ]

    summary = summarize(history)

    assert summary == {
        "loss": 1.0,
        "val_loss": 1.0,
        "val_accuracy": 0.75,
        "best_val_loss": 1.0,
        "best_val_loss_epoch": 2,
        "best_val_accuracy": 0.75,
        "best_val_accuracy_epoch": 2,
    }


def test_metric_of_which_neither_way_is_better_has_no_best() -> None:
    """The gradient at the logit has a last value alone: small, it is a good fit, or a start that never learns."""
    summary = summarize([{"epoch": 1, "val_logit_gradient": 0.25}, {"epoch": 2, "val_logit_gradient": 0.5}])

    assert summary == {"val_logit_gradient": 0.5}


def test_what_the_library_logs_stands_in_the_runs_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In a worker it goes nowhere else."""
    job = job_of(tmp_path, IRIS)

    def train(job: Job) -> None:
        logging.getLogger("dlexp.components.anything").info("first")
        logging.getLogger("dlexp.components.anything").warning("second")

    monkeypatch.setattr(execute_module, "_train", train)

    execute(job)

    assert job.run_dir.log_path.read_text() == "first\nsecond\n"
    assert caplog.messages == []
