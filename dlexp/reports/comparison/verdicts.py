"""The difference of two experiments in a number over paired seeds: interval, verdict, and why there may be none."""

import statistics
import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dlexp.components.columns import Column, Role
from dlexp.format import plural
from dlexp.records.ended import Finished
from dlexp.reports.comparison.compared import Compared, value_of
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL, MIN_PAIRS, around, rounding_sd
from dlexp.statistics.power import detectable, sd_limits

Verdict = Literal["better", "worse", "no clear difference"]
#: The verdict where the interval holds 0.
OPEN: Verdict = "no clear difference"
#: The splits that tell how good a model is, the better one first.
SCORED: tuple[Role, ...] = ("test", "validation")
#: Why there is no interval where all differences are the same and the score lies on no grid.
EQUAL = "equal differences"
#: A score that is better than a guess by no more than rounding is not better, relative to the guess; of r2, that is 0.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class TrainedModels:
    """What the results of two trained models on the same test examples say of these two; nothing of experiments."""

    only_baseline: int
    """The examples that the baseline's model alone gets right."""
    only_experiment: int
    examples: int
    """All whose results are on record."""
    p: float
    """The exact two-sided p-value of McNemar that both are equally good."""


@dataclass(frozen=True, kw_only=True)
class PairedDifference:
    """A number of one experiment minus that of its baseline, over the seeds that both have."""

    mean: float
    pairs: int
    interval: tuple[float, float] | None
    """The confidence interval of the mean, by Student's t: at 1 - `level`."""
    level: float | None
    """The share of such intervals that miss the true mean; None without an interval."""
    verdict: Verdict | None
    """None without an interval, for scores in training, and where neither way is better (seconds, epochs)."""
    reason: str | None
    """Why there is no interval; None if there is one."""
    sd: float | None = None
    """The standard deviation of the differences, at least that of rounding; None from a single pair."""
    detectable: float | None = None
    """The smallest difference that so many seeds would show in 80 % of cases at this level, if the true standard
    deviation is at its upper limit; None without an interval, and with `looks`."""
    correlation: float | None = None
    """Of the paired scores over the seeds; None if one side does not vary, or without an interval."""
    on_new_examples: tuple[float, float] | None = None
    """The interval over seeds and test examples, around the same mean; None if the number is no mean over test
    examples, without an interval over the seeds, and where `no_results` says why."""
    trained_models: TrainedModels | None = None
    """Of a single pair: what the test examples say of its two models. None as `on_new_examples` is."""
    looks: Looks | None = None
    """How many seeds there were to be at most, where they were trained only until they told: the interval holds with
    those after fewer and more of them. None if their number was fixed."""
    no_results: str | None = None
    """Why the results on test examples cannot be used: a file that is missing or damaged; None if nothing is wrong."""

    @property
    def effect(self) -> float | None:
        """The mean in standard deviations of the differences; None if there are none."""
        return self.mean / self.sd if self.sd else None


def difference(
    first: Mapping[int, float],
    other: Mapping[int, float],
    column: Column,
    *,
    level: float | Looks = LEVEL,
    least_sd: float = 0.0,
    lopsided: str | None = None,
) -> PairedDifference | None:
    """`other - first`, values of a column by seed, over the seeds that both have; None if they share no seed.

    `least_sd` and `lopsided` are what the functions of these names give.
    """
    seeds = sorted(first.keys() & other.keys())
    if not seeds:
        return None
    pairs = [other[seed] - first[seed] for seed in seeds]
    n, mean = len(pairs), statistics.fmean(pairs)
    # Pairs that differ by the same, up to the rounding of the subtraction, have no deviation of their own.
    rounding = 4 * sys.float_info.epsilon * max(map(abs, [*first.values(), *other.values()]))
    own = statistics.stdev(pairs) if n > 1 else 0.0
    sd = max(own if own > rounding else 0.0, least_sd)
    reason = plural(n, "paired seed") if n < MIN_PAIRS else lopsided or (None if sd else EQUAL)
    found = PairedDifference(
        mean=mean, pairs=n, interval=None, level=None, verdict=None, reason=reason, sd=sd if n > 1 else None
    )
    if reason:
        return found
    scores = ([values[seed] for seed in seeds] for values in (first, other))
    return at_level(replace(found, correlation=_correlation(*scores)), column, level)


