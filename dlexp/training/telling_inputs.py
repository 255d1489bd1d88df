"""Single inputs that nearly tell a target by themselves: a leak, unless they are known when a prediction is made."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dlexp.components.data import Array, Info, Inputs, Split
from dlexp.training.controlled import TellingInput

#: From this share of the way from guessing to perfect on an input alone tells a target.
TELLING = 0.98
#: Of a number, the same of its variance.
EXPLAINED = 0.995
#: Into how many parts with equally many examples an input is cut at most, and how many of these it has at least.
MAX_PARTS, EXAMPLES_PER_PART = 64, 10
#: How many inputs are looked at, and among how many examples one may tell all of them by chance.
MAX_INPUTS, FEW = 2_000, 100


def telling_inputs(train: Split, held_out: Split, info: Info, names: Sequence[str]) -> list[TellingInput]:
    """Those that tell a target: each is fitted on the examples that train, and has to tell those held out too.

    Word indices have no meaning of their own, and a single input is all that there is: neither is looked at.
    """
    if info.inputs == "word_ids" or len(train) + len(held_out) < FEW:
        return []
    inputs = _codes(train.x, held_out.x, names)
    if len(inputs) < 2:
        return []
    found = []
    for target, of_train, of_held_out, is_number in _targets(info, train.y, held_out.y):
        gain = _explained if is_number else _told
        gains = {name: gain(*values, of_train, of_held_out) for name, values in inputs.items()}
        least = EXPLAINED if is_number else TELLING
        found += [TellingInput(name=name, target=target, gain=each) for name, each in gains.items() if each >= least]
    return found


def _targets(info: Info, train: Array, held_out: Array) -> Iterator[tuple[str, Array, Array, bool]]:
    """Each target, or each label of a multilabel one: its name, its values, and whether it is a number."""
    for name, target in (info.targets or {"": info}).items():
        a, b = info.y_of(name, train), info.y_of(name, held_out)
        if a.ndim == 2:
            labels = target.class_names or [str(k) for k in range(a.shape[1])]
            for k in range(a.shape[1]):
                yield " ".join(filter(None, [name, labels[k]])), a[:, k], b[:, k], False
        else:
            yield name, a, b, target.n_classes is None


def _codes(train: Inputs, held_out: Inputs, names: Sequence[str]) -> dict[str, tuple[Array, Array]]:
    """By name the inputs, as numbers; columns of one category (`colour=red`) are one input, its codes."""
    columns, (a, b) = _columns(train, held_out)
    called = [names[k] if k < len(names) else f"input {k + 1}" for k in columns]
    own: dict[str, list[int]] = {}
    for i, name in enumerate(called):
        own.setdefault(name.partition("=")[0], []).append(i)
    return {name: (_code(a[:, indices]), _code(b[:, indices])) for name, indices in own.items()}


def _columns(train: Inputs, held_out: Inputs) -> tuple[list[int], list[Array]]:
    """The inputs that are looked at, and their columns: of sparse ones those that most examples have."""
    if isinstance(train, np.ndarray):
        a, b = (np.reshape(x, (len(x), -1))[:, :MAX_INPUTS] for x in (train, held_out))
        return list(range(a.shape[1])), [a, b]
    counts: Any = (train > 0).sum(axis=0)
    most = np.argsort(-np.asarray(counts).ravel(), kind="stable")[:MAX_INPUTS]
    both: Any = (train, held_out)
    return most.tolist(), [x[:, most].toarray() for x in both]


def _code(columns: Array) -> Array:
    """One column as it is; of several, which of them is set: 0 for none."""
    return columns[:, 0] if columns.shape[1] == 1 else np.where(columns.any(axis=1), columns.argmax(axis=1) + 1, 0)


def _told(x: Array, x_held_out: Array, y: Array, y_held_out: Array) -> float:
    """How much of the way from guessing to perfect the most frequent class of each part of an input goes."""
    classes, codes = np.unique(y, return_inverse=True)
    edges = np.unique(np.concatenate([_edges(x), *_bounds(x, codes, len(classes))]))
    parts, parts_held_out = np.digitize(x, edges), np.digitize(x_held_out, edges)
    counts = np.zeros((len(edges) + 1, len(classes)), np.int64)
    np.add.at(counts, (parts, codes), 1)
    is_known = counts.sum(axis=1) >= EXAMPLES_PER_PART
    says = classes[np.where(is_known, counts.argmax(axis=1), counts.sum(axis=0).argmax())]
    guess = counts.sum(axis=0).max() / len(y)
    both = (parts, y), (parts_held_out, y_held_out)
    shares = [float((says[each] == labels).mean()) for each, labels in both]
    return (min(shares) - guess) / (1 - guess) if guess < 1 else 0.0


def _explained(x: Array, x_held_out: Array, y: Array, y_held_out: Array) -> float:
    """The share of a number's variance that an input explains: by a line, or a curve through the means of its parts."""
    _, codes, n = np.unique(np.digitize(x, _edges(x)), return_inverse=True, return_counts=True)
    knots, means, variance = np.bincount(codes, x) / n, np.bincount(codes, y) / n, float(np.var(y))
    if variance == 0 or np.ptp(x) == 0:
        return 0.0
    line = np.polynomial.Polynomial.fit(x.astype(np.float64), y, 1)
    both = (x, y), (x_held_out, y_held_out)
    by_line = max(float(((numbers - line(each)) ** 2).mean()) for each, numbers in both)
    by_curve = max(float(((numbers - np.interp(each, knots, means)) ** 2).mean()) for each, numbers in both)
    return 1 - min(by_line, by_curve) / variance


def _bounds(x: Array, codes: Array, n_classes: int) -> tuple[Array, Array]:
    """Where each class begins, and where it has ended: a rare one lies within one of the parts of equal size."""
    lowest, highest = np.full(n_classes, np.inf), np.full(n_classes, -np.inf)
    np.minimum.at(lowest, codes, x)
    np.maximum.at(highest, codes, x)
    return lowest, np.nextafter(highest, np.inf)


def _edges(x: Array) -> Array:
    """Where an input is cut into parts."""
    n_parts = max(min(MAX_PARTS, len(x) // EXAMPLES_PER_PART), 2)
    return np.unique(np.quantile(x, np.linspace(0, 1, n_parts + 1)[1:-1]))
