"""Whether the first row of a file holds the names of its columns, or is a row like the others."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

#: A number as files write it, with a sign, a point or a comma; the words for what is no number are none.
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?")
_MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "null", "none", "."})
#: A column of words that comes back to the same ones has no more different ones than this share of its rows.
_FEW = 0.5
#: A header that is there again makes at most the rest of the rows.
_OTHERS = 0.6
#: So many numbers that only rise are names: by chance one row in 720 has as many in order.
_ORDERED = 6


def is_number(cell: str) -> bool:
    """Whether a cell is a number, however it is written."""
    return _NUMBER.fullmatch(cell.strip()) is not None


def is_row(first: list[str], rows: Sequence[list[str]]) -> bool:
    """Whether the first row looks as the rows below it, so that it names no columns.

    It does if it has words that they have too, or numbers where they have numbers. It does not if a word stands over
    numbers, or over few words of which it is none, or if its numbers rise as those of years and pixels do.
    """
    others = [row for row in rows if row != first]
    if len(others) > _OTHERS * len(rows):  # Where files were joined, the header may stand among the rows again.
        rows = others
    if len(rows) < 3:
        return False
    numbers: dict[float, list[float]] = {}
    n_numbers = n_repeated = n_unseen = 0
    for k, cell in enumerate(map(str.strip, first)):
        present = _present(rows, k)
        if not present or cell.lower() in _MISSING:
            continue
        if sum(map(is_number, present)) >= 0.9 * len(present):
            if not is_number(cell):
                return False
            n_numbers += 1
            numbers[_value(cell)] = [_value(each) for each in present if is_number(each)]
        elif cell in present:
            n_repeated += 1
        elif len(set(present)) <= _FEW * len(present):
            n_unseen += 1
    if len(numbers) < n_numbers or n_repeated > 1:
        return True
    return not n_unseen and (n_repeated > 0 or (bool(numbers) and not _are_names(numbers)))


def is_header(first: list[str], rows: Sequence[list[str]]) -> bool:
    """Whether the first row has words over numbers, as only names of columns do."""
    over_numbers = 0
    for k, cell in enumerate(map(str.strip, first)):
        present = _present(rows, k)
        if cell.lower() not in _MISSING and len(present) > 2 and all(map(is_number, present)):
            if is_number(cell):
                return False
            over_numbers += 1
    return over_numbers > 0


def _present(rows: Sequence[Sequence[str]], k: int) -> list[str]:
    """The cells of a column that have a value."""
    return [cell for row in rows if k < len(row) and (cell := row[k].strip()).lower() not in _MISSING]


def _value(cell: str) -> float:
    return float(cell.replace(",", "."))


def _are_names(numbers: Mapping[float, Sequence[float]]) -> bool:
    """Whether different numbers are names: far from those below, evenly spaced, or many that only rise."""
    values = list(numbers)
    steps = [b - a for a, b in pairwise(values)]
    if len(values) > 1 and all(map(_is_far, values, numbers.values())):
        return True
    rises = all(step > 0 for step in steps) or all(step < 0 for step in steps)
    is_even = len(steps) > 1 and all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps)
    return is_even or (len(values) >= _ORDERED and rises)


def _is_far(value: float, others: Sequence[float]) -> bool:
    """Whether a number is farther from others than these are from each other."""
    low, high = min(others), max(others)
    return max(low - value, value - high) > high - low