def at_level(found: PairedDifference, column: Column, level: float | Looks) -> PairedDifference:
    """The same difference with its interval at a level, or at that of one of many looks; as it is without one."""
    if found.reason:
        return found
    assert found.sd is not None
    looks = level if isinstance(level, Looks) else None
    level = level.level(found.pairs) if isinstance(level, Looks) else level
    low, high = around(found.mean, found.sd, found.pairs, level=level).bounds
    verdict: Verdict | None = None
    if has_verdict(column):
        is_better = (low > 0) == column.higher_is_better
        verdict = OPEN if low <= 0 <= high else "better" if is_better else "worse"
    # What many looks together would have shown is not what the last one alone would.
    promised = None if looks else detectable(found.pairs, level) * sd_limits(found.sd, found.pairs)[1]
    return replace(found, interval=(low, high), level=level, verdict=verdict, detectable=promised, looks=looks)


def _correlation(first: Sequence[float], other: Sequence[float]) -> float | None:
    try:
        return statistics.correlation(first, other)
    except statistics.StatisticsError:  # One of them is the same on all seeds.
        return None


def has_verdict(column: Column) -> bool:
    """Whether one way is better, on examples that the experiment was not trained on."""
    return column.is_judged and column.split != "train"


def least_sd(a: Compared, b: Compared, column: Column) -> float:
    """The standard deviation that rounding two scores to their grids brings to their difference; 0 without a grid."""
    of_a, of_b = a.step_of(column), b.step_of(column)
    # A record that does not say how many examples there are lies on the other's grid.
    return rounding_sd((of_a or of_b or 0.0, of_b or of_a or 0.0))


def lopsided(baseline: Compared, other: Compared, column: Column, beside: str = "the baseline") -> str | None:
    """Why a verdict would compare luck: one side diverged more often, or collapsed more often and not always.

    One side that collapses now and then makes every usual test err in 28 to 74 % of comparisons. `beside` is what the
    first one is called.
    """
    happened = {
        "diverged": [[True] * len(each.diverged) + [False] * len(each.runs) for each in (other, baseline)],
        "collapsed": [collapses(other, column, baseline), collapses(baseline, column, other)],
    }
    for what, (of_other, of_baseline) in happened.items():
        # None is in doubt where one of them always collapsed, or it is not on record: an empty list.
        is_in_doubt = not all(of_other) and not all(of_baseline)
        if is_in_doubt and sum(of_other) / len(of_other) != sum(of_baseline) / len(of_baseline):
            counts = [f"{sum(seeds)} of {len(seeds)}" for seeds in (of_other, of_baseline)]
            return f"{what} on {counts[0]} seeds, {beside} on {counts[1]}"
    return None


def revealing(column: Column) -> list[Column]:
    """The columns by which a collapse shows: of a training score, a gap, or a best epoch those beside it."""
    return [column] if has_verdict(column) else [column.last.on(split) for split in SCORED]


def collapses(experiment: Compared, column: Column, same: Compared | None = None) -> list[bool]:
    """Whether each seed is no better than the best constant prediction; empty if that is not on record.

    A number without a guess of its own, such as a loss, collapses with the first metric of its target that has one; the
    loss of several targets with any of them. `same` is one on the same examples, whose guesses hold for both.
    """
    if not has_verdict(column):
        return []
    known_by = [run.result for each in (experiment, same) if each for run in each.runs.values()]
    guesses = next((result.guessing for result in known_by if result.guessing), {})
    judging = [(each, guesses[str(each.last)]) for each in _judging(experiment, column, guesses)]
    results = [experiment.runs[seed].result for seed in experiment.by_seed(column)] if judging else []
    return [any(_is_guess(result, *each) for each in judging) for result in results]


def _judging(experiment: Compared, column: Column, guesses: Container[str]) -> list[Column]:
    """The columns that tell whether it collapsed: itself, or the first one with a guess of its target, or of each."""
    main: dict[str, Column] = {}
    for metric in (column, *(experiment.recorded(lambda result: result.head_metrics) or ())):
        each = replace(metric, split=column.split, best=column.best)
        if str(each.last) in guesses:
            main.setdefault(each.target, each)
    return [main[column.target]] if column.target in main else list(main.values())


def _is_guess(result: Finished, column: Column, guess: float) -> bool:
    value = value_of(result, column)
    if value is None:
        return False
    better_by = value - guess if column.higher_is_better else guess - value
    return better_by <= _ROUNDING * (abs(guess) or 1.0)
