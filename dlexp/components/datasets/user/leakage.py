"""Features that alone give a target away: copies and codes of it, functions of it, gaps where a class stands."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dlexp.components.data import Array, Info
from dlexp.components.datasets.user.columns import Encoded

#: How unlikely by chance what is found has to be: 1 in 2 to the power of this, over all features together.
MIN_BITS = 20.0
#: From this correlation on a number is taken as a linear function of a target; and from how many rows on.
MIN_CORRELATION, MIN_ROWS = 0.9999, 10
#: A target of no more different numbers than these may be coded by a feature, as classes are.
MAX_CODED = 100
#: In these first rows nearly every feature shows that it does not give the target away.
N_LOOKED_AT = 1000


@dataclass(frozen=True)
class Answers:
    """What is learned: one target, or one label of a multilabel target."""

    name: str
    """For messages: `the target price`."""
    values: Array
    """`(n,)`: numbers, or the numbers of classes."""
    classes: Sequence[str] | None
    """The names of the classes; None for numbers."""

    @cached_property
    def coded(self) -> tuple[Sequence[str], Array]:
        """The classes, or the few different numbers, and which of them stands in each row; none if there are many."""
        if self.classes is not None:
            return self.classes, self.values.astype(np.int64)
        if len(np.unique(self.values[:N_LOOKED_AT])) > MAX_CODED:
            return (), self.values
        codes, values = pd.factorize(self.values, sort=True)
        return ([f"{value:g}" for value in values] if len(values) <= MAX_CODED else ()), codes

    @classmethod
    def of(cls, info: Info, y: Array, only_name: str) -> "list[Answers]":
        """Those of the training rows; a single target is called by its column, `only_name`."""
        found = []
        for name, target in (info.targets or {"": info}).items():
            values, called = info.y_of(name, y), f"the target {name or only_name}"
            if target.task == "multilabel":
                found += [
                    cls(f"the label {label} of {called}", values[:, k], ("no", "yes"))
                    for k, label in enumerate(target.class_names)
                ]
            else:
                found.append(cls(called, values, target.class_names if target.n_classes else None))
        return found


def found(feature: Encoded, gaps_in: Callable[[int], Array], answers: Answers, n_features: int) -> str:
    """How a feature gives the answers away; empty if it does not, or it may be chance.

    Args:
        feature: The feature; of its rows those that train.
        gaps_in: Where so many of the first rows have no value in the file.
        answers: What is learned.
        n_features: How many there are: of many, one fits by chance more easily.
    """
    needed = MIN_BITS + math.log2(n_features)
    columns = (
        [feature.train[:, k] for k in range(feature.train.shape[1])]
        if feature.is_number and answers.classes is None
        else []
    )
    ways = (
        (_function_of(column, answers) for column in columns),
        (_code_of(feature, answers, needed),),
        (_gaps_of(gaps_in, answers, needed),),
    )
    return next((way for each in ways for way in each if way), "")


def _function_of(x: Array, answers: Answers) -> str:
    """Of a number that is learned: a copy, a linear function, or one that ascends with it or descends."""
    y = answers.values.astype(np.float64)
    if len(y) < MIN_ROWS or np.ptp(y) == 0 or np.ptp(x) == 0:
        return ""
    if np.array_equal(x, y):
        return f"a copy of {answers.name}"
    correlation = float(np.corrcoef(x, y)[0, 1])
    if abs(correlation) > MIN_CORRELATION:
        return f"a linear function of {answers.name} (correlation {correlation:.6f})"
    return ""


def _code_of(feature: Encoded, answers: Answers, needed: float) -> str:
    """Each value of the feature stands beside one class, or one of few numbers."""
    labels, y = answers.coded
    if len(labels) < 2:
        return ""
    if feature.is_number:
        if feature.train.shape[1] > 1 or len(np.unique(feature.train[:N_LOOKED_AT])) > len(labels):
            return ""
        codes, values = pd.factorize(feature.train[:, 0])
        words = [f"{value:g}" for value in values]
    else:
        words = [name.removeprefix(f"{feature.column}=") for name in feature.names] + ["nothing"]
        codes = np.where(feature.train.any(axis=1), feature.train.argmax(axis=1), len(words) - 1)
    counts = np.bincount(codes * len(labels) + y, minlength=len(words) * len(labels)).reshape(len(words), len(labels))
    used = counts.any(axis=1)
    if ((counts > 0).sum(axis=1) > 1).any() or _bits(y) - used.sum() * math.log2(len(labels)) < needed:
        return ""
    pairs = {words[k]: labels[int(counts[k].argmax())] for k in np.flatnonzero(used)}
    if len(pairs) == len(set(pairs.values())):
        if all(word == each for word, each in pairs.items()):
            return f"a copy of {answers.name}"
        listed = ", ".join(f"{word} is {each}" for word, each in list(pairs.items())[:3])
        return f"a code of {answers.name}: {listed}{', ...' if len(pairs) > 3 else ''}"
    # Many different numbers may each stand beside one class by what they mean.
    return "" if feature.is_number else f"words that each stand beside one value of {answers.name}"


def _gaps_of(gaps_in: Callable[[int], Array], answers: Answers, needed: float) -> str:
    """It has no value exactly where one class stands."""
    labels, y = answers.coded
    first = gaps_in(N_LOOKED_AT)
    for k in [k for k in range(len(labels)) if np.array_equal(first, y[:N_LOOKED_AT] == k)]:
        is_class = y == k
        if np.array_equal(gaps_in(len(y)), is_class) and _bits(is_class.astype(np.int64)) >= needed:
            return f"missing exactly where {answers.name} is {labels[k]}"
    return ""


def _bits(codes: Array) -> float:
    """How many bits say which class stands in each row, if all orders are equally likely."""
    shares = np.bincount(codes) / len(codes)
    shares = shares[shares > 0]
    return float(-len(codes) * (shares * np.log2(shares)).sum())
