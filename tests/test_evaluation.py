"""What a run records of the test split beside its scores."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from jobs import run_of

from dlexp.components.data import Info, Split, Task
from dlexp.components.heads.gaussian import Gaussian
from dlexp.components.heads.head import Head
from dlexp.components.heads.multiclass import Multiclass
from dlexp.components.heads.multilabel import Multilabel
from dlexp.format import to_json
from dlexp.records.evaluation import TargetEvaluation
from dlexp.records.predictions import Predictions, Results, scores
from dlexp.records.run_dir import RunDir
from dlexp.records.shapes import of_type
from dlexp.training.evaluation import evaluation, results, sample
from dlexp.training.loop import Scores
from dlexp.training.network import WHOLE, AttachedHead

DIGEST = "0123456789abcdef" * 4
#: A config of each kind of target, all with the metrics that are means over the test examples.
KINDS = {
    "multiclass": "dataset: digits\n",
    "binary": "dataset: breast_cancer\n",
    "labels": "dataset: {type: digits, target: traits}\nhead: {metrics: [accuracy, exact_match]}\n",
    "ordinal": "dataset: {type: ratings, n_train: 50, n_test: 40}\n",
    "number": "dataset: diabetes\nhead: {metrics: [mse, mae]}\n",
    "quantiles": "dataset: diabetes\nhead: {type: quantiles, quantiles: [0.3, 0.6], metrics: [mse, mae]}\n",
    "several": "dataset: {type: digits, target: [digit, ink]}\n",
}


def test_a_sample_depends_on_the_digest_alone() -> None:
    """Always the same examples, in their order, different ones for other data; the smaller is part of the larger."""
    small, large = sample(DIGEST, 1000, 10), sample(DIGEST, 1000, 20)

    assert sample(DIGEST, 100, 5).tolist() == [8, 10, 50, 64, 82]
    assert (np.diff(large) > 0).all()
    assert (len(small), len(large)) == (10, 20)
    assert set(small) < set(large)
    assert set(sample(DIGEST[::-1], 1000, 10)) != set(small)


@pytest.mark.parametrize(("n", "size", "kept"), [(3, 3, 3), (3, 9, 3), (3, 0, 1)])
def test_a_sample_has_no_more_than_there_are_and_at_least_one(n: int, size: int, kept: int) -> None:
    """However large one example is."""
    assert len(sample(DIGEST, n, size)) == kept


HEADS: dict[Task, Head] = {"multiclass": Multiclass(), "multilabel": Multilabel(), "regression": Gaussian()}


def recorded(task: Task, y: np.ndarray, prediction: np.ndarray) -> tuple[TargetEvaluation, Results]:
    """What is recorded of predictions `(n, columns)` of a single target, which every head gives for any data."""
    n, n_classes = len(y), None if task == "regression" else prediction.shape[1]
    info = Info(task=task, n_train=1, n_test=n, inputs="numeric", shape=(1,), n_classes=n_classes)
    network: Any = SimpleNamespace(heads=[AttachedHead("", HEADS[task], info, WHOLE)], info=info)
    tested = Scores(0.0, prediction.astype(np.float32), prediction.astype(np.float32))
    test, digests = Split(np.zeros((n, 1)), y), {"": DIGEST}
    no_training = [lambda: pytest.fail("the training split is evaluated")]
    of_targets = evaluation(network, test, tested, digests, no_training)
    return of_targets[""], results(network, test, tested, digests)[""]


def test_classes_by_hand() -> None:
    """Five examples, of which one has no finite prediction: it is neither right nor wrong."""
    prediction = np.array([[0.75, 0.25, 0], [0.5, 0.4, 0.1], [0.125, 0.875, 0], [np.nan, 0, 0], [0.3, 0.325, 0.375]])
    found, of_examples = recorded("multiclass", np.array([0, 1, 1, 1, 0], np.int32), prediction)

    assert found["count"] == 4
    assert found["confusion"] == {"target": [0, 0, 1, 1], "predicted": [0, 2, 0, 1], "count": [1, 1, 1, 1]}
    assert found["unlisted"] == 0
    assert found["classes"]["count"] == [2, 2, 0]
    np.testing.assert_array_equal(found["classes"]["precision"], [0.5, 1, 0])
    np.testing.assert_array_equal(found["classes"]["recall"], [0.5, 0.5, np.nan])
    assert found["reliability"]["count"] == [0, 0, 0, 1, 1, 0, 0, 1, 1, 0]
    np.testing.assert_array_equal(found["reliability"]["right"], [np.nan] * 3 + [0, 0, np.nan, np.nan, 1, 1, np.nan])
    np.testing.assert_array_equal(
        found["reliability"]["probability"], [np.nan] * 3 + [0.375, 0.5, np.nan, np.nan, 0.75, 0.875, np.nan]
    )
    assert of_examples.position.tolist() == [0, 1, 2, 4]
    assert of_examples.result.tolist() == [True, False, True, False]


def test_labels_by_hand() -> None:
    """Each label has counts of its own, and is right or wrong in each example."""
    prediction = np.array([[0.875, 0.75], [0.25, 0.375], [0.625, 0.4375]])
    found, of_examples = recorded("multilabel", np.array([[1, 0], [0, 0], [0, 1]], np.int32), prediction)

    assert found["labels"] == {
        "label": [0, 1],
        "true_positive": [1, 0],
        "false_positive": [1, 1],
        "false_negative": [0, 1],
        "true_negative": [1, 1],
    }
    assert found["classes"] == {"target": [0, 1], "count": [1, 1], "precision": [0.5, 0.0], "recall": [1.0, 0.0]}
    assert found["reliability"]["count"] == [0, 0, 0, 0, 0, 1, 2, 2, 1, 0]
    assert of_examples.result.tolist() == [[True, False], [True, True], [False, False]]


def test_numbers_by_hand() -> None:
    """With the interval that the head gives, in as many digits as float32 has."""
    found, of_examples = recorded("regression", np.array([1.0, 2.0, 3.0]), np.array([[1.1, 1], [np.nan, 1], [2.5, 2]]))

    numbers = found["numbers"]
    assert (found["count"], numbers["position"]) == (2, [0, 2])
    assert (numbers["target"], numbers["predicted"]) == ([1.0, 3.0], [1.1, 2.5])
    half = 1.6448536269514722  # Of the interval that holds 90 % of a standard normal distribution.
    assert numbers["low"] == pytest.approx([1.1 - half, 2.5 - 2 * half], rel=1e-7)
    assert numbers["high"] == pytest.approx([1.1 + half, 2.5 + 2 * half], rel=1e-7)
    assert max(len(str(each)) for each in [*numbers["low"], *numbers["high"]]) <= 11
    assert of_examples.position.tolist() == [0, 2]
    assert of_examples.result.tolist() == [np.float32(1.1) - 1.0, -0.5]


def test_no_example_with_a_finite_prediction() -> None:
    """Empty tables, and no result."""
    targets: dict[Task, Any] = {"multiclass": [0, 1], "multilabel": [[0, 1], [1, 1]], "regression": [0.5, 1.5]}
    for task, y in targets.items():
        found, of_examples = recorded(task, np.array(y), np.full((2, 2), np.nan))

        assert found["count"] == 0
        assert len(of_examples.position) == len(of_examples.result) == 0
        assert of_type(TargetEvaluation)(json.loads(to_json(found)), "") == ""


@pytest.mark.parametrize("task", HEADS)
def test_large_test_splits_make_no_large_files(task: Task) -> None:
    """Some 100 kB each, whatever the targets; the examples that are kept are the same for all models."""
    rng, n, n_classes = np.random.default_rng(0), 80_000 if task == "multiclass" else 20_000, 2000
    targets: dict[Task, Callable[[], np.ndarray]] = {
        "multiclass": lambda: rng.integers(n_classes, size=n).astype(np.int32),
        "multilabel": lambda: (rng.random((n, 500)) < 0.1).astype(np.int32),
        "regression": lambda: rng.normal(size=n),
    }
    predicted: dict[Task, Callable[[], np.ndarray]] = {
        "multiclass": lambda: rng.random((n, n_classes), np.float32),
        "multilabel": lambda: rng.random((n, 500), np.float32),
        "regression": lambda: 1 + rng.random((n, 2), np.float32),
    }
    y = targets[task]()

    (found, one), (_, other) = (recorded(task, y, predicted[task]()) for _ in range(2))

    assert len(to_json(found, flat_lists=True)) < 100_000
    assert one.position.nbytes + one.result.nbytes <= 100_000
    assert 50 < len(one.position) < n
    np.testing.assert_array_equal(one.position, other.position)
    assert not np.array_equal(one.result, other.result)
    if "numbers" in found:
        assert len(found["numbers"]["position"]) == 1000
        assert set(found["numbers"]["position"]) < set(one.position.tolist())
    elif "confusion" in found:
        assert sum(found["confusion"]["count"]) + found["unlisted"] == n
        assert found["unlisted"] > 0


@pytest.fixture(scope="module", params=KINDS)
def run_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A short run of each kind of target."""
    text = f"{KINDS[request.param]}model: {{hidden: [4]}}\ntraining: {{epochs: 1}}\n"
    return run_of(tmp_path_factory.mktemp(request.param), text)


