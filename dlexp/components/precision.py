"""What float32 and float64 keep of numbers: whether a column stays float64 until it is standardized."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import numpy as np

from dlexp.components.remarks import Remark

Array = np.ndarray[Any, Any]
#: Where a feature is standardized: sparse ones never are.
Standardized = Literal["in the model", "before the model", "never", "never, as sparse"]

#: The largest number of float32.
LARGEST = float(np.finfo(np.float32).max)
TOO_LARGE = f"larger than {LARGEST:.2g}, the largest number of float32, in which the model computes"
#: Smaller numbers are 0 to TensorFlow.
SMALLEST = float(np.finfo(np.float32).tiny)
#: Half the step from one number to the next, relative to the number: of float32, and of float64.
ROUNDING, ROUNDING_64 = 2.0**-24, 2.0**-53
#: From here on float64 has not every whole number.
WHOLE = 2.0**53
#: How far rounding may move a number, in standard deviations of its column.
TOLERANCE = 1e-4
#: Of so many rows, evenly spaced, different values are counted.
N_COUNTED = 2000
#: So many numbers are looked at together.
N_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Kept:
    """How many of a column's different values there still are as other numbers."""

    different: int
    in_float32: int
    standardized: int
    """In float32, after they were standardized in float64."""

    @classmethod
    def of(cls, column: Array) -> "Kept":
        """What is kept of numbers `(n,)`."""
        x = np.unique(column.astype(np.float64))
        z = (x - mean_of(column)) / scale_of(column)
        # All three are in order: equal numbers are neighbours.
        return cls(*(1 + int(np.count_nonzero(np.diff(each))) for each in (x, narrowed(x), z.astype(np.float32))))


def varies(column: Array) -> bool:
    """Whether numbers `(n,)` are not all the same."""
    return bool(column.min() < column.max())


def mean_of(column: Array) -> float:
    """The mean of numbers `(n,)`; of those that never vary their value, whatever rounding makes of their sum."""
    return float(column.mean(dtype=np.float64) if varies(column) else column[0])


def scale_of(column: Array) -> float:
    """The standard deviation of numbers `(n,)`; 1 for those that never vary."""
    return float(column.std(dtype=np.float64)) if varies(column) else 1.0


def narrowed(x: Array) -> Array:
    """Numbers as float32, as TensorFlow computes with them."""
    found: Array = x.astype(np.float32)
    found[np.abs(found) < SMALLEST] = 0
    return found


@dataclass(frozen=True)
class Loss:
    """A column of which numbers are lost."""

    column: int
    is_wide: bool
    """Whether float64 keeps more of it, until it is standardized: float32 moves a number by more than `TOLERANCE`, or
    keeps fewer than half of the values apart that standardizing in float64 keeps apart."""
    is_blurred: bool
    """Whether standardized in float64, too, fewer than half of its values are kept apart in float32."""


