"""Results on single test examples: intervals on new examples, and two trained models."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_runs import CONFIG, changed, finished
from scipy import stats

from dlexp.components.metrics import METRICS
from dlexp.records.index import read, scan
from dlexp.records.predictions import Predictions, Results, scores
from dlexp.reports.comparison.document import document, rows
from dlexp.reports.comparison.example_results import MEANS
from dlexp.reports.comparison.facts import compare
from dlexp.reports.comparison.table import to_text
from dlexp.reports.comparison.verdicts import PairedDifference, TrainedModels

WIDER = changed(model={"hidden": [128, 64]})
#: Right or wrong on six test examples, a row for each seed.
A = ("110000", "101000", "100100")
B = ("111100", "111000", "111110")


def right(row: str) -> np.ndarray:
    """Results from a text of 0 and 1."""
    return np.array([letter == "1" for letter in row])


def record(
    runs_dir: Path,
    name: str,
    seed: int,
    results: np.ndarray,
    *,
    config: dict[str, Any] = CONFIG,
    metric: str = "accuracy",
    value: float | None = None,
    position: Sequence[int] | None = None,
    n_examples: int | None = None,
    target: str = "",
) -> Path:
    """A run with results on test examples; the path of its predictions."""
    of_one = Results(np.arange(len(results)) if position is None else np.array(position), results)
    own = scores(of_one, metric)
    assert own is not None
    column = f"test_{target}_{metric}" if target else f"test_{metric}"
    metrics = {column: float(own.mean()) if value is None else value, "val_loss": 1.0}
    n = n_examples or len(results)
    run_dir = finished(runs_dir, name, seed, config=config, metrics=metrics, examples={"test": n})
    Predictions({target: of_one}).write(run_dir.predictions_path)
    return run_dir.predictions_path


def both(runs_dir: Path, a: Sequence[str] = A, b: Sequence[str] = B) -> list[Path]:
    """Two experiments that are right on these examples."""
    return [
        record(runs_dir, name, seed, right(row), config=config)
        for name, rows_of, config in (("a", a, CONFIG), ("b", b, WIDER))
        for seed, row in enumerate(rows_of)
    ]


def found(runs_dir: Path, metric: str = "test_accuracy") -> PairedDifference:
    """The difference of the two experiments below a runs directory."""
    (compared,) = compare([read(run_dir) for run_dir in scan(runs_dir)], (metric,)).metrics
    score = compared.scores[1]
    assert score
    assert score.difference
    return score.difference


def test_new_examples_by_hand(tmp_path: Path) -> None:
    """Differences of three seeds on six examples, put together from the mean squares of the two-way analysis."""
    both(tmp_path)

    difference = found(tmp_path)

    # B - A: 001100, 010000, 011010: by seed 2/6, 1/6, 3/6; by example 0, 2/3, 2/3, 1/3, 1/3, 0.
    mean, of_seeds = 1 / 3, (1 / 36) / 3
    by_example = [0, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0]
    of_examples = sum((each - mean) ** 2 for each in by_example) / 5 / 6
    # Sums of squares: all 6 - 18/9 = 4; seeds 6 * 2/36 = 1/3; examples 3 * sum = 4/3; the rest 7/3 with 10 degrees.
    of_rest = (7 / 3) / 10 / 18
    # 1/108 + 2/135 - 7/540 is below the part of the examples alone.
    assert of_seeds + of_examples - of_rest < of_examples
    df = of_examples**2 / (of_seeds**2 / 2 + of_examples**2 / 5)
    half = stats.t.ppf(0.975, df) * of_examples**0.5
    assert half > stats.t.ppf(0.975, 2) * of_seeds**0.5
    assert difference.mean == pytest.approx(mean)
    assert difference.on_new_examples == pytest.approx((mean - half, mean + half), rel=1e-12)
    assert (difference.no_results, difference.trained_models) == (None, None)


ROWS = st.lists(st.tuples(*[st.text("01", min_size=8, max_size=8)] * 2), min_size=3, max_size=5)


@settings(max_examples=10)  # Each writes up to ten runs.
@given(ROWS)
def test_new_examples_are_never_surer(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    """Around the same mean, and at least as wide as the interval over the seeds."""
    folder = tmp_path_factory.mktemp("runs")
    both(folder, *zip(*pairs, strict=True))

    difference = found(folder)

    assert difference.interval
    assert difference.on_new_examples
    (low, high), (new_low, new_high) = difference.interval, difference.on_new_examples
    assert new_high - new_low >= (high - low) * (1 - 1e-12)
    assert (new_low + new_high) / 2 == pytest.approx(difference.mean, abs=1e-12)


def test_results_are_aligned_by_their_positions(tmp_path: Path) -> None:
    """An example that one run could not predict is left out for all; the order within a file does not matter."""
    both(tmp_path / "all", ["1001", "0101", "1100"], ["1111", "0111", "1101"])
    for name, config, rows_of in (
        ("a", CONFIG, ["10x01", "01x01", "11x00"]),
        ("b", WIDER, ["11011", "01011", "11001"]),
    ):
        for seed, row in enumerate(rows_of):
            kept = [i for i, letter in enumerate(row) if letter != "x"]
            results = right(row)[kept]
            value = float(np.delete(right(row), 2).mean())
            options: dict[str, Any] = {"config": config, "value": value, "position": kept, "n_examples": 9}
            record(tmp_path / "some", name, seed, results, **options)

    # The floor of the sd is that of 9 examples, below the spread.
    assert found(tmp_path / "some").on_new_examples == pytest.approx(found(tmp_path / "all").on_new_examples)


def test_a_sample_keeps_the_mean_and_widens(tmp_path: Path) -> None:
    """The examples' part is that of those which are kept; the middle is the recorded difference."""
    rng = np.random.default_rng(3)
    kept = np.sort(rng.permutation(400)[:50])
    for seed in range(4):
        for name, config, share in (("a", CONFIG, 0.7), ("b", WIDER, 0.75)):
            results = rng.random(400) < share
            record(tmp_path / "all", name, seed, results, config=config)
            sampled: dict[str, Any] = {"position": kept, "value": float(results.mean()), "n_examples": 400}
            record(tmp_path / "sample", name, seed, results[kept], config=config, **sampled)

    of_all, of_sample = found(tmp_path / "all"), found(tmp_path / "sample")

    assert of_all.interval == of_sample.interval
    assert of_all.on_new_examples
    assert of_sample.on_new_examples
    assert sum(of_sample.on_new_examples) / 2 == pytest.approx(of_all.mean)
    assert np.ptp(of_sample.on_new_examples) > np.ptp(of_all.on_new_examples)


