"""What is NaN or infinite: a training that diverged, or a split whose scores are missing for a few examples."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from experiments import IRIS, experiment
from jobs import job_of

from dlexp.config.experiment import Experiment
from dlexp.execution.execute import execute
from dlexp.records.ended import Finished
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.training.inference import infer
from dlexp.training.loop import Trainer, order_of
from dlexp.training.network import build
from dlexp.training.splits import split
from dlexp.training.threads import set_threads

set_threads(1)

#: Far above all other numbers.
FAR = 9.0
EXPLODES = "optimizer: {type: sgd, learning_rate: 1.0e+30}\n"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def data(task: str = "regression", **far: list[int]) -> str:
    """A config's data set, of 20 rows for training and test; `FAR` stands in those of these positions."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part in ("train", "test"):
        x = rng.normal(size=(20, 3)).clip(-2, 2).astype("float32")
        y = x @ np.array([1.0, -2.0, 0.5])
        arrays |= {f"x_{part}": x, f"y_{part}": y if task == "regression" else (y > 0).astype("int32")}
        x[far.get(part, []), 0] = FAR
    np.savez("d.npz", **arrays)
    return f"dataset: {{type: npz, path: d.npz, task: {task}, standardize: false}}\nallow: [unscaled_inputs]\n"


def lost(where: str = "above: 5", batch_size: int = 20, validation: str = "none") -> str:
    """A model that has no finite prediction for the examples that are far."""
    model = f"model: {{type: python, function: 'own_models:lost_above', arguments: {{{where}}}}}\n"
    return f"{model}validation: {validation}\ntraining: {{epochs: 2, batch_size: {batch_size}}}\n"


def run(tmp_path: Path, text: str) -> RunDir:
    """The run of a config, however it ended."""
    job = job_of(tmp_path, text)
    execute(job)
    return RunDir(job.path)


def failure(run_dir: RunDir) -> tuple[str, str, int | None]:
    """What a run failed of: kind, words and epoch."""
    failed = run_dir.failure()
    assert failed is not None
    return failed.kind, failed.what, failed.epoch


def result(run_dir: RunDir) -> Finished:
    """The result of a finished run."""
    found = run_dir.summary()
    assert found is not None, run_dir.failure()
    return found


@pytest.mark.training
@pytest.mark.parametrize(
    ("task", "head"),
    [
        ("regression", "{type: regression, metrics: [r2, mae]}"),
        ("regression", "{type: gaussian, metrics: [r2, rmse]}"),
        ("regression", "{type: mixture, metrics: [r2]}"),
        ("binary", "{type: binary, metrics: [auc, f1_macro, calibration_error, logit_gradient]}"),
    ],
)
def test_what_diverges_is_named_whatever_is_measured(tmp_path: Path, task: str, head: str) -> None:
    """Metrics that cannot be computed are NaN in the history, with diagnostics beside them.

    A rate that is never taken is to blame first, not the examples of its first batch.
    """
    training = "training: {epochs: 3, batch_size: 5, diagnostics: true}\n"

    run_dir = run(tmp_path, f"{data(task)}head: {head}\nmodel: {{hidden: [4]}}\n{EXPLODES}{training}")

    kind, what, epoch = failure(run_dir)
    assert (kind, epoch) == ("diverged", 1)
    assert what.startswith("loss is nan in epoch 1")
    assert what.partition("; ")[2].startswith(
        "optimizer.learning_rate=1e+30 is too large: sgd usually takes 0.5 at most"
    )
    (row,) = run_dir.history()
    assert all(math.isnan(row[name]) for name in row if name not in ("epoch", "seconds", "learning_rate"))
    assert len(run_dir.diagnostics()) == 1


@pytest.mark.training
def test_one_of_several_targets_diverges(tmp_path: Path) -> None:
    """The metrics of the other are still on record."""
    text = (
        "dataset: {type: digits, train_fraction: 0.1, target: [digit, ink]}\n"
        "head: {heads: {digit: {}, ink: {metrics: [r2], weight: 1.0e+30}}, sharing: none}\n"
        "model: {hidden: [4]}\noptimizer: {type: sgd, learning_rate: 1.0e-3}\ntraining: {epochs: 2}\n"
    )

    run_dir = run(tmp_path, text)

    assert failure(run_dir)[0] == "diverged"
    (row,) = run_dir.history()
    assert math.isnan(row["ink_r2"])
    assert math.isfinite(row["digit_accuracy"])


