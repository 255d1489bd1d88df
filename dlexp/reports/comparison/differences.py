"""A difference as text: `-10.6 points [-13.9, -7.3]`, with as many digits as its interval is worth."""

from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.format import plural
from dlexp.reports import numbers
from dlexp.reports.comparison.verdicts import PairedDifference
from dlexp.reports.numbers import LARGEST, fixed, places_of, signed

#: Digits, where no interval says how many a number is worth; and of a size.
_DIGITS, _DIGITS_OF_SIZE = 3, 2
#: A mean that is a smaller share of its interval is zero, except for rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class DifferenceText:
    """The parts of a difference as text."""

    mean: str
    """`-10.6 points`; without a unit where the metric has none."""
    interval: str
    """`[-13.9, -7.3]`; empty without one."""
    pairs: str
    """`5 paired seeds`."""


def written(difference: PairedDifference, column: Column) -> DifferenceText:
    """Mean and interval end at the same decimal place, except where that would round the mean to nothing."""
    mean, pairs, unit = difference.mean * scale(column), plural(difference.pairs, "paired seed"), unit_of(column)
    if difference.interval is None:
        places = places_of(mean, _DIGITS) if abs(mean) >= LARGEST else max(places_of(mean, _DIGITS), 0)
        return DifferenceText(f"{signed(mean, places) if mean else '0'}{unit}", "", pairs)
    low, high = _bounds(difference.interval, column)
    places = numbers.interval_places(low, high)
    if mean and float(fixed(mean, places)) == 0 and abs(mean) > _ROUNDING * (high - low):
        places = places_of(mean, _DIGITS_OF_SIZE)
    return DifferenceText(f"{signed(mean, places)}{unit}", interval(difference.interval, column), pairs)


def interval(bounds: tuple[float, float], column: Column) -> str:
    """`[-13.9, -7.3]`, in the unit of the column, and no further than two of its values can differ."""
    return numbers.interval(*_bounds(bounds, column))


def size(value: float, column: Column) -> str:
    """How large a difference is, with two digits: `2.4 points`."""
    scaled = abs(value) * scale(column)
    return f"{fixed(scaled, places_of(scaled, _DIGITS_OF_SIZE))}{unit_of(column)}"


def is_possible(value: float, column: Column) -> bool:
    """Whether two values of a column can differ by so much: two accuracies never by more than 100 points."""
    return abs(value) < _reach(column)


def scale(column: Column) -> float:
    """By what a number is multiplied before it is written: accuracies are compared in points."""
    return 100.0 if column.metric and column.metric.in_points else 1.0


def unit_of(column: Column) -> str:
    """What follows the number, with a space before it; empty where the metric has no unit."""
    return " points" if column.metric and column.metric.in_points else ""


def _bounds(bounds: tuple[float, float], column: Column) -> tuple[float, float]:
    """The bounds as they are written."""
    (low, high), reach = bounds, _reach(column)
    return max(low, -reach) * scale(column), min(high, reach) * scale(column)


def _reach(column: Column) -> float:
    """By how much two values can differ at most."""
    low, high = column.limits
    return high - low
