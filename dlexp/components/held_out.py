"""Which of a number of examples are held out: drawn at random or by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dlexp.components.data import Array

#: A value per example: its class.
Labels: TypeAlias = "Array | Sequence[object]"


@dataclass(frozen=True)
class Drawn:
    """Examples that were drawn to be held out."""

    positions: Array
    """Sorted."""
    is_by_class: bool
    """Whether the same share of every class was drawn."""


def at_random(n: int, count: int, seed: int) -> Array:
    """Sorted positions, drawn without replacement."""
    import numpy as np

    return np.sort(np.random.default_rng(seed).permutation(n)[:count])


def by_class(labels: Labels, count: int, seed: int) -> "Array | None":
    """Sorted positions with the same share of every class; None if a class cannot be on both sides.

    Of two examples or more of a class, at least one is on each side, however rare it is.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    _, classes, sizes = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    n = len(classes)
    if sizes.min() < 2 or min(count, n - count) < len(sizes):
        return None
    positions = train_test_split(np.arange(n), test_size=count, stratify=classes, random_state=seed)[1]
    is_held_out = np.isin(np.arange(n), positions)
    for lacking in (True, False):
        _move_rare(classes, is_held_out, lacking)
    return np.flatnonzero(is_held_out)


def _move_rare(classes: Array, is_held_out: Array, lacking: bool) -> None:
    """Move an example of each class that a side lacks to it, and one of the class that it has most of back."""
    import numpy as np

    n_classes = int(classes.max()) + 1
    counts = np.bincount(classes[is_held_out == lacking], minlength=n_classes)
    for rare in np.flatnonzero(counts == 0):
        common = int(counts.argmax())
        there = np.flatnonzero((classes == rare) & (is_held_out != lacking))[0]
        back = np.flatnonzero((classes == common) & (is_held_out == lacking))[0]
        is_held_out[there], is_held_out[back] = lacking, not lacking
        counts[rare], counts[common] = 1, counts[common] - 1


def test_split(n: int, size: float, seed: int, labels: "Labels | None") -> Drawn:
    """The examples of a drawn test split, `size` of `n` rounded up: by class, if there are labels and they allow it."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    count = int(-(-n * size // 1))
    positions = None if labels is None else by_class(labels, count, seed)
    if positions is not None:
        return Drawn(positions, is_by_class=True)
    return Drawn(np.sort(train_test_split(np.arange(n), test_size=count, random_state=seed)[1]), is_by_class=False)