@pytest.mark.training
def test_the_last_step_counts(tmp_path: Path) -> None:
    """No later epoch, and no validation, would show what it did."""
    training = "validation: none\ntraining: {epochs: 1, batch_size: 20}\n"

    run_dir = run(tmp_path, f"{data()}model: {{hidden: [4]}}\n{EXPLODES}{training}")

    assert failure(run_dir) == ("diverged", "test_loss is inf after epoch 1; try a smaller optimizer.learning_rate", 1)
    assert math.isfinite(run_dir.history()[0]["loss"])


@pytest.mark.training
def test_examples_with_which_it_began_are_named(tmp_path: Path) -> None:
    """By their rows, as `predict` calls them."""
    run_dir = run(tmp_path, data(train=[3, 11]) + lost())

    _, what, _ = failure(run_dir)
    began = "the first predictions that are not finite are those of training examples "
    assert what.startswith(f"loss is nan in epoch 1; {began}")
    rows, advice = what.removeprefix(f"loss is nan in epoch 1; {began}").split("; ")
    assert sorted(rows.split(", ")) == ["12", "4"]
    assert advice == "if nothing is wrong with them, try a smaller optimizer.learning_rate"


@pytest.mark.training
def test_weights_are_checked_where_the_loss_is_finite(tmp_path: Path) -> None:
    """What is not chosen of two is in no prediction, and its gradient still ends in the weights."""
    run_dir = run(tmp_path, data(train=[3]) + lost("above: 5, is_hidden: true"))

    kind, what, epoch = failure(run_dir)
    assert (kind, epoch) == ("diverged", 1)
    assert what.startswith("weights of divided")
    assert "are NaN or infinite in epoch 1, although the loss is " in what
    assert not run_dir.has_checkpoint


@pytest.mark.training
def test_the_state_of_the_optimizer_is_checked(tmp_path: Path) -> None:
    """Adagrad divides by an infinite sum, and never moves again."""
    far = "dataset: {type: npz, path: d.npz, task: regression, standardize: false}\nvalidation: none\n"
    data()
    with np.load("d.npz") as arrays:
        larger: dict[str, Any] = {name: array * 1e14 if name[0] == "x" else array for name, array in arrays.items()}
    np.savez("d.npz", **larger)

    run_dir = run(
        tmp_path, f"{far}model: {{hidden: []}}\noptimizer: adagrad\ntraining: {{epochs: 2, batch_size: 20}}\n"
    )

    kind, what, _ = failure(run_dir)
    assert kind == "diverged"
    assert what.startswith("the optimizer's state is NaN or infinite after epoch 2: gradients are too large; try")


@pytest.mark.training
def test_a_test_example_without_a_prediction_loses_no_training(tmp_path: Path) -> None:
    """The run is finished; the scores are null, with the reason; what tells mistakes from the rest is of the others."""
    run_dir = run(tmp_path, data("binary", test=[7]) + lost())

    reason = "no finite prediction for 1 of 20 test examples (8)"
    found = result(run_dir)
    raw = json.loads((run_dir.path / "summary.json").read_text(encoding="utf-8"))
    missing = {name for name, value in raw["metrics"].items() if value is None}
    environment = run_dir.environment()
    assert read(run_dir).status == "finished"
    assert missing == {"test_loss", "test_accuracy", "test_nll", "test_calibration_error"}
    assert found.missing_scores == dict.fromkeys(
        ["test_loss", "test_accuracy", "test_nll", "test_calibration_error"], reason
    )
    (said,) = [each["found"] for each in found.remarks if each["rule"] == "missing_predictions"]
    assert said == f"{reason}, so that test_loss, test_accuracy, test_nll and 1 more are missing"
    assert environment is not None
    assert list(environment["remarks"]) == list(found.remarks)
    assert all(each["position"] != 7 and each["probability"] <= 1 for each in found.mistakes)
    assert run_dir.evaluation() is not None


