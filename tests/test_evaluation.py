"""What a run records of the test split beside its scores."""

from pathlib import Path

import numpy as np
import pytest
from jobs import run_of

from dlexp.records.predictions import Predictions, scores
from dlexp.training.evaluation import sample

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


@pytest.mark.training
@pytest.mark.parametrize("kind", KINDS)
def test_results_have_the_test_scores(tmp_path: Path, kind: str) -> None:
    """The mean over the results of all examples is the score, to the bit; each target has its own."""
    run_dir = run_of(tmp_path, f"{KINDS[kind]}model: {{hidden: [4]}}\ntraining: {{epochs: 1}}\n")

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