def losses(x: Array) -> list[Loss]:
    """The columns of numbers `(n, columns)` of which float32 loses some; there is nothing to lose of a constant."""
    if np.can_cast(x.dtype, np.float32) and not _are_tiny(x):
        return []
    # A part at a time, which the processor's cache holds.
    n = max(1, N_AT_ONCE // x.shape[1])
    moved = np.max([_moved(x[start : start + n]) for start in range(0, len(x), n)], axis=0)
    some = np.ascontiguousarray(x[:: -(-len(x) // N_COUNTED)].T, np.float64)
    found = (_loss_of(k, x, some[k], moved[k]) for k in np.flatnonzero(moved).tolist())
    return [loss for loss in found if loss]


def _are_tiny(x: Array) -> bool:
    """Whether a column of numbers in float32 lies where TensorFlow takes some as 0."""
    if x.dtype.kind != "f" or not x.size:
        return False
    largest = np.maximum(x.max(axis=0), -x.min(axis=0))
    return bool(((largest > 0) & (largest < SMALLEST / TOLERANCE)).any())


def _moved(x: Array) -> Array:
    """How far float32 moves a number of each column at most."""
    found: Array = np.abs(narrowed(x) - x.astype(np.float64)).max(axis=0)
    return found


def _loss_of(k: int, x: Array, some: Array, moved: float) -> Loss | None:
    """What is lost of a column, of which values are counted in `some` rows."""
    # The sum of squares of all rows is no smaller than that of some.
    is_wide, least_scale = False, float(some.std()) * (len(some) / len(x)) ** 0.5
    if moved > TOLERANCE * least_scale:
        column = x[:, k].astype(np.float64)
        if not varies(column):
            return None
        is_wide = bool(moved > TOLERANCE * scale_of(column))
    kept = Kept.of(some)
    is_wide = is_wide or 2 * kept.in_float32 < kept.standardized
    is_blurred = 2 * kept.standardized < kept.different
    return Loss(k, is_wide, is_blurred) if is_wide or is_blurred else None


def lost_columns(x: Array) -> list[int]:
    """Which columns of numbers `(n, columns)` have to stay float64 until they are standardized."""
    return [loss.column for loss in losses(x) if loss.is_wide]


def is_lost(column: Array) -> bool:
    """Whether numbers `(n,)` have to stay float64 until they are standardized."""
    return bool(lost_columns(column[:, None]))


def digested(x: Array) -> Array:
    """Numbers as their digest takes them: float64 as float32, which all were before 0.2.0, unless that loses some."""
    if x.dtype != np.float64 or not x.size or lost_columns(x.reshape(len(x), -1)):
        return x
    return x.astype(np.float32)


def are_too_large(x: Array) -> bool:
    """Whether float32 has no room for one of the numbers."""
    return not np.can_cast(x.dtype, np.float32) and bool(x.size) and not -LARGEST <= x.min() <= x.max() <= LARGEST


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Numbers that were given apart, and that float64 cannot tell apart."""

    position: int
    """Of the first one that is not what was given."""
    given: Any
    number: float
    """What it is taken as."""
    different: int
    left: int

    def __str__(self) -> str:
        return (
            f"{self.given} is taken as {self.number:.0f}: float64 tells {self.left} of {self.different} different "
            "values apart"
        )


def may_be_merged(numbers: Array) -> bool:
    """Whether float64 numbers, `(n,)`, are so large, or so near to each other, that some may have been apart."""
    largest = max(float(numbers.max()), -float(numbers.min()))
    return not (largest < WHOLE and ROUNDING_64 * largest <= TOLERANCE * float(numbers.std()))


def merged(given: Iterable[Any], numbers: Array) -> Merged | None:
    """What float64 `numbers`, `(n,)`, have lost of what was `given`, texts or whole numbers; None if nothing."""
    if not may_be_merged(numbers):
        return None
    given = list(given)
    exact = {each: _exact(each) for each in dict.fromkeys(given)}
    known = [i for i, each in enumerate(given) if exact[each] is not None]
    different, left = len(set(exact.values()) - {None}), len(np.unique(numbers[known]))
    if different <= left:
        return None
    i = next(i for i in known if exact[given[i]] != Decimal(float(numbers[i])))
    return Merged(position=i, given=given[i], number=float(numbers[i]), different=different, left=left)


def _exact(given: Any) -> Decimal | None:
    try:
        return Decimal(str(given))
    except InvalidOperation:
        return None


def remarks(place: str, column: Array, loss: Loss, standardized: Standardized, without: str = "") -> Iterator[Remark]:
    """What is said of a feature, `(n,)` in the training split, of which numbers are lost.

    `without` is the key that leaves it out.
    """
    kept = Kept.of(column)
    if loss.is_wide and standardized == "in the model":
        yield Remark(
            rule="float64_inputs",
            place=place,
            found=f"{_loss(kept, column)}, so model.keras takes float64; give it tensors or a tf.data.Dataset, since "
            "Keras's predict makes float32 of arrays",
            is_settled=True,
        )
    never = standardized in ("never", "never, as sparse")
    if loss.is_blurred or never:
        left = kept.in_float32 if never else kept.standardized
        why = "some are too far from the others" if loss.is_blurred else "they are not standardized"
        remedy = "dataset.form: numeric" if standardized == "never, as sparse" else "dataset.standardize: true"
        yield Remark(
            rule="lost_digits",
            place=place,
            found=f"the model can tell {left} of {kept.different} different values apart, since {why}",
            key=without if loss.is_blurred else remedy,
        )


def merged_remark(place: str, found: Merged, without: str = "") -> Remark:
    """What is said of a feature of which float64 loses something; `without` as in `remarks`."""
    return Remark(rule="lost_digits", place=place, found=str(found), key=without)


def _loss(kept: Kept, column: Array) -> str:
    if kept.in_float32 < kept.different:
        return f"float32 tells {kept.in_float32} of {kept.different} different values apart"
    distance = float(_moved(column)) / scale_of(column)
    return f"float32 moves values by up to {distance:.1g} standard deviations"


def array_remarks(origin: str, x: Array, lost: Iterable[Loss], standardized: Standardized) -> Iterator[Remark]:
    """What is said of an array's training inputs `(n, features)`, as they were given; `lost` is lost of them."""
    for loss in lost:
        yield from remarks(f"{origin}: number {loss.column}", x[:, loss.column], loss, standardized)
    for k in range(x.shape[1]) if x.dtype.kind in "iu" and x.dtype.itemsize == 8 else ():
        column = x[:, k]
        if found := merged(column.tolist(), column.astype(np.float64)):
            yield merged_remark(f"{origin}: example {found.position}, number {k}", found)


def sparse_remarks(origin: str, x: Any) -> Iterator[Remark]:
    """What is said of sparse training inputs, a CSR array as it was given, whose large numbers float32 loses."""
    if not np.can_cast(x.dtype, np.float32):
        for k in np.unique(x.indices[np.abs(x.data) > 1 / ROUNDING]).tolist():
            column = x.data[x.indices == k]
            for loss in losses(column[:, None]):
                yield from remarks(f"{origin}: number {k}", column, loss, "never, as sparse")
