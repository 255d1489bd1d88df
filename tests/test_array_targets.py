"""Targets and inputs in arrays of every kind: what is read, and what is refused with its position."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlexp.components import user_code
from dlexp.components.data import Data
from dlexp.components.datasets import Npz, Python
from dlexp.errors import DataError

N = 12
X = np.arange(2.0 * N).reshape(N, 2)
CLASSES = np.array([0, 1, 2] * 4)
ONE_HOT = np.eye(3)[CLASSES]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are seen from the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLEXP_DATA", raising=False)


def loaded(y: Any = CLASSES, x: Any = X, **settings: Any) -> Data:
    """What is made of these arrays, as both splits: from a file where it can hold them."""
    settings = {"task": "multiclass"} | settings
    if (
        isinstance(x, np.ndarray)
        and isinstance(y, np.ndarray)
        and not np.ma.isMaskedArray(x)
        and not np.ma.isMaskedArray(y)
    ):
        np.savez("own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
        return Npz(path="own.npz", **settings).load(None)
    dataset = Python(function="own_arrays:load", **settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_code, "load", lambda function: lambda: ((x, y), (x, y)))
        return dataset.load(None)


def refused(y: Any = CLASSES, x: Any = X, **settings: Any) -> str:
    """Why arrays are refused."""
    with pytest.raises(DataError) as error:
        loaded(y, x, **settings)
    return str(error.value).removeprefix("own.npz ").removeprefix("own_arrays:load ")


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (CLASSES, ("0", "1", "2")),
        (CLASSES + 1, ("1", "2", "3")),
        (CLASSES.astype(float), ("0", "1", "2")),
        (CLASSES[:, None], ("0", "1", "2")),
        (CLASSES - 1, ("-1", "0", "1")),
        (CLASSES.astype(object), ("0", "1", "2")),
        (np.array(["a", "b", "c"])[CLASSES], ("a", "b", "c")),
        (np.array([b"a", b"b", b"c"])[CLASSES], ("a", "b", "c")),
        (np.array(["a", b"b", "c"], object)[CLASSES], ("a", "b", "c")),
        (CLASSES.astype(str), ("0", "1", "2")),
        (CLASSES.astype("float16"), ("0", "1", "2")),
        (list(map(int, CLASSES)), ("0", "1", "2")),
        (np.ma.masked_array(CLASSES, mask=False), ("0", "1", "2")),
    ],
)
def test_classes_however_they_are_stored(y: Any, names: tuple[str, ...]) -> None:
    """The same numbers of classes in all of them, and nothing to say."""
    data = loaded(y)

    assert data.info is not None
    assert (data.info.class_names, data.train.y.tolist()) == (names, CLASSES.tolist())
    assert data.remarks == []


def test_truths_are_two_classes() -> None:
    """False is class 0."""
    data = loaded(CLASSES == 1, task="binary")

    assert data.info is not None
    assert (data.info.class_names, data.train.y.tolist()) == (("False", "True"), (CLASSES == 1).tolist())


@pytest.mark.parametrize("one_hot", [ONE_HOT, ONE_HOT.astype(bool), ONE_HOT.astype("uint8"), ONE_HOT.astype(object)])
@pytest.mark.parametrize("task", ["multiclass", "ordinal"])
def test_one_hot_rows_are_classes_and_that_is_said(one_hot: np.ndarray[Any, Any], task: str) -> None:
    """In the order of the columns."""
    data, named = loaded(one_hot, task=task), loaded(one_hot, task=task, classes=["x", "y", "z"])

    assert data.train.y.tolist() == named.train.y.tolist() == CLASSES.tolist()
    assert list(map(str, data.remarks)) == [
        "own.npz (train): one-hot targets of 3 columns, taken as the class of the column that has the 1: 0 to 2; see "
        "dataset.classes (allow: [one_hot_targets] if it is meant)"
    ]
    assert [remark.is_settled for remark in named.remarks] == [True]


def test_one_hot_rows_as_labels_of_a_multilabel_task_are_said() -> None:
    """They are read as asked for."""
    data = loaded(ONE_HOT, task="multilabel")

    assert data.train.y.tolist() == ONE_HOT.tolist()
    assert [(remark.rule, remark.key) for remark in data.remarks] == [("one_label_each", "dataset.task: multiclass")]


@pytest.mark.parametrize(
    ("y", "settings", "message"),
    [
        (np.maximum(ONE_HOT, ONE_HOT[:, [1, 0, 2]]), {}, "(train): targets of shape (12, 3), where one class each is "
         "(n,): target 0 has 2 classes; any number of them is task: multilabel"),
        (ONE_HOT * 0.8 + 0.2 / 3, {}, "(train): targets of shape (12, 3), where one class each is (n,): rows of "
         "probabilities, which dlexp does not learn from; give the most probable class of each, y.argmax(axis=1)"),
        (ONE_HOT * 2, {}, "(train): targets of shape (12, 3), where one class each is (n,); give one column, as "
         "y[:, 0], or rows with one 1 and else 0"),
        (ONE_HOT, {"task": "binary"}, "(train): a binary task needs 2 classes; found 3: 0, 1, 2"),
        (ONE_HOT, {"classes": ["a", "b"]}, "(train): targets of 3 columns for 2 classes"),
        (ONE_HOT, {"task": "regression"}, "(train): expected targets of shape (n,), found float64 of shape (12, 3); "
         "take one column, as y[:, 0]; several targets need a table, csv or parquet"),
        (ONE_HOT * 0.5, {"task": "multilabel"}, "(train): target 0, column 0: expected 0 or 1, given 0.5; "
         "probabilities and counts have to be made 0 and 1 first"),
        (np.array(1.0), {}, "(train): expected targets of shape (n,), found float64 of shape ()"),
        (CLASSES * 1j, {}, "(train): expected targets of shape (n,), found complex numbers "
         "(complex128) of shape (12,)"),
        (CLASSES.astype("datetime64[D]"), {"task": "regression"}, "(train): expected targets of shape (n,), found "
         "dates (datetime64[D]) of shape (12,)"),
        (np.where(CLASSES == 1, np.nan, CLASSES), {}, "(train): target 1 is missing, as are 3 more; leave such "
         "examples out"),
        (np.where(np.arange(N) == 7, np.nan, X[:, 0]), {"task": "regression"}, "(train): target 7 is missing; leave "
         "such examples out"),
        (np.array(["a", None] * 6, object), {}, "(train): target 1 is missing, as are 5 more; leave such examples out"),
        (np.ma.masked_equal(CLASSES, 2), {}, "(train): targets: example 2 is masked; leave it out, or fill it"),
        ([[1], [1, 2]] * 6, {}, "(train): targets: no array, but rows of different lengths"),
        (np.array(["high", "low", "mid"])[CLASSES], {"task": "regression"}, "(train): target 0: expected a number, "
         "given 'high'"),
        (np.full(N, np.inf), {"task": "regression"}, "(train): target 0: expected a number, given 'inf'"),
    ],
)  # fmt: skip
def test_targets_that_are_refused(y: Any, settings: dict[str, Any], message: str) -> None:
    """Which split and which target, what is there, what to do."""
    assert refused(y, **settings).startswith(message)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.where(X == 7, np.nan, X), "(train): inputs: example 3, number 1 is nan; leave it out, or fill it"),
        (np.where(X.reshape(N, 1, 2) > 20, np.inf, X.reshape(N, 1, 2)), "(train): inputs: example 10, number 1 is inf, "
         "and 2 more; leave it out, or fill it"),
        (np.ma.masked_equal(X, 5), "(train): inputs: example 2, number 1 is masked; leave it out, or fill it"),
        (X[:, 0], "(train): expected numeric inputs of shape (12, ...), as there are targets, found float64 of shape "
         "(12,); one number per example is x[:, None]"),
        (X[:5], "(train): expected numeric inputs of shape (12, ...), as there are targets, found float64 of shape "
         "(5, 2)"),
        (X.astype(str), "(train): expected numeric inputs of shape (12, ...), as there are targets, found words (<U32) "
         "of shape (12, 2)"),
        (X * 1j, "(train): expected numeric inputs of shape (12, ...), as there are targets, found complex numbers "
         "(complex128) of shape (12, 2)"),
        (np.array([[1, None]] * N, object), "(train): inputs: example 0, number 1 is missing; leave it "
         "out, or fill it"),
        (np.array([[1, "a"]] * N, object), "(train): expected numeric inputs of shape (12, ...), as there are targets, "
         "found objects that are no numbers (object) of shape (12, 2)"),
        ([[datetime.date(2024, 1, 1)]] * N, "(train): expected numeric inputs of shape (12, ...), as there are "
         "targets, found dates (object) of shape (12, 1), such as datetime.date(2024, 1, 1); make numbers"),
    ],
)  # fmt: skip
def test_inputs_that_are_refused(x: Any, message: str) -> None:
    """Which example and which number of it, as the model takes them."""
    assert refused(x=x).startswith(message)


def test_objects_that_are_numbers_are_numbers() -> None:
    """As pandas keeps mixed columns."""
    mixed = np.array([[1, 2.5], [3, True]] * 6, object)

    assert loaded(x=mixed).train.x.tolist()[:2] == [[1, 2.5], [3, 1]]
