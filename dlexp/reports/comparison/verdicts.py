"""The difference of two experiments in a number over paired seeds: interval, verdict, and why there may be none."""

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from dlexp.components.metrics import higher_is_better, metric_of
from dlexp.reports.comparison.compared import PREFIXES, Compared, is_of_training, role_of, value_of

Verdict = Literal["better", "worse", "no clear difference"]

#: Of all intervals that belong together, at most this share misses the true mean.
LEVEL = 0.05
#: Fewer paired seeds have no interval and no verdict: two equal differences by chance would look certain.
MIN_PAIRS = 3

#: Why there is no interval where all differences are the same and the score lies on no grid.
EQUAL = "equal differences"

#: A score that is better than a guess by no more than rounding is not better, relative to the guess; of r2, that is 0.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Difference:
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


def difference(
    first: Mapping[int, float],
    other: Mapping[int, float],
    column: str,
    *,
    level: float = LEVEL,
    least_sd: float = 0.0,
    lopsided: str | None = None,
) -> Difference | None:
    """`other - first` over the seeds that both have; None if they share no seed.

    Args:
        first: The baseline's values by seed.
        other: Those of the other experiment.
        column: What they are.
        level: The share of such intervals that may miss the true mean.
        least_sd: What the standard deviation of the differences is at least, as `least_sd` gives it.
        lopsided: Why nothing can be said, as `lopsided` gives it.
    """
    seeds = sorted(first.keys() & other.keys())
    if not seeds:
        return None
    pairs = [other[seed] - first[seed] for seed in seeds]
    n, mean = len(pairs), statistics.fmean(pairs)
    sd = 0.0 if n < MIN_PAIRS else max(_sd(pairs, [*first.values(), *other.values()]), least_sd)
    reason = f"{n} paired seed{'s' * (n > 1)}" if n < MIN_PAIRS else lopsided or (None if sd else EQUAL)
    if reason:
        return Difference(mean=mean, pairs=n, interval=None, level=None, verdict=None, reason=reason)

    from scipy.special import stdtrit  # scipy.stats would give the same in a second more.

    half = float(stdtrit(n - 1, 1 - level / 2)) * sd / n**0.5
    interval = (mean - half, mean + half)
    verdict = _verdict(interval, column)
    return Difference(mean=mean, pairs=n, interval=interval, level=level, verdict=verdict, reason=None)


def _sd(pairs: list[float], values: list[float]) -> float:
    sd = statistics.stdev(pairs)
    # The pairs differ by the same up to the rounding of the subtraction.
    return sd if sd > 4 * sys.float_info.epsilon * max(map(abs, values)) else 0.0


def _verdict(interval: tuple[float, float], column: str) -> Verdict | None:
    higher = None if is_of_training(column) else higher_is_better(column)
    if higher is None:
        return None
    low, high = interval
    if low <= 0 <= high:
        return "no clear difference"
    return "better" if (low > 0) == higher else "worse"


def least_sd(a: Compared, b: Compared, column: str) -> float:
    """The standard deviation that rounding two scores to their grids brings to their difference; 0 without a grid.

    Each rounding error is uniform over a step, of variance step^2 / 12: together step / sqrt(6) on the same grid.
    """
    of_a, of_b = a.step_of(column), b.step_of(column)
    # A record that does not say how many examples there are lies on the other's grid.
    steps = (of_a or of_b or 0.0, of_b or of_a or 0.0)
    return float(sum(step**2 / 12 for step in steps) ** 0.5)


@dataclass(frozen=True)
class Count:
    """How many of an experiment's seeds something happened to."""

    count: int
    of: int

    @property
    def share(self) -> Fraction:
        """The share of all seeds."""
        return Fraction(self.count, self.of)

    def __str__(self) -> str:
        return f"{self.count} of {self.of}"


def lopsided(baseline: Compared, other: Compared, column: str) -> str | None:
    """Why a verdict would compare luck: one side diverged more often, or collapsed more often and not always.

    One side that collapses now and then makes every usual test err in 28 to 74 % of comparisons.
    """
    if is_of_training(column) or higher_is_better(column) is None:
        return None
    of_diverged = [Count(len(each.diverged), each.n_seeds) for each in (baseline, other)]
    if of_diverged[0].share != of_diverged[1].share:
        return f"diverged on {of_diverged[1]} seeds, the baseline on {of_diverged[0]}"
    of_collapsed = collapsed_seeds(baseline, column, other), collapsed_seeds(other, column, baseline)
    if of_collapsed[0] is None or of_collapsed[1] is None or of_collapsed[0].share == of_collapsed[1].share:
        return None
    if max(count.share for count in of_collapsed if count) == 1:
        return None
    return f"collapsed on {of_collapsed[1]} seeds, the baseline on {of_collapsed[0]}"


def collapsed_seeds(experiment: Compared, column: str, same: Compared | None = None) -> Count | None:
    """On how many seeds it is no better than the best constant prediction; None if that is not on record.

    A number without a guess of its own, such as a loss, collapses with the first metric of its target that has one; the
    loss of several targets with any of them.

    Args:
        experiment: The experiment.
        column: A score on the validation or test split.
        same: One on the same examples, whose guesses hold for both.
    """
    if role_of(column) == "train" or higher_is_better(column) is None:
        return None
    guesses = _guesses(experiment) or (_guesses(same) if same else {})
    judged = [each for each in _judging(experiment, column) if _last(each) in guesses]
    values = experiment.by_seed(column)
    if not judged or not values:
        return None
    collapsed = {seed for seed in values for each in judged if _is_guess(experiment, seed, each, guesses[_last(each)])}
    return Count(len(collapsed), len(values))


def _guesses(experiment: Compared) -> Mapping[str, float]:
    return next((run.guessing for run in experiment.runs.values() if run.guessing), {})


def _last(column: str) -> str:
    """The column of the last epoch's score: the same examples, the same guess."""
    return column.removeprefix("best_")


def _judging(experiment: Compared, column: str) -> list[str]:
    """The columns that tell whether it collapsed: itself, or the main metric of its target, or of each target."""
    if _has_guess(column):
        return [column]
    main: dict[str, str] = {}
    for name in next((run.head_metrics for run in experiment.runs.values()), []):
        if _has_guess(name):
            main.setdefault(experiment.target_of(name), name)
    target = experiment.target_of(column)
    names = [main[target]] if target in main else main.values()
    prefix = PREFIXES[role_of(column)]
    return [f"best_{prefix}{name}" if column.startswith("best_") else f"{prefix}{name}" for name in names]


def _has_guess(column: str) -> bool:
    metric = metric_of(column)
    return metric is not None and metric.guess is not None


def _is_guess(experiment: Compared, seed: int, column: str, guess: float) -> bool:
    value, higher = value_of(experiment.runs[seed], column), higher_is_better(column)
    if value is None:
        return False
    better_by = value - guess if higher else guess - value
    return better_by <= _ROUNDING * (abs(guess) or 1.0)
