"""One number that a claim or a decision bounds: its interval over the seeds, and what that says about the bound."""

import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from dlexp.components.columns import Column
from dlexp.config.study import MINUS, OVER, Claim
from dlexp.format import joined, plural
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.verdicts import (
    EQUAL,
    PairedDifference,
    collapses,
    difference,
    lopsided,
    revealing,
)
from dlexp.reports.numbers import significant
from dlexp.reports.study.measures import Measure
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.statistics.power import seeds_range

Result = Literal["holds", "fails", "cannot_tell"]
#: `A - B`, `A / B` or the value of A itself.
Kind = Literal["difference", "ratio", "value"]


class Bound(NamedTuple):
    """Between what the true number is claimed to lie, both ends included; None if there is no end."""

    low: float | None
    high: float | None

    @classmethod
    def of_claim(cls, claim: Claim) -> "Bound":
        """What a claim says; an order without a bound says `at_least: 0`."""
        if claim.between:
            return cls(*claim.between)
        if (margin := claim.no_difference_beyond) is not None:
            return cls(1 / (1 + margin), 1 + margin) if claim.ratio else cls(-margin, margin)
        if claim.at_most is not None:
            return cls(claim.at_least, claim.at_most)
        return cls(claim.at_least or 0.0, None)

    def result(self, interval: tuple[float, float]) -> Result:
        """Holds where each number of the interval is within, fails where none is.

        So an interval that ends at the bound itself holds where it lies within, and does not fail where it lies
        beyond: the bound is within.
        """
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if low <= interval[0] and interval[1] <= high:
            return "holds"
        return "fails" if interval[1] < low or high < interval[0] else "cannot_tell"

    def distance(self, value: float) -> float:
        """How far a number is from the nearer end."""
        return min(abs(value - end) for end in self if end is not None)

    def in_logs(self) -> "Bound":
        """The same of logarithms; no ratio of numbers above 0 lies below 0."""
        low, high = (None if end is None else math.log(end) if end > 0 else -math.inf for end in self)
        return Bound(low, high)


@dataclass(frozen=True, kw_only=True)
class Term:
    """A number with its interval, and what that says about the bound."""

    label: str
    kind: Kind
    mean: float | None
    """Of a ratio the geometric mean; None if there is no such number."""
    interval: tuple[float, float] | None
    """Student's, over the seeds; of a ratio on logarithms. Of a number that is the same for every seed by construction
    both ends are the number."""
    level: float | None
    """The share of such intervals that miss the true mean; None without an interval, and where nothing is uncertain."""
    n: int
    """The seeds that it is from, or the training sets."""
    bound: Bound
    result: Result
    reason: str
    """Why the bound is not judged by an interval; empty if it is."""
    detectable: float | None
    """How far from the bound a true number had to be, for so many seeds to tell it from the bound in 80 % of cases, if
    the true standard deviation is at its upper limit; of a ratio as a share of the bound."""
    seeds_needed: tuple[int | None, int | None] | None
    """Where more seeds would tell: how many, by the lower and the upper limit of the standard deviation, if the mean
    found is the true one; None for over 1,000. Between two ends the nearer one counts: halfway, it is rather more."""
    remarks: tuple[str, ...] = ()
    """Which seeds are missing, and what else is to be known of them."""


def bounded(
    measure: Measure, sides: Sequence[Compared], kind: Kind, bound: Bound, *, level: float, n_seeds: int
) -> Term:
    """What the runs of one variant, or of two, say of a bound.

    Args:
        sides: A and B of `A - B` and of `A / B`; A alone for a value.
        level: The share of intervals that may miss the true mean.
        n_seeds: How many seeds of each variant were to be trained.
    """
    label = joined_by(kind, [side.label for side in sides])
    remarks = tuple(remark for side in sides for remark in _remarks(measure, side, n_seeds))
    values = [measure.by_seed(side) for side in sides]
    if reason := next(_why_none(measure, sides, values, kind), ""):
        return nothing(label, kind, bound, reason, n=len(values[0].keys() & values[-1].keys()), remarks=remarks)
    if measure.is_exact and (found := _exact(values, kind)):
        return judged(label, kind, found, bound, level=level, remarks=remarks)
    least_sd = _least_sd(measure, sides, values, kind)
    if kind == "ratio":
        values = [{seed: math.log(value) for seed, value in of_side.items()} for of_side in values]
    # A value is its difference from 0.
    first = values[1] if len(sides) > 1 else dict.fromkeys(values[0], 0.0)
    column = measure.columns[0] if measure.columns else Column(quantity=measure.name)
    found = difference(first, values[0], column, level=level, least_sd=least_sd, lopsided=_uneven(measure, sides))
    assert found is not None  # They share a seed.
    term = judged(label, kind, found, bound, level=level, remarks=remarks, in_logs=kind == "ratio")
    return waiting(term, "seeds", [side.label for side in sides if _n_unfinished(side, n_seeds)])