def test_errors_of_numbers(tmp_path: Path) -> None:
    """Squared for mse, absolute for mae; of several targets each has its own results."""
    rng = np.random.default_rng(4)
    heads = {"ink": {"type": "regression", "metrics": ["mse"]}}
    x = np.empty((3, 7))
    for seed in range(3):
        errors = rng.normal(size=(2, 7))
        x[seed] = errors[1] ** 2 - errors[0] ** 2
        for name, width, own in (("a", 1, errors[0]), ("b", 2, errors[1])):
            config = changed(model={"hidden": [width]}) | {"head": {"type": "multitask", "heads": heads}}
            record(tmp_path, name, seed, own, config=config, metric="mse", target="ink")

    difference = found(tmp_path, "test_ink_mse")

    n, m = x.shape
    of_seeds, of_examples = x.mean(1).var(ddof=1) / n, x.mean(0).var(ddof=1) / m
    rest = x - x.mean(1, keepdims=True) - x.mean(0) + x.mean()
    variance = max(of_seeds + of_examples - (rest**2).sum() / (2 * 6) / (3 * 7), of_seeds, of_examples)
    df = max(variance**2 / (of_seeds**2 / 2 + of_examples**2 / 6), 2)
    half = max(stats.t.ppf(0.975, df) * variance**0.5, stats.t.ppf(0.975, 2) * of_seeds**0.5)
    assert difference.on_new_examples == pytest.approx((x.mean() - half, x.mean() + half))


def test_one_seed_compares_two_trained_models(tmp_path: Path) -> None:
    """McNemar's exact test: twice the tail of 2 or fewer of 7; no interval, no verdict."""
    both(tmp_path, ["11100000"], ["01011111"])

    difference = found(tmp_path)

    models = difference.trained_models
    assert models
    assert (models.only_baseline, models.only_experiment, models.examples) == (2, 5, 8)
    assert models.p == pytest.approx(2 * (1 + 7 + 21) / 2**7)
    assert models.p == pytest.approx(stats.binomtest(2, 7).pvalue)
    assert (difference.interval, difference.on_new_examples, difference.verdict) == (None, None, None)


def test_one_seed_of_numbers_has_no_right_or_wrong(tmp_path: Path) -> None:
    """Errors that happen to be 0 and 1 neither; nor do two seeds have two models."""
    for name, config, errors in (("a", CONFIG, [0.0, 1.0, 1.0]), ("b", WIDER, [1.0, 0.0, 0.0])):
        record(tmp_path / "mae", name, 0, np.array(errors), config=config, metric="mae")
    both(tmp_path / "two", A[:2], B[:2])

    assert found(tmp_path / "mae", "test_mae").trained_models is None
    assert found(tmp_path / "two").trained_models is None
    assert found(tmp_path / "two").on_new_examples is None