@pytest.mark.training
def test_a_validation_example_without_a_prediction_loses_no_training(tmp_path: Path) -> None:
    """Its epochs are counted; what early stopping would watch is refused after the first."""
    text = data(train=[2]) + lost(validation="{type: front, size: 5}")

    found = result(run(tmp_path, text))
    stopped = run(tmp_path, text.replace("epochs: 2", "epochs: 2, early_stopping: {monitor: val_mae, patience: 1}"))

    reason = "no finite prediction for 1 of 5 validation examples (3)"
    assert math.isnan(found.metrics["val_loss"])
    assert math.isfinite(found.metrics["test_loss"])
    assert found.missing_scores == {"val_loss": reason, "val_mae": reason}
    (said,) = [each["found"] for each in found.remarks if each["rule"] == "missing_predictions"]
    assert said == f"{reason}, so that val_loss, val_mae are missing in 2 of 2 epochs"
    assert failure(stopped)[1] == f"training.early_stopping.monitor: val_mae is missing: {reason}"


@pytest.mark.training
def test_weights_are_those_after_the_last_step() -> None:
    """A step that loses them is seen in the epoch that it ends."""
    config: dict[str, Any] = {"optimizer": {"type": "sgd", "learning_rate": 1e30}, "training": {"batch_size": 1000}}
    settings = experiment(IRIS, config)
    data = settings.dataset.load(None)
    network = build(settings, settings.dataset.info(), data.train, 0)
    trainer = Trainer(network, settings.optimizer.build(), data.train, 1000)

    for epoch, is_lost in ((1, False), (2, True)):
        trainer.train_epoch(order_of(0, epoch, len(data.train)))

        assert bool(trainer.lost) == is_lost
    assert set(network.layers_of(trainer.lost)) <= {"hidden_1", "hidden_2", "output"}


@pytest.mark.training
def test_predict_decides_on_no_class_without_a_prediction(tmp_path: Path) -> None:
    """The row is named, and has no class."""
    job = job_of(tmp_path, data("binary", test=[7]) + lost())
    execute(job)

    columns, notes = infer(job.experiment, job.run_dir.model_path, "test", None, job.data_digest, job.code_digest, {})

    predicted = list(columns["predicted"])
    assert [i for i, each in enumerate(predicted) if each is None] == [7]
    assert [i for i, each in enumerate(columns["probability_1"]) if math.isnan(each)] == [7]
    assert list(notes) == ["no finite prediction for 1 of 20 examples: 8"]


def words(**empty: list[int]) -> Path:
    """An archive of word indices, in which these rows of `train` and `test` are padding alone."""
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part in ("train", "test"):
        x = rng.integers(1, 9, (20, 5))
        x[empty.get(part, [])] = 0
        arrays |= {f"x_{part}": x, f"y_{part}": np.arange(20) % 2}
    np.savez("w.npz", x=arrays["x_test"], **arrays)
    return Path("w.npz")


WORDS = "dataset: {type: npz, path: w.npz, task: binary, form: word_ids, vocabulary: 9}\nmodel: embedding\n"


def test_rows_of_padding_alone_are_named(tmp_path: Path) -> None:
    """In each split, by their rows; where there are none, nothing is said."""
    config = of_words(tmp_path)
    words(train=[3, 5], test=[4, 6, 7, 8, 9])

    found = [each for each in split(config, config.dataset.load(None)).remarks if each.rule == "empty_examples"]

    assert [str(each).removesuffix(" (allow: [empty_examples] if it is meant)") for each in found] == [
        "w.npz: 1 of 16 training examples is padding alone (6)",
        "w.npz: 1 of 4 validation examples is padding alone (4)",
        "w.npz: 5 of 20 test examples are padding alone (5, 7, 8 and 2 more)",
    ]
    words()
    assert "empty_examples" not in [each.rule for each in split(config, config.dataset.load(None)).remarks]


def test_new_rows_of_padding_alone_are_named(tmp_path: Path) -> None:
    """What `predict` says of them."""
    config, path = of_words(tmp_path), words(test=[2])

    assert config.dataset.new_examples(path, None).notes == ["padding alone in 1 of 20 rows: 3"]


def of_words(tmp_path: Path) -> Experiment:
    """The experiment on the archive of words, which validates on the first rows."""
    words()
    return job_of(tmp_path, f"{WORDS}validation: {{type: front, size: 4}}\n").experiment
