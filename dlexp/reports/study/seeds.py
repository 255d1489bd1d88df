"""Claims on numbers of the runs: their interval over the seeds of one variant or of two, or why there is none."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from dlexp.components.columns import Column
from dlexp.format import joined, plural
from dlexp.records.seal import is_sealed
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.verdicts import PairedDifference, collapses, difference, lopsided, revealing
from dlexp.reports.numbers import significant
from dlexp.reports.study.measures import Measure
from dlexp.reports.study.terms import Bound, Kind, Term, joined_by, judged, nothing, waiting
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import rounding_sd


def bounded_measure(
    measure: Measure, sides: Sequence[Compared], kind: Kind, bound: Bound, *, level: float | Looks, n_seeds: int
) -> Term:
    """What the runs of one variant, or of two, say of a bound.

    Args:
        sides: A and B of `A - B` and of `A / B`; A alone for a value.
        level: The share of intervals that may miss the true mean; or the looks of which this is one.
        n_seeds: How many seeds of each variant were to be trained; or how many this look is after.
    """
    label = joined_by(kind, [side.label for side in sides])
    remarks = tuple(remark for side in sides for remark in _remarks(measure, side, n_seeds))
    values = [measure.by_seed(side) for side in sides]
    if reason := next(_why_none(measure, sides, values, kind), ""):
        return nothing(label, kind, bound, reason, n=len(values[0].keys() & values[-1].keys()), remarks=remarks)
    if all(map(measure.is_exact, sides)) and (found := _exact(values, kind)):
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
    what = f"the first {n_seeds} seeds" if isinstance(level, Looks) else "all seeds"
    return waiting(term, what, [side.label for side in sides if _n_unfinished(side, n_seeds)])


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
            lacking = f"no run of {side.label} recorded {measure.name}" + (why and f": {why}")
            yield f"the test split is {why}" if is_sealed(why) else lacking
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

    Of a logarithm it is relative to the value: d log x = dx / x.
    """
    steps = [measure.step(side) for side in sides]
    # A record that does not say how many examples there are lies on the other's grid.
    known = max((step for step in steps if step), default=0.0)
    sizes = [statistics.fmean(of_side.values()) if kind == "ratio" else 1.0 for of_side in values]
    return rounding_sd((step or known) / size for step, size in zip(steps, sizes, strict=True))


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
