"""A result per test example: one file, one reader, from the records of 0.1.0 on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlexp.records.predictions import Predictions, Resampled, Results, scores
from dlexp.records.record_files import DamagedRecord

OLD = Path(__file__).parent / "records" / "0.1.0" / "runs" / "resampled resamples" / "s0-818a85d256" / "predictions.npz"
THREE = np.arange(3)
RIGHT = Results(THREE, np.array([True, False, True]))
ERRORS = Results(np.array([1, 7, 9], np.uint8), np.array([0.5, -2.0, 0.0]))
LABELS = Results(np.arange(2), np.array([[True, True], [True, False]]))


def assert_read_back(path: Path, written: Predictions) -> None:
    """Everything is what was written, to the bit."""
    written.write(path)
    read = Predictions.read(path)
    assert list(read.results) == list(written.results)
    for name, expected in written.results.items():
        for key, array in vars(expected).items():
            np.testing.assert_array_equal(getattr(read.results[name], key), array, strict=True)
    assert (read.resampled is None) == (written.resampled is None)
    for key, array in vars(written.resampled).items() if written.resampled else ():
        found = getattr(read.resampled, key)
        assert found is array if array is None else np.array_equal(found, array) and found.dtype == array.dtype


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Classes, numbers, labels, several targets of any name, resampled runs with the truth or without, no example."""
    path = tmp_path / "predictions.npz"
    resampled = Resampled(THREE.astype(np.int32), np.eye(3, dtype=np.float32))
    for results in (RIGHT, ERRORS, LABELS):
        assert_read_back(path, Predictions({"": results}))
    assert_read_back(path, Predictions({"a.b/c": RIGHT, "result": ERRORS, "y": LABELS}))
    assert_read_back(path, Predictions({"": RIGHT}, resampled))
    assert_read_back(path, Predictions({"": ERRORS}, Resampled(np.zeros(3), np.ones((3, 1)), np.zeros(3))))
    assert_read_back(path, Predictions({"": Results(THREE[:0], np.zeros(0, bool))}))


def test_the_files_of_0_1_0_have_results_too() -> None:
    """They held the predictions of resampled runs alone, from which the results follow."""
    found = Predictions.read(OLD)

    assert found.resampled is not None
    expected = found.resampled.predicted.argmax(axis=1) == found.resampled.y
    np.testing.assert_array_equal(found.results[""].result, expected)
    np.testing.assert_array_equal(found.results[""].position, np.arange(len(expected)))


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({}, "no arrays"),
        ({"position": THREE}, "no array 'result'"),
        ({"position.a": THREE, "result.b": THREE > 0}, "no array 'result.a'"),
        ({"result": THREE > 0}, "no array 'position'"),
        ({"position": THREE, "result": THREE > 0, "more": THREE}, ".*unexpected keyword argument 'more'"),
        ({"position": THREE, "result": THREE[1:] > 0}, "arrays of shapes that do not fit together"),
        ({"position": THREE, "result": np.zeros((3, 1))}, "arrays of shapes that do not fit together"),
        ({"position": THREE, "result": np.array(True)}, "arrays of shapes that do not fit together"),
        ({"position": THREE, "result": THREE}, "arrays of other types than numbers"),
        ({"position": THREE / 2, "result": THREE > 0}, "arrays of other types than numbers"),
        ({"position": THREE - 1, "result": THREE > 0}, "positions that do not rise from 0 on"),
        ({"position": THREE[::-1].astype("u1"), "result": THREE > 0}, "positions that do not rise from 0 on"),
        ({"position": THREE, "result": np.array([0, 1, np.inf])}, "numbers that are missing or infinite"),
        ({"position": THREE, "result": THREE > 0, "y": THREE}, ".*missing 1 required positional argument: 'predicted'"),
    ],
)
def test_other_arrays_are_damage(tmp_path: Path, arrays: dict[str, Any], why: str) -> None:
    """Said in one line."""
    path = tmp_path / "predictions.npz"
    np.savez(path, **arrays)

    with pytest.raises(DamagedRecord, match=rf"predictions\.npz: damaged: {why}$"):
        Predictions.read(path)


def test_what_is_no_archive_is_damage(tmp_path: Path) -> None:
    """A torn file, and none."""
    path = tmp_path / "predictions.npz"
    with pytest.raises(DamagedRecord, match=r"predictions\.npz: damaged: No such file"):
        Predictions.read(path)
    path.write_bytes(b"torn")
    with pytest.raises(DamagedRecord, match=r"predictions\.npz: damaged"):
        Predictions.read(path)


@pytest.mark.parametrize(
    ("results", "metric", "expected"),
    [
        (RIGHT, "accuracy", [1, 0, 1]),
        (LABELS, "accuracy", [1, 0.5]),
        (LABELS, "exact_match", [1, 0]),
        (ERRORS, "mse", [0.25, 4, 0]),
        (ERRORS, "mae", [0.5, 2, 0]),
    ],
)
def test_scores_of_examples(results: Results, metric: str, expected: list[float]) -> None:
    """Of each example what the metric is the mean of."""
    found = scores(results, metric)

    assert found is not None
    assert (found.dtype, found.tolist()) == (np.float64, expected)


@pytest.mark.parametrize(
    ("results", "metric"),
    [(RIGHT, "auc"), (RIGHT, "mse"), (ERRORS, "accuracy"), (ERRORS, "rmse"), (LABELS, "f1_micro")],
)
def test_other_metrics_are_no_mean_over_examples(results: Results, metric: str) -> None:
    """Or cannot be computed from what is recorded."""
    assert scores(results, metric) is None
