"""How the numbers of claims are written: points, times, seconds, epochs."""

import math
from dataclasses import dataclass, replace

from dlexp.components.columns import Column
from dlexp.config.claim import MINUS, Claim
from dlexp.reports import numbers
from dlexp.reports.numbers import fixed, places_of, signed, significant
from dlexp.reports.study.terms import Bound, Kind, Term

#: What follows a ratio.
RATIO = " times"


@dataclass(frozen=True)
class Unit:
    """What numbers of a kind are multiplied with and followed by."""

    scale: float
    name: str
    """With a space before it; empty if there is none."""
    is_signed: bool = False
    limits: tuple[float, float] = (-math.inf, math.inf)
    """Between what such numbers lie, whatever is measured: accuracies between 0 and 1."""

    def number(self, value: float) -> str:
        """A number that the user chose."""
        text = f"{value * self.scale:g}"
        return f"{text}{self.name.removesuffix('s') if text in ('1', '-1') and len(self.name) > 2 else self.name}"

    def distance(self, value: float) -> str:
        """A distance between two numbers, of two digits."""
        scaled = self.scale * value
        return f"{fixed(scaled, places_of(scaled, 2))}{self.name}"

    def away(self, distance: float, bound: Bound) -> str:
        """`at least 4.2 points from its bound`; of ratios by a factor."""
        end = "0" if set(bound) == {0.0, None} else "its bound"
        if self.name == RATIO:
            return f"{significant(1 + distance, 2)} times its bound or more, or as far below it,"
        return f"at least {self.distance(distance)} from {end}"

    def can_be_away(self, bound: Bound, distance: float) -> bool:
        """Whether any number can be so far from the bound."""
        low, high = self.limits
        return any(max(high - end, end - low) >= distance for end in bound if end is not None)

    def mean(self, term: Term) -> str:
        """`+4.8 points`; a dash where there is no number."""
        if term.mean is None:
            return "-"
        value, bounds = term.mean * self.scale, self._bounds(term)
        if bounds is None:
            if self.is_signed and value:  # As `compare` writes it.
                return f"{signed(value, max(places_of(value, 3), 0))}{self.name}"
            return f"{significant(value)}{self.name}"
        places = numbers.interval_places(*bounds)
        return f"{signed(value, places) if self.is_signed else fixed(value, places)}{self.name}"

    def interval(self, term: Term) -> str:
        """`[2.2, 7.4]`; empty where there is none."""
        bounds = self._bounds(term)
        return numbers.interval(*bounds) if bounds else ""

    def amount(self, term: Term) -> str:
        """`+4.8 points [2.2, 7.4]`; without the interval where there is none."""
        return " ".join(filter(None, [self.mean(term), self.interval(term)]))

    def size(self, term: Term) -> str:
        """`4.8 points [2.2, 7.4]`: how large a difference is, whichever way it is."""
        if term.mean and term.mean < 0 and term.interval:
            low, high = term.interval
            term = replace(term, mean=-term.mean, interval=(-high, -low))
        return replace(self, is_signed=False).amount(term)

    def _bounds(self, term: Term) -> tuple[float, float] | None:
        """Both ends of its interval, unless they are the number itself, which is then the same for every seed."""
        if term.interval is None or term.interval[0] == term.interval[1]:
            return None
        # Student's interval of few seeds does not know how far two accuracies can be apart.
        low, high = (min(max(bound, self.limits[0]), self.limits[1]) * self.scale for bound in term.interval)
        return low, high

    def bound(self, bound: Bound) -> str:
        """`at least 0.5 points`."""
        low, high = bound
        if low is None:
            return "no bound" if high is None else f"at most {self.number(high)}"
        if high is None:
            return f"at least {self.number(low)}"
        if low == -high:
            return f"within ±{self.number(high)}"
        return f"between {low * self.scale:g} and {self.number(high)}"


def unit_of(claim: Claim, kind: Kind) -> Unit:
    """The unit of what a claim bounds."""
    if claim.epochs_to:
        return _unit([Column(quantity="epochs")], kind)
    name = claim.metric or ""
    columns = [] if name.startswith("diagnostics.") else [Column.parse(each) for each in name.split(MINUS)]
    return _unit(columns, kind)


def unit_of_column(name: str, kind: Kind) -> Unit:
    """The unit of a number of one column."""
    return _unit([Column.parse(name)], kind)


def _unit(columns: list[Column], kind: Kind) -> Unit:
    if kind == "ratio":
        return Unit(1.0, RATIO)
    is_signed = kind == "difference"
    if columns and all(each.metric and each.metric.in_points for each in columns):
        # A score itself is written as the records have it.
        # A score lies between 0 and 1, and a gap is a difference of two.
        room = sum(2 if each.split == "gap" else 1 for each in columns) * (1.0 if is_signed else 0.5)
        limits = (0.0, 1.0) if room < 1 else (-room, room)
        in_points = is_signed or len(columns) > 1
        return Unit(100.0 if in_points else 1.0, " points" * in_points, is_signed, limits)
    if columns and all(each.quantity == "epochs" or each.best == "epoch" for each in columns):
        return Unit(1.0, " epochs", is_signed)
    if [str(each) for each in columns] == ["seconds"]:
        return Unit(1.0, " s", is_signed)
    return Unit(1.0, "", is_signed)