@pytest.mark.training
def test_results_have_the_test_scores(run_dir: RunDir) -> None:
    """The mean over the results of all examples is the score, to the bit; each target has its own."""
    result, found = run_dir.summary(), Predictions.read(run_dir.predictions_path)
    assert result is not None
    for column in result.head_metrics:
        of_target = found.results[column.target]
        measured = result.metrics[str(column.on("test"))]
        assert of_target.position.tolist() == list(range(result.examples["test"]))
        if column.quantity == "mse":
            assert (of_target.result**2).mean() == measured
        elif column.quantity == "mae":
            assert np.abs(of_target.result).mean() == measured
        elif column.quantity == "accuracy":
            assert of_target.result.mean() == measured
        by_example = scores(of_target, column.quantity)
        assert by_example is not None
        assert by_example.mean() == pytest.approx(measured, rel=1e-15)


@pytest.mark.training
def test_what_is_counted_agrees_with_the_results_and_the_scores(run_dir: RunDir) -> None:
    """Confusions, labels and bins have the accuracy in them; numbers differ from their targets by the results."""
    result, found, recorded = run_dir.summary(), Predictions.read(run_dir.predictions_path), run_dir.evaluation()
    assert result is not None
    assert recorded is not None
    assert list(recorded["targets"]) == list(found.results)
    for name, of_target in recorded["targets"].items():
        n, each = result.examples["test"], found.results[name].result
        assert of_target["count"] == n
        if "numbers" in of_target:
            numbers = of_target["numbers"]
            errors = np.subtract(numbers["predicted"], numbers["target"])
            assert numbers["position"] == found.results[name].position.tolist()
            np.testing.assert_allclose(errors, each, rtol=1e-4, atol=1e-4)
            low, target, high = (np.array(numbers[key]) for key in ("low", "target", "high"))
            covered = (low <= target) & (target <= high)
            coverage = result.metrics[f"test_{name}_coverage_90" if name else "test_coverage_90"]
            assert covered.mean() == pytest.approx(coverage)
            continue
        reliability, classes = of_target["reliability"], of_target["classes"]
        right = np.multiply(reliability["count"], np.array(reliability["right"], float))
        assert np.nansum(right) == pytest.approx(each.sum(), abs=1e-3)
        assert sum(reliability["count"]) == each.size
        if "labels" in of_target:
            labels = of_target["labels"]
            assert sum(labels["true_positive"]) + sum(labels["true_negative"]) == each.sum()
            assert np.add(labels["true_positive"], labels["false_negative"]).tolist() == classes["count"]
            continue
        confusion = of_target["confusion"]
        rows = list(zip(confusion["target"], confusion["predicted"], confusion["count"], strict=True))
        assert sum(count for *_, count in rows) == sum(classes["count"]) == n
        assert sum(count for target, predicted, count in rows if target == predicted) == each.sum()