def joined_by(kind: Kind, names: Sequence[str]) -> str:
    """`A - B`, `A / B` or `A`."""
    return {"difference": MINUS, "ratio": OVER, "value": ""}[kind].join(names)


def _why_none(
    measure: Measure, sides: Sequence[Compared], values: Sequence[Mapping[int, float]], kind: Kind
) -> Iterator[str]:
    """Why there is no number."""
    for side in sides:
        if not side.runs:
            yield f"no seed of {side.label} finished"
    for column in measure.columns:
        if obstacle := comparability.obstacle(sides[-1], sides[0], column):
            yield f"{column} of {sides[0].label} and of {sides[-1].label} cannot be compared: {obstacle}"
    if unreached := [reason for side in sides if (reason := _unreached(measure, side))]:
        yield "; ".join(unreached)
    for side, of_side in zip(sides, values, strict=True):
        if not of_side:
            why = next(filter(None, map(side.why_missing, measure.columns)), "")
            yield f"no run of {side.label} recorded {measure.name}" + (why and f": {why}")
    if not values[0].keys() & values[-1].keys():
        yield f"{sides[0].label} and {sides[-1].label} share no seed"
    if kind == "ratio":
        below = ((side, seed, x) for side, own in zip(sides, values, strict=True) for seed, x in own.items() if x <= 0)
        for side, seed, x in below:
            yield f"a ratio needs numbers above 0, and seed {seed} of {side.label} has {significant(x)}"


def _unreached(measure: Measure, side: Compared) -> str:
    """On how many seeds a variant never gets where the claim looks for the epoch; empty if all do."""
    never = [run for run in side.runs.values() if measure.is_unreached(run)]
    if not never:
        return ""
    epochs = max((run.epochs or 0 for run in never), default=0)
    reach = "reaches" if len(never) == 1 else "reach"
    of = f"{len(never)} of {plural(len(side.runs), 'seed')} of {side.label}"
    return f"{of} never {reach} {measure.aim} in {plural(epochs, 'epoch')}"


def _uneven(measure: Measure, sides: Sequence[Compared]) -> str | None:
    """Why a mean would be luck: a variant diverged or collapsed on some of its seeds; of two, one more often."""
    columns = [each for column in measure.columns or (Column(quantity=measure.name),) for each in revealing(column)]
    if len(sides) == 1:
        found = (_now_and_then(sides[0], column) for column in columns)
    else:
        found = (lopsided(sides[1], sides[0], column, beside=sides[1].label) for column in columns)
    return next((f"{sides[0].label} {reason}" for reason in found if reason), None)


def _now_and_then(side: Compared, column: Column) -> str | None:
    """How often a variant diverged, or collapsed and not always: the mean of two kinds of runs is that of neither."""
    if side.diverged:
        return f"diverged on {len(side.diverged)} of {len(side.diverged) + len(side.runs)} seeds"
    collapsed = collapses(side, column)
    return f"collapsed on {sum(collapsed)} of {len(collapsed)} seeds" if any(collapsed) and not all(collapsed) else None


def _exact(values: Sequence[Mapping[int, float]], kind: Kind) -> PairedDifference | None:
    """A number that follows from the settings: no seed has another, and nothing is uncertain about it."""
    if any(len(set(of_side.values())) > 1 for of_side in values):
        return None
    a, b = (next(iter(of_side.values())) for of_side in (values[0], values[-1]))
    mean = a if kind == "value" else a / b if kind == "ratio" else a - b
    n = len(values[0].keys() & values[-1].keys())
    return PairedDifference(mean=mean, pairs=n, interval=(mean, mean), level=None, verdict=None, reason=None, sd=0.0)