def test_labels_count_apart(tmp_path: Path) -> None:
    """Accuracy of multilabel data is a share of the labels: no two models right or wrong; all labels together are."""
    for name, config, results in (("a", CONFIG, [[1, 0], [1, 1]]), ("b", WIDER, [[1, 1], [1, 1]])):
        for metric in ("accuracy", "exact_match"):
            record(tmp_path / metric, name, 0, np.array(results, dtype=bool), config=config, metric=metric)

    assert found(tmp_path / "accuracy").trained_models is None
    assert found(tmp_path / "exact_match", "test_exact_match").trained_models == TrainedModels(0, 1, 2, 1.0)


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    """The file, what is wrong with it; the interval over the seeds stays as it is."""
    for case in ("missing", "damaged", "foreign", "apart"):
        both(tmp_path / case)
    before = found(tmp_path / "missing").interval
    paths = {case: next((tmp_path / case).glob("b/s1-*")) / "predictions.npz" for case in ("missing", "damaged")}
    paths["missing"].unlink()
    paths["damaged"].write_bytes(paths["damaged"].read_bytes()[:100])
    (foreign,) = (tmp_path / "foreign").glob("b/s1-*/predictions.npz")
    Predictions({"": Results(np.arange(6), right("000001"))}).write(foreign)
    (apart,) = (tmp_path / "apart").glob("b/s1-*/predictions.npz")
    Predictions({"": Results(np.arange(6, 8), right("01"))}).write(apart)

    reasons = {case: found(tmp_path / case) for case in ("missing", "damaged", "foreign", "apart")}

    assert {each.interval for each in reasons.values()} == {before}
    assert {each.on_new_examples for each in reasons.values()} == {None}
    label = paths["missing"].parent.name
    missing = "no results on single test examples are on record (--force trains it again with them)"
    assert reasons["missing"].no_results == f"b/{label}: {missing}"
    assert str(reasons["damaged"].no_results).startswith(f"{paths['damaged']}: damaged: ")
    assert reasons["foreign"].no_results == (
        f"{foreign}: damaged: the mean of its results is 0.166667, and test_accuracy is 0.5"
    )
    assert reasons["apart"].no_results == ("test_accuracy: results on no two test examples are on record of all runs")


def test_results_are_read_for_means_over_test_examples_alone(tmp_path: Path) -> None:
    """Nothing is missing beside a validation score, a loss, or where one side collapsed now and then."""
    for path in both(tmp_path):
        path.unlink()
    both(tmp_path / "two", A[:2], B[:2])
    for path in tmp_path.glob("two/*/*/predictions.npz"):
        path.unlink()

    assert found(tmp_path, "val_loss").no_results is None
    assert found(tmp_path / "two").no_results is None


def test_the_results_of_the_baseline_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many experiments are compared with it; a table of many reads none."""
    both(tmp_path)
    for i in range(3):
        for seed, row in enumerate(B):
            record(tmp_path, f"c{i}", seed, right(row), config=changed(model={"hidden": [i + 1]}))
    opened: list[Path] = []
    original = Predictions.read

    def counted(path: Path) -> Predictions:
        opened.append(path)
        return original(path)

    monkeypatch.setattr(Predictions, "read", counted)
    comparison = compare([read(run_dir) for run_dir in scan(tmp_path)])

    to_text(comparison)
    assert opened == []
    document(comparison)
    assert len(opened) == len(set(opened)) == 15


def test_the_means_are_those_that_results_tell() -> None:
    """Of classes, labels and numbers."""
    kinds = (right("01"), np.array([[True, False]]), np.array([0.5, 2.0]))
    told = {name for name in METRICS for kind in kinds if scores(Results(np.arange(len(kind)), kind), name) is not None}

    assert told == set(MEANS)


def test_the_document_and_the_rows_have_them(tmp_path: Path) -> None:
    """Beside the keys that were there before."""
    both(tmp_path / "three")
    both(tmp_path / "one", A[:1], B[:1])
    three, one = (
        compare([read(run_dir) for run_dir in scan(tmp_path / n)], ("test_accuracy",)) for n in ("three", "one")
    )
    difference = found(tmp_path / "three")

    _, row = rows(three)
    assert (row["new_low"], row["new_high"]) == difference.on_new_examples
    assert (row["difference_sd"], row["detectable"]) == (difference.sd, difference.detectable)
    assert row["effect"] == pytest.approx(difference.mean / math.sqrt(1 / 36))
    assert row["correlation"] == difference.correlation
    _, row = rows(one)
    assert [row[key] for key in ("only_baseline_right", "only_experiment_right", "mcnemar_p")] == [0, 2, 0.5]
    in_json = document(three)["metrics"][0]["scores"][1]["difference"]
    assert in_json["on_new_examples"] == difference.on_new_examples
    assert in_json["effect"] == difference.effect
    (headline,) = document(one)["headlines"]
    assert headline["difference"]["trained_models"] == {
        "only_baseline": 0,
        "only_experiment": 2,
        "examples": 6,
        "p": 0.5,
    }
    assert (headline["experiment"], headline["baseline"], headline["metric"]) == ("b", "a", "test_accuracy")
    assert (headline["reason"], headline["seeds_needed"], headline["conflict"]) == ("1 paired seed", None, None)
