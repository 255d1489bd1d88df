"""Targets of the user's own data: from what stands in a file to numbers of classes, rows of labels or values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dlexp.components import precision
from dlexp.components.data import Array, Info, Task
from dlexp.components.datasets.user import classes
from dlexp.components.datasets.user.keys import Target
from dlexp.components.datasets.user.labels import Labels, NoLabel, joined, kin, label
from dlexp.components.remarks import Remark
from dlexp.errors import DataError

#: What tasks without classes expect, which values are that, and what to do about others.
NUMBERS: dict[Task, tuple[str, Callable[[Array], Array], str]] = {
    "regression": ("a number", np.isfinite, ""),
    "proportion": (
        "a number from 0 to 1",
        lambda y: (y >= 0) & (y <= 1),
        "; a percentage has to be divided by 100 in the file, and any other number is task: regression",
    ),
    "count": (
        "a whole number, 0 or more",
        lambda y: np.isfinite(y) & (y >= 0) & (y == np.floor(y)),
        "; any other number is task: regression",
    ),
}


@dataclass(frozen=True, kw_only=True)
class RawTargets:
    """The targets of one split as they were found: a value each; of multilabel data a list of labels each."""

    values: "Sequence[Any] | Array"
    where: Callable[[int], str]
    """Names the place of one of them."""
    place: str
    """The place of all of them: `cars.csv: column price`."""
    missing: Callable[[Sequence[str]], str] = lambda words: "leave such examples out"
    """What to do if these words stand for missing targets."""
    remarks: Sequence[Remark] = ()
    """How they were read."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Both splits' targets as a `Split` has them."""

    train: Array
    test: Array
    class_names: tuple[str, ...] = ()
    each: Mapping[str, "Targets"] = field(default_factory=dict)
    """Of several targets, every one of them; `train` and `test` have them side by side."""
    remarks: Sequence[Remark] = ()

    def complete(self, info: Info) -> Info:
        """An `Info` with the classes that the data turned out to have."""
        each = {name: of_one.complete(info.targets[name]) for name, of_one in self.each.items()}
        return replace(info, n_classes=len(self.class_names) or None, class_names=self.class_names, targets=each)


def encode(
    target: Target, train: Mapping[str, RawTargets], test: Mapping[str, RawTargets], is_drawn: bool = False
) -> Targets:
    """Number the classes, or read the numbers: of one target, or of several of the same examples, given by name.

    `is_drawn`: whether dlexp has drawn the split.
    """
    if not target.several:
        (of_train,), (of_test,) = train.values(), test.values()
        return _encoded(target, of_train, of_test, is_drawn)
    each = {name: _encoded(of_one, train[name], test[name], is_drawn) for name, of_one in target.each.items()}
    y_train, y_test = (
        np.column_stack([getattr(of_one, split) for of_one in each.values()]).astype(np.float64)
        for split in ("train", "test")
    )
    remarks = [remark for of_one in each.values() for remark in of_one.remarks]
    return Targets(train=y_train, test=y_test, each=each, remarks=remarks)


def _encoded(target: Target, train: RawTargets, test: RawTargets, is_drawn: bool) -> Targets:
    """One target."""
    task = target.only_task
    if task in NUMBERS:
        y = [_numbers(task, given) for given in (train, test)]
        return Targets(train=y[0], test=y[1], remarks=[*train.remarks, *_doubtful(y[0], train.place)])
    said = target.said_classes
    labels = [_labels(task, given) for given in (train, test)]
    if target.join_spellings:
        spelled = joined(labels[0].counts, said)
        labels = [each.renamed({word: spelled.get(kin(word), word) for word in each.words}) for each in labels]
    found = classes.Found(
        task=task,
        train=labels[0],
        test=labels[1],
        place=train.place,
        where=(train.where, test.where),
        n_train=len(train.values),
        is_drawn=is_drawn,
    )
    names = classes.names(found, said, train.missing)
    number = {name: k for k, name in enumerate(names)}
    y = []
    for of_split, given in zip(labels, (train, test), strict=True):
        for word in of_split.words:
            if word not in number:
                why = classes.unknown(word, names, found, said is not None, train.missing)
                raise DataError(f"{given.where(of_split.first(word))}: {word!r} is none of the classes {why}")
        numbers = np.array([number[word] for word in of_split.words], np.int32)[of_split.codes]
        y.append(_rows_of(numbers, of_split.rows, len(given.values), len(names)) if task == "multilabel" else numbers)
    remarks = [*train.remarks, *classes.remarks(found, names, said, train.remarks)]
    return Targets(train=y[0], test=y[1], class_names=names, remarks=remarks)


def _labels(task: Task, given: RawTargets) -> Labels:
    """The labels of one split."""
    labels_of: Callable[[Any], Labels] = Labels.of_lists if task == "multilabel" else Labels.of
    try:
        return labels_of(given.values)
    except NoLabel as error:
        raise DataError(f"{given.where(error.position)}: {error}") from error


def _rows_of(numbers: Array, rows: Array, n: int, n_classes: int) -> Array:
    """A row per example, 1 for each class that it has."""
    y = np.zeros((n, n_classes), np.int32)
    y[rows, numbers] = 1
    return y


def _doubtful(y: Array, place: str) -> Iterator[Remark]:
    """A target that is the same everywhere, or nearly so beside one that is far from all others."""
    if any(loss.is_blurred for loss in precision.losses(y[:, None])):
        kept = precision.Kept.of(y)
        found = (
            f"the model can tell {kept.standardized} of {kept.different} different targets apart, since some are too "
            f"far from the others, from {y.min():g} to {y.max():g}"
        )
        yield Remark(rule="lost_digits", place=place, found=found)
    if len(y) > 2 and (y == y[0]).all():
        found = f"every training target is {y[0]:g}, so that there is nothing to learn"
        yield Remark(rule="constant_target", place=place, found=found, key="dataset.target")


def _numbers(task: Task, given: RawTargets) -> Array:
    import pandas as pd

    expected, is_right, advice = NUMBERS[task]
    y: Array = pd.to_numeric(pd.Series(given.values), errors="coerce").to_numpy(np.float64)
    if not (right := is_right(y)).all():
        i = int((~right).argmax())
        advice = "" if np.isnan(y[i]) else advice
        raise DataError(f"{given.where(i)}: expected {expected}, given {label(given.values[i])!r}{advice}")
    if precision.are_too_large(y):
        i = int((np.abs(y) > precision.LARGEST).argmax())
        raise DataError(f"{given.where(i)}: {y[i]:g} is {precision.TOO_LARGE}")
    require_apart(given.values, y, given.where)
    return y


def require_apart(given: Iterable[Any], y: Array, where: Callable[[int], str]) -> None:
    """Refuse targets that float64 `y` cannot tell apart, though they were `given` apart."""
    if found := precision.merged(given, y):
        raise DataError(f"{where(found.position)}: {found}; subtract what they have in common")
