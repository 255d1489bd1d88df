"""Which of a number of examples are held out: drawn at random, by class or in whole groups, or the last in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dlexp.components.data import Array
from dlexp.format import plural

if TYPE_CHECKING:
    import numpy as np

#: A value per example: its class, or the name of its group.
OfEach: TypeAlias = "Array | Sequence[object]"


@dataclass(frozen=True)
class HeldOut:
    """Examples that are kept apart from those that are trained on."""

    positions: Array
    """Sorted."""
    how: str
    """How they were chosen: `drawn by class`."""


def at_random(n: int, count: int, seed: int) -> Array:
    """Sorted positions, drawn without replacement."""
    import numpy as np

    return np.sort(np.random.default_rng(seed).permutation(n)[:count])


def two_splits(n: int, count: int, seed: int, classes: "Array | None" = None) -> "tuple[Array, Array]":
    """Positions of `n - count` and of `count` examples, in the order in which they are drawn; by class if it is given.

    The same as scikit-learn's `train_test_split` draws, whose import takes longer than most trainings.
    """
    import numpy as np

    rng = np.random.RandomState(seed)
    if classes is None:
        drawn = rng.permutation(n)
        return drawn[count:], drawn[:count]
    sizes = np.unique(classes, return_counts=True)[1]
    n_first = _shares(sizes, n - count, rng)
    ends = n_first + _shares(sizes - n_first, count, rng)
    members = np.split(np.argsort(classes, kind="stable"), np.cumsum(sizes)[:-1])
    drawn_of = [of_class[rng.permutation(len(of_class))] for of_class in members]
    first = [drawn[:border] for drawn, border in zip(drawn_of, n_first, strict=True)]
    second = [drawn[border:end] for drawn, border, end in zip(drawn_of, n_first, ends, strict=True)]
    return rng.permutation(np.concatenate(first)), rng.permutation(np.concatenate(second))


def _shares(sizes: Array, count: int, rng: "np.random.RandomState") -> Array:
    """How many of each class are among `count` examples: as its size says, the largest remainders rounded up."""
    import numpy as np

    exact = sizes / sizes.sum() * count
    shares: Array = np.floor(exact)
    remainders = exact - shares
    n_left = int(count - shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if not n_left:
            break
        equal = np.flatnonzero(remainders == remainder)
        rounded_up = rng.choice(equal, size=min(len(equal), n_left), replace=False)
        shares[rounded_up] += 1
        n_left -= len(rounded_up)
    return shares.astype(int)


def why_not_by_class(labels: OfEach, count: int) -> str:
    """What keeps the classes from being on both sides each, if `count` examples are held out; empty if nothing does."""
    import numpy as np

    sizes = np.unique(np.asarray(labels), return_counts=True)[1]
    n = int(sizes.sum())
    if sizes.min() < 2:
        return "a class has one example"
    if min(count, n - count) < len(sizes):
        return f"{len(sizes)} classes do not fit into {plural(count, 'example')} and {n - count:,} others"
    return ""


def by_class(labels: OfEach, count: int, seed: int) -> Array:
    """Sorted positions with the same share of every class, where `why_not_by_class` says nothing.

    However rare a class is, it has an example on each side.
    """
    import numpy as np

    classes = np.unique(np.asarray(labels), return_inverse=True)[1]
    n = len(classes)
    positions = two_splits(n, count, seed, classes)[1]
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


def test_split(n: int, size: float, seed: int, labels: "OfEach | None") -> HeldOut:
    """The examples of a drawn test split, `size` of `n` rounded up: by class, if there are labels and they allow it.

    Where they do not, an example of each class still trains: whether a class is known depends on no seed.
    """
    import numpy as np

    count = int(-(-n * size // 1))
    reason = "" if labels is None else why_not_by_class(labels, count)
    if labels is not None and not reason:
        return HeldOut(by_class(labels, count, seed), "drawn by class")
    drawn = np.sort(two_splits(n, count, seed)[1])
    if labels is not None:
        classes = np.unique(np.asarray(labels), return_inverse=True)[1]
        is_held_out = np.isin(np.arange(n), drawn)
        if classes.max() < n - count:
            _move_rare(classes, is_held_out, lacking=False)
        drawn = np.flatnonzero(is_held_out)
    return HeldOut(drawn, at_random_since(reason))


def is_drawn(how: str) -> bool:
    """Whether examples that were chosen so were drawn."""
    return how.startswith("drawn")


def at_random_since(reason: str) -> str:
    """How examples were drawn whose classes a reason kept from being drawn by class, if there is one."""
    return f"drawn at random ({reason})" if reason else "drawn at random"


def whole_groups(groups: OfEach, count: int, seed: int) -> "Array | None":
    """Sorted positions of groups in random order, each that still fits into the count; None if there is one group.

    Where no group is as small as the count, the smallest one is held out.
    """
    import numpy as np

    _, numbers, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return None
    is_held_out, n_held_out = np.zeros(len(sizes), bool), 0
    for group in np.random.default_rng(seed).permutation(len(sizes)):
        if n_held_out + sizes[group] <= count:
            is_held_out[group] = True
            n_held_out += sizes[group]
    if not n_held_out:
        is_held_out[sizes.argmin()] = True
    return np.flatnonzero(is_held_out[numbers])


def last(times: Array, count: int) -> "Array | None":
    """Sorted positions of the latest examples; None if all are of one time.

    Equal times stay together: the border lies at the change of time that is nearest to the count.
    """
    import numpy as np

    order = np.argsort(times, kind="stable")
    changes = np.flatnonzero(np.diff(times[order])) + 1
    if not len(changes):
        return None
    border = changes[np.abs(changes - (len(times) - count)).argmin()]
    return np.sort(order[border:])
