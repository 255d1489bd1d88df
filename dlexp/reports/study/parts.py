"""Claims on bias, variance and noise: parts of the error over many training sets, with their standard errors."""

import math
from collections.abc import Iterator, Sequence

from dlexp.components.columns import Column
from dlexp.reports.bias_variance.facts import MIN_TRAINING_SETS, Estimate, Point
from dlexp.reports.comparison.verdicts import PairedDifference, at_level
from dlexp.reports.numbers import significant
from dlexp.reports.study.terms import Bound, Kind, Term, joined_by, judged, nothing, waiting
from dlexp.statistics.paired import t_quantile


def bounded_part(
    part: str,
    names: Sequence[str],
    points: Sequence[Point | None],
    kind: Kind,
    bound: Bound,
    *,
    level: float,
    n_sets: int,
) -> Term:
    """What the training sets of one variant, or of two, say of a bound on a part of the error.

    The interval is mean +- t se, with as many degrees of freedom as the smaller number of training sets less one, from
    the standard errors that bias-variance prints. Those of two variants are combined as if they were independent, se^2
    = se_A^2 + se_B^2. Training set i of both is mostly the same draw, which moves both parts in the same direction: the
    covariance that is left out makes the interval too wide rather than too narrow, and makes up for variances being
    skewed, of which a paired bootstrap misses the true difference too often. Of the logarithm of a ratio: d log x =
    dx / x.

    Args:
        part: As `Decomposition.estimates` names it.
        names: Of the variants A and B of `A - B` and of `A / B`; of A alone for a value.
        points: Theirs; None of one that has no runs.
        n_sets: How many training sets of each were to be drawn.
    """
    label = joined_by(kind, names)
    remarks = tuple(
        f"{each.diverged} of {each.resamples + each.diverged} training sets of {name} diverged"
        for name, each in zip(names, points, strict=True)
        if each and each.diverged
    )
    known = [each for each in points if each]
    n = min((each.resamples for each in known), default=0)
    if reason := next(_why_none(part, names, points, kind, level), ""):
        return nothing(label, kind, bound, reason, n=n, remarks=remarks)
    mean, se = _combined([each.decomposition.estimates[part] for each in known if each.decomposition], kind)
    found = PairedDifference(
        mean=mean,
        pairs=n,
        interval=None,
        level=None,
        verdict=None,
        reason=None if se else f"{part} is the same whichever training sets are drawn",
        sd=se * n**0.5,
    )
    found = at_level(found, Column(quantity=part), level)
    term = judged(label, kind, found, bound, level=level, remarks=remarks, in_logs=kind == "ratio")
    drawn = {name: each.resamples + each.diverged for name, each in zip(names, points, strict=True) if each}
    return waiting(term, "all training sets", [name for name, n_drawn in drawn.items() if n_drawn < n_sets])


def _combined(estimates: Sequence[Estimate], kind: Kind) -> tuple[float, float]:
    """The number that is bounded, of a ratio its logarithm, and its standard error."""
    a, b = estimates[0], estimates[-1]
    # The number, and what it changes by with each of the estimates.
    match kind:
        case "value":
            mean, slopes = a.value, [1.0]
        case "difference":
            mean, slopes = a.value - b.value, [1.0, -1.0]
        case "ratio":
            mean, slopes = math.log(a.value / b.value), [1 / a.value, -1 / b.value]
    return mean, math.hypot(*(slope * each.se for slope, each in zip(slopes, estimates, strict=True)))


def _why_none(
    part: str, names: Sequence[str], points: Sequence[Point | None], kind: Kind, level: float
) -> Iterator[str]:
    """Why there is no number; a ratio is one only where both parts are told from 0."""
    for name, each in zip(names, points, strict=True):
        if each is None:
            yield f"no run of {name} on a resampled training set is on record"
        elif each.decomposition is None:
            yield f"{each.resamples} training sets of {name} finished: at least {MIN_TRAINING_SETS} are needed"
        elif part not in each.decomposition.estimates:
            yield f"the error of {name} has no {part}; it has: {', '.join(each.decomposition.estimates)}"
        elif kind == "ratio":
            found = each.decomposition.estimates[part]
            half = t_quantile(1 - level / 2, each.resamples - 1) * found.se
            if found.value <= half:
                is_at = f"{significant(found.value)} ±{significant(half, 2)}"
                yield f"a ratio needs numbers above 0, and {part} of {name} is {is_at}"
    a, b = points[0], points[-1]
    if a and b and a.decomposition and b.decomposition:
        if a.decomposition.loss != b.decomposition.loss:
            yield f"{part} of {names[0]} and of {names[-1]} cannot be compared: another loss"
        if not a.shares_examples(b):
            yield f"{part} of {names[0]} and of {names[-1]} cannot be compared: other examples"
        # What is left where one alone diverged now and then is luck.
        counts = [(each.diverged, each.resamples + each.diverged) for each in (a, b)]
        if counts[0][0] * counts[1][1] != counts[1][0] * counts[0][1]:
            of_a, of_b = (f"{n} of {of}" for n, of in counts)
            yield f"{names[0]} diverged on {of_a} training sets, {names[-1]} on {of_b}"
        elif len(names) == 1 and a.diverged:
            yield f"{names[0]} diverged on {counts[0][0]} of {counts[0][1]} training sets"
