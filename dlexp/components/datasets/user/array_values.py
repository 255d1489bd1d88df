"""What the user's own arrays hold: numbers, or what is there instead and where."""

import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components import precision
from dlexp.components.data import Array
from dlexp.components.keras_messages import in_words
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
#: Objects by the names that pandas has for them.
_INFERRED = {
    "datetime64": "dates",
    "datetime": "dates",
    "date": "dates",
    "timedelta64": "spans of time",
    "timedelta": "spans of time",
    "time": "times of day",
    "period": "periods",
    "interval": "intervals",
    "complex": "complex numbers",
}
_TO_NUMBERS = {
    "dates": "; make numbers of them first, such as the days since the first one, or words of classes",
    "spans of time": "; make numbers of them first, such as x / np.timedelta64(1, 's')",
    "complex numbers": "; make real ones of them first, such as x.real or abs(x)",
}


def plain(given: Any, origin: str) -> Array:
    """An array without a mask, objects that are numbers as numbers; DataError if masked, sparse, ragged or no array."""
    from scipy.sparse import issparse

    if issparse(given):
        raise DataError(f"{origin}: a sparse matrix; give an array, as its toarray() makes")
    try:
        if isinstance(given, list | tuple) and any(map(np.ma.isMaskedArray, given)):
            given = np.ma.stack(given)
        mask = np.ma.getmaskarray(given) if np.ma.isMaskedArray(given) else None
        array = np.asarray(given)
        if array.dtype == object and array.ndim == 1 and len(array) and all(map(_has_length, array)):
            array = np.asarray(list(array))  # Lists of one length, each an object.
    except ValueError as error:
        raise DataError(f"{origin}: no array, but rows of different lengths ({error})") from error
    # A tensor of another library may refuse for any reason.
    except Exception as error:
        raise DataError(f"{origin}: numpy makes no array of {type(given).__name__}: {in_words(error)}") from error
    if array.dtype == object and not array.ndim:
        raise DataError(f"{origin}: expected an array, found {type(given).__name__}")
    if mask is not None and mask.any():
        raise DataError(f"{origin}: {_first(mask)} is masked; leave it out, or fill it")
    if array.dtype == object and (missing := pd.isna(array)).any() and array.ndim > 1:
        raise DataError(f"{origin}: {_first(missing)} is missing; leave it out, or fill it")
    if array.dtype == object and all(isinstance(each, numbers.Real | Decimal) for each in array.flat):
        try:
            array = np.array(array.tolist())
        except (ValueError, OverflowError):  # Whole numbers beyond 64 bits.
            array = array.astype(np.float64)
        if array.dtype == object:  # Fractions and decimals.
            array = array.astype(np.float64)
    return array


def require_one_length(given: Any, origin: str, name: str) -> None:
    """Refuse inputs that are lists of different lengths; `name` is what the user calls them."""
    is_array = isinstance(given, np.ndarray | pd.Series) and given.dtype == object and given.ndim == 1
    if not is_array and not isinstance(given, list | tuple):
        return
    rows = [each for each in given if _has_length(each)]
    if len({len(each) for each in rows}) > 1:
        are_whole = all(isinstance(each, numbers.Integral) for row in rows for each in row[:1])
        dtype = "" if are_whole else ", dtype='float32'"
        raise DataError(
            f"{origin}: {name} holds lists of different lengths; make one array of them, with "
            f"keras.utils.pad_sequences({name}, maxlen={max(map(len, rows))}{dtype})"
        )


def _has_length(each: Any) -> bool:
    return isinstance(each, list | tuple) or (isinstance(each, np.ndarray) and each.ndim > 0)


def kind_of(array: Array) -> str:
    """What the values are, where they are neither numbers nor words, truth values and the like; else empty."""
    if array.dtype != object:
        return _KINDS[array.dtype.kind] if array.dtype.kind in "cVmM" else ""
    inferred = pd.api.types.infer_dtype(array.ravel(), skipna=True)
    return _INFERRED.get(inferred, "")


def to_numbers(kind: str) -> str:
    """How to make numbers of values of that kind."""
    return _TO_NUMBERS.get(kind, "")


def described(array: Array) -> str:
    """The type and shape, in words where they are no numbers."""
    kind = kind_of(array) or _KINDS.get(array.dtype.kind)
    such = ""
    if array.dtype == object:
        such = next((f", such as {each!r:.50}" for each in array.flat if not isinstance(each, numbers.Real)), "")
    return f"{f'{kind} ({array.dtype})' if kind else array.dtype} of shape {array.shape}{such}"


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


def require_words(values: Array, vocabulary: int, origin: str) -> None:
    """Refuse what is no index of a word, a whole number from 0 on, with its position; any vocabulary has these."""
    wrong = values < 0
    if values.dtype.kind == "f":
        wrong |= values != np.rint(values)
    if wrong.any():
        indices = f"word indices are whole numbers from 0 to {vocabulary - 1}, by dataset.vocabulary"
        raise DataError(f"{origin}: {_first(wrong)} is {values[wrong][0]:.17g}, and {indices}")


def largest_word(values: Array) -> tuple[int, str, str]:
    """The largest word index, its example, and which number of that it is."""
    example, _, number = _first(values == (largest := values.max())).partition(", ")
    return int(largest), example, number


def _first(is_wrong: Array) -> str:
    """The position of the first that is marked: `example 3`, or `example 3, number 17`."""
    example, *rest = (int(each) for each in np.argwhere(is_wrong)[0])
    return f"example {example}" + (f", number {_flat(rest, is_wrong.shape[1:])}" if rest else "")


def _flat(position: Sequence[int], shape: Sequence[int]) -> int:
    """Which number of an example it is, made flat as the model takes it."""
    return int(np.ravel_multi_index(tuple(position), tuple(shape)))
