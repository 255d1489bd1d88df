"""What the user's own arrays hold: numbers, or what is there instead and where."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components import precision
from dlexp.components.data import Array
from dlexp.errors import DataError

#: What numpy's kinds of values are, where they are no numbers.
_KINDS = {
    "U": "words",
    "S": "words",
    "c": "complex numbers",
    "M": "dates",
    "m": "spans of time",
    "V": "records of several fields",
    "O": "objects that are no numbers",
}


def plain(given: Any, origin: str) -> Array:
    """An array without a mask, objects that are numbers as numbers; DataError if masked, sparse or ragged."""
    from scipy.sparse import issparse

    if issparse(given):
        raise DataError(f"{origin}: a sparse matrix; give an array, as its toarray() makes")
    try:
        mask = np.ma.getmaskarray(given) if np.ma.isMaskedArray(given) else None
        array = np.asarray(given)
    except ValueError as error:
        raise DataError(f"{origin}: no array, but rows of different lengths ({error})") from error
    if mask is not None and mask.any():
        raise DataError(f"{origin}: {_first(mask)} is masked; leave it out, or fill it")
    if array.dtype == object and (missing := pd.isna(array)).any() and array.ndim > 1:
        raise DataError(f"{origin}: {_first(missing)} is missing; leave it out, or fill it")
    if array.dtype == object and all(isinstance(each, numbers.Real) for each in array.flat):
        try:
            array = np.array(array.tolist())
        except (ValueError, OverflowError):  # Whole numbers beyond 64 bits.
            array = array.astype(np.float64)
    return array


def described(array: Array) -> str:
    """The type and shape, in words where they are no numbers."""
    kind = _KINDS.get(array.dtype.kind)
    return f"{f'{kind} ({array.dtype})' if kind else array.dtype} of shape {array.shape}"


def require_finite(values: Array, origin: str, advice: str = "") -> None:
    """Refuse numbers that are missing or infinite, with the position of the first."""
    wrong = ~np.isfinite(values)
    if wrong.any():
        n = int(wrong.sum())
        more = f", and {n - 1} more" if n > 1 else ""
        raise DataError(f"{origin}: {_first(wrong)} is {values[wrong][0]}{more}; leave it out, or fill it{advice}")


def require_room(values: Array, origin: str) -> None:
    """Refuse numbers that float32 has no room for, with the position of the first."""
    if precision.are_too_large(values):
        wrong = np.abs(values) > precision.LARGEST
        raise DataError(f"{origin}: {_first(wrong)} is {values[wrong][0]:g}, {precision.TOO_LARGE}")


def _first(is_wrong: Array) -> str:
    """The position of the first that is marked: `example 3`, or `example 3, number 17`."""
    example, *rest = (int(each) for each in np.argwhere(is_wrong)[0])
    return f"example {example}" + (f", number {_flat(rest, is_wrong.shape[1:])}" if rest else "")


def _flat(position: Sequence[int], shape: Sequence[int]) -> int:
    """Which number of an example it is, made flat as the model takes it."""
    return int(np.ravel_multi_index(tuple(position), tuple(shape)))
