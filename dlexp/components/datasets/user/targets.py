"""Targets of the user's own data: from what stands in a file to numbers of classes, rows of labels or values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dlexp.components.data import Array, Info, Task
from dlexp.components.datasets.user.keys import Target
from dlexp.errors import DataError, did_you_mean

#: What tasks without classes expect, and which values are that.
NUMBERS: dict[Task, tuple[str, Callable[[Array], Array]]] = {
    "regression": ("a number", np.isfinite),
    "proportion": ("a number from 0 to 1", lambda y: (y >= 0) & (y <= 1)),
    "count": ("a whole number, 0 or more", lambda y: np.isfinite(y) & (y >= 0) & (y == np.floor(y))),
}
MAX_CLASSES_NAMED = 10


@dataclass(frozen=True)
class RawTargets:
    """The targets of one split as they were found: a value each; of multilabel data a list of labels each."""

    values: "Sequence[Any] | Array"
    where: Callable[[int], str]
    """Names the place of one of them."""


@dataclass(frozen=True)
class Targets:
    """Both splits' targets as a `Split` has them."""

    train: Array
    test: Array
    class_names: tuple[str, ...] = ()
    each: Mapping[str, "Targets"] = field(default_factory=dict)
    """Of several targets, every one of them; `train` and `test` have them side by side."""

    def complete(self, info: Info) -> Info:
        """An `Info` with the classes that the data turned out to have."""
        each = {name: of_one.complete(info.targets[name]) for name, of_one in self.each.items()}
        return replace(info, n_classes=len(self.class_names) or None, class_names=self.class_names, targets=each)


def encode(target: Target, train: Mapping[str, RawTargets], test: Mapping[str, RawTargets]) -> Targets:
    """Number the classes, or read the numbers: of one target, or of several of the same examples, given by name."""
    if not target.several:
        (of_train,), (of_test,) = train.values(), test.values()
        return _encoded(target.only_task, of_train, of_test, target.classes)
    each = {name: _encoded(task, train[name], test[name], None) for name, task in target.several.items()}
    y_train, y_test = (
        np.column_stack([getattr(of_one, split) for of_one in each.values()]).astype(np.float32)
        for split in ("train", "test")
    )
    return Targets(y_train, y_test, each=each)


def _encoded(task: Task, train: RawTargets, test: RawTargets, classes: Sequence[str] | None) -> Targets:
    """One target; without `classes`, those of the training split in their order."""
    if task in NUMBERS:
        return Targets(_numbers(task, train), _numbers(task, test))
    labels = [[label(value) for value in (values if task == "multilabel" else [values])] for values in train.values]
    names = tuple(classes or in_order({each for of_one in labels for each in of_one}))
    if len(names) < (1 if task == "multilabel" else 2) or (task == "binary" and len(names) != 2):
        needed = "2" if task == "binary" else "at least 2" if task != "multilabel" else "at least 1"
        listed = ", ".join([*names[:MAX_CLASSES_NAMED], *(["..."] if len(names) > MAX_CLASSES_NAMED else [])]) or "none"
        raise DataError(f"{train.where(0)}: a {task} task needs {needed} classes; found {len(names)}: {listed}")
    number = {name: k for k, name in enumerate(names)}
    encoded = _label_rows if task == "multilabel" else _class_numbers
    return Targets(encoded(train, number), encoded(test, number), names)


def label(value: Any) -> str:
    """A class as a word: 1 and 1.0 are the same."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).strip()


def in_order(labels: Iterable[str]) -> list[str]:
    """Numbers by their value, words by the alphabet."""
    try:
        return sorted(labels, key=lambda each: (float(each), each))
    except ValueError:
        return sorted(labels)


def _numbers(task: Task, given: RawTargets) -> Array:
    import pandas as pd

    expected, is_right = NUMBERS[task]
    y: Array = pd.to_numeric(pd.Series(given.values), errors="coerce").to_numpy(np.float64)
    if not (right := is_right(y)).all():
        i = int((~right).argmax())
        raise DataError(f"{given.where(i)}: expected {expected}, given {label(given.values[i])!r}")
    return y.astype(np.float32)


def _class_numbers(given: RawTargets, number: dict[str, int]) -> Array:
    return np.array([_number(value, number, given, i) for i, value in enumerate(given.values)], np.int32)


def _label_rows(given: RawTargets, number: dict[str, int]) -> Array:
    y = np.zeros((len(given.values), len(number)), np.int32)
    for i, values in enumerate(given.values):
        for value in values:
            y[i, _number(value, number, given, i)] = 1
    return y


def _number(value: Any, number: dict[str, int], given: RawTargets, i: int) -> int:
    name = label(value)
    if name not in number:
        hint = did_you_mean(name, number)
        raise DataError(f"{given.where(i)}: {name!r} is none of the classes of the training data.{hint}".rstrip("."))
    return number[name]
