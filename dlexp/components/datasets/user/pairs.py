"""The two pairs that a function of the user's returns as data, or what it returned instead."""

from collections.abc import Sequence
from typing import Any

from dlexp.errors import DataError

FORM = "(x_train, y_train), (x_test, y_test)"


def pairs(given: Any, function: str) -> tuple[Sequence[Any], Sequence[Any]]:
    """The training split's inputs and targets, and those of the test split.

    Raises:
        DataError: Anything else was returned; with what it is and what to return.
    """
    if isinstance(given, list | tuple) and len(given) == 2 and all(map(_is_pair, given)):
        if _are_otherwise_paired(*given):
            raise DataError(f"{function}: expected {FORM}, found (x_train, x_test), (y_train, y_test)")
        return given[0], given[1]
    raise DataError(f"{function}: expected {FORM}, found {_described(given)}")


def are_misaligned(x: Any, y: Any) -> bool:
    """Whether both have an index of pandas, of the same rows in another order: rows are paired by position."""
    import pandas as pd

    if not all(isinstance(each, pd.DataFrame | pd.Series) for each in (x, y)) or x.index.equals(y.index):
        return False
    return len(x) == len(y) and bool(x.index.is_unique) and set(x.index) == set(y.index)


def _is_pair(value: Any) -> bool:
    """Not an array of two rows."""
    return isinstance(value, list | tuple) and len(value) == 2


def _are_otherwise_paired(inputs: Sequence[Any], targets: Sequence[Any]) -> bool:
    """Whether they look like the inputs of both splits and the targets of both."""
    shapes = [getattr(each, "shape", ()) for each in (*inputs, *targets)]
    (train, test), lengths = shapes[:2], [shape[:1] for shape in shapes]
    return len(train) > 1 and train[1:] == test[1:] and lengths[:2] == lengths[2:] and {*map(len, shapes[2:])} == {1}


def _described(given: Any) -> str:
    if given is None:
        return f"nothing (None); end it with: return {FORM}"
    if isinstance(given, dict):
        return f"a dict of {', '.join(map(str, list(given)[:4])) or 'nothing'}; end it with: return {FORM}"
    if not isinstance(given, list | tuple):
        return _named(given)
    listed = f"{len(given)} values ({', '.join(map(_named, given[:4]))})"
    if len(given) == 4:
        return f"{listed}; put parentheses around each pair: return {FORM}"
    if len(given) == 3 and all(map(_is_pair, given)):
        return f"{listed}; join training and validation data, of which dlexp takes its own share (validation: 0.2)"
    if len(given) == 2 and not any(map(_is_pair, given)):
        return f"{listed}; without a test split there is nothing to test on: return {FORM}"
    return listed


def _named(value: Any) -> str:
    """Its type, with its shape or length."""
    kind = type(value).__name__
    if hasattr(value, "shape"):
        return f"{kind} of shape {tuple(value.shape)}"
    return f"{kind} of {len(value)}" if isinstance(value, list | tuple) else kind
