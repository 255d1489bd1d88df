"""Targets in an array: one each, or a row of 0 and 1 per example, of one class or of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components.data import Array, Task
from dlexp.components.datasets.user.array_values import described, kind_of, to_numbers
from dlexp.components.datasets.user.targets import RawTargets
from dlexp.components.remarks import Remark
from dlexp.errors import DataError

CLASS_TASKS = ("binary", "multiclass", "ordinal")
#: How far from 1 the sum of an example's probabilities may be.
SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ArrayTargets:
    """What an array says of the targets of one split."""

    raw: RawTargets
    classes: Sequence[str] | None
    """What the columns are, if classes have one each."""
    remarks: Sequence[Remark] = ()


def read(y: Array, origin: str, task: Task, said: Sequence[str] | None) -> ArrayTargets:
    """The targets of one split; `said` are the classes that the config names.

    Raises:
        DataError: Its shape is not that of the task's targets, or one is missing.
    """
    if y.ndim == 2 and y.shape[1] == 1 and task != "multilabel":
        y = y[:, 0]
    if y.ndim and not len(y):
        raise DataError(f"{origin}: no examples in it: targets of shape {y.shape}")
    if not y.ndim or (kind := kind_of(y)):
        advice = to_numbers(kind) if y.ndim else ""
        raise DataError(f"{origin}: expected targets of shape (n,), found {described(y)}{advice}")
    _require_known(y, origin)
    if task == "multilabel":
        return _multilabel(y, origin, said)
    if y.ndim == 2 and task in CLASS_TASKS:
        return _one_hot(y, origin, said)
    if y.ndim != 1:
        several = "; take one column, as y[:, 0]; several targets need a table, csv or parquet" * (y.ndim == 2)
        raise DataError(f"{origin}: expected targets of shape (n,), found {described(y)}{several}")
    return ArrayTargets(_raw(y, origin), None)


def _require_known(y: Array, origin: str) -> None:
    """Refuse a target that is missing."""
    missing = pd.isna(y) if y.ndim == 1 else pd.isna(y).reshape(len(y), -1).any(axis=1)
    if y.ndim == 1 and y.dtype.kind in "USO":
        missing |= np.array([isinstance(each, str | bytes) and not each.strip() for each in y])
    if missing.any():
        n = int(missing.sum())
        more = f", as are {n - 1} more" if n > 1 else ""
        raise DataError(f"{origin}: target {int(missing.argmax())} is missing{more}; leave such examples out")


def _one_hot(y: Array, origin: str, said: Sequence[str] | None) -> ArrayTargets:
    """The column with the 1 of each row."""
    found = f"{origin}: targets of shape {y.shape}, where one class each is (n,)"
    if len(y) == 1 and y.shape[1] > 1:
        raise DataError(f"{found}: one row; give it as y[0]")
    is_0_or_1 = _is_0_or_1(y)
    if is_0_or_1.all() and (y.sum(axis=1, dtype=np.int64) == 1).all():
        classes = _of_columns(y, origin, said)
        remark = Remark(
            rule="one_hot_targets",
            place=origin,
            found=f"one-hot targets of {y.shape[1]} columns, taken as the class of the column that has the 1: "
            f"{classes[0]} to {classes[-1]}",
            key="dataset.classes",
            is_settled=said is not None,
        )
        words = np.array(classes, object)[y.argmax(axis=1)]
        return ArrayTargets(_raw(words, origin), classes, [remark])
    if is_0_or_1.all():
        i = int((y.sum(axis=1, dtype=np.int64) != 1).argmax())
        ones = int(y[i].sum())
        raise DataError(f"{found}: target {i} has {ones} classes; any number of them is task: multilabel")
    if y.dtype.kind == "f" and (y >= 0).all() and np.allclose(y.sum(axis=1), 1, atol=SUM_TOLERANCE):
        raise DataError(
            f"{found}: rows of probabilities, which dlexp does not learn from; give the most probable class of each, "
            "y.argmax(axis=1)"
        )
    raise DataError(f"{found}; give one column, as y[:, 0], or rows with one 1 and else 0")


def _multilabel(y: Array, origin: str, said: Sequence[str] | None) -> ArrayTargets:
    """The columns with a 1 of each row."""
    if y.ndim != 2:
        one_each = "; one class per example is task: multiclass" * (y.ndim == 1)
        raise DataError(f"{origin}: expected targets of shape (n, classes), all 0 or 1, found {described(y)}{one_each}")
    for i, k in np.argwhere(~_is_0_or_1(y))[:1]:
        raise DataError(
            f"{origin}: target {i}, column {k}: expected 0 or 1, given {y[i, k]}; probabilities and counts have to be "
            "made 0 and 1 first"
        )
    classes = _of_columns(y, origin, said)
    names = np.array(classes, object)
    return ArrayTargets(_raw([names[row == 1].tolist() for row in y], origin), classes)


def _raw(values: "Sequence[Any] | Array", origin: str) -> RawTargets:
    """Targets that are called by their position."""
    return RawTargets(values=values, where=lambda i: f"{origin}: target {i}", place=origin)


def _is_0_or_1(y: Array) -> Array:
    return np.isin(y, [0, 1]) if y.dtype.kind in "biuf" else np.zeros(y.shape, bool)


def _of_columns(y: Array, origin: str, said: Sequence[str] | None) -> Sequence[str]:
    """The class of each column: the config's, or else its number."""
    if said and len(said) != y.shape[1]:
        raise DataError(f"{origin}: targets of {y.shape[1]} columns for {len(said)} classes")
    return said or [str(k) for k in range(y.shape[1])]