def _least_sd(measure: Measure, sides: Sequence[Compared], values: Sequence[Mapping[int, float]], kind: Kind) -> float:
    """The standard deviation that rounding brings to the number of one seed; 0 without a grid.

    A rounding error is uniform over a step, of variance step^2 / 12; those of two sides add up. Of a logarithm it is
    relative to the value: d log x = dx / x.
    """
    steps = [measure.step(side) for side in sides]
    # A record that does not say how many examples there are lies on the other's grid.
    known = max((step for step in steps if step), default=0.0)
    sizes = [statistics.fmean(of_side.values()) if kind == "ratio" else 1.0 for of_side in values]
    return math.hypot(*((step or known) / size for step, size in zip(steps, sizes, strict=True))) / 12**0.5


def _remarks(measure: Measure, side: Compared, n_seeds: int) -> Iterator[str]:
    """Which seeds of a variant are missing, and what differs among those it has."""
    lacking = len(side.runs) - len(measure.by_seed(side))
    counts = {
        "diverged": len(side.diverged),
        "did not finish": _n_unfinished(side, n_seeds),
        f"recorded no {measure.name}": lacking,
    }
    if measure.aim or lacking == len(side.runs):  # The reason says so.
        counts.popitem()
    for what, n in counts.items():
        if n > 0:
            yield f"{n} of {plural(n_seeds, 'seed')} of {side.label} {what}"
    versions = sorted({run.record.tensorflow for run in side.runs.values()})
    if len(versions) > 1:
        yield f"the seeds of {side.label} were trained with TensorFlow {joined(versions)}"


def _n_unfinished(side: Compared, n_seeds: int) -> int:
    return max(0, n_seeds - len(side.runs) - len(side.diverged))


def judged(
    label: str,
    kind: Kind,
    found: PairedDifference,
    bound: Bound,
    *,
    level: float,
    remarks: tuple[str, ...] = (),
    in_logs: bool = False,
) -> Term:
    """What a mean with its interval says of a bound.

    Args:
        found: The mean, or why it has no interval.
        level: That of the interval, or the one that it would have with more seeds.
        in_logs: Whether what was found is the logarithm of a ratio.
    """
    own, scale, size = (bound.in_logs(), _exp, lambda x: _exp(x) - 1) if in_logs else (bound, float, float)
    result = own.result(found.interval) if found.interval else "cannot_tell"
    # Where seeds collapsed, or all differ by the same, more of them would not tell.
    would_help = result == "cannot_tell" and (found.interval or found.pairs < MIN_PAIRS)
    needed = found.sd and would_help and seeds_range(own.distance(found.mean), found.sd, found.pairs, level)
    return Term(
        label=label,
        kind=kind,
        mean=scale(found.mean),
        interval=found.interval and (scale(found.interval[0]), scale(found.interval[1])),
        level=found.level,
        n=found.pairs,
        bound=bound,
        result=result,
        reason=_why_no_interval(found, kind),
        detectable=None if found.detectable is None else size(found.detectable),
        seeds_needed=needed or None,
        remarks=remarks,
    )


def _exp(x: float) -> float:
    """Of what a float cannot be, the nearest it can: an interval over many powers of ten has ends all the same."""
    largest = math.log(sys.float_info.max)
    return math.exp(max(-largest, min(x, largest)))


def waiting(term: Term, what: str, early: Sequence[str]) -> Term:
    """The same, not judged as long as the variants in `early` lack some of their seeds or training sets.

    A look at some of them and another one at all would be wrong more often than the level says.
    """
    if not early or not (term.interval or term.n < MIN_PAIRS):
        return term
    reason = f"it is judged once all {what} of {joined(early)} have finished"
    return replace(term, result="cannot_tell", reason=reason, seeds_needed=None)


def _why_no_interval(found: PairedDifference, kind: Kind) -> str:
    if not found.reason:
        return ""
    if found.pairs < MIN_PAIRS:
        seeds = plural(found.pairs, "seed" if kind == "value" else "paired seed")
        return f"{seeds}: at least {MIN_PAIRS} are needed"
    return f"all {found.pairs} {kind}s are the same" if found.reason == EQUAL else found.reason


def nothing(label: str, kind: Kind, bound: Bound, reason: str, *, n: int, remarks: tuple[str, ...] = ()) -> Term:
    """What there is to say where there is no number."""
    return Term(
        label=label,
        kind=kind,
        mean=None,
        interval=None,
        level=None,
        n=n,
        bound=bound,
        result="cannot_tell",
        reason=reason,
        detectable=None,
        seeds_needed=None,
        remarks=remarks,
    )
