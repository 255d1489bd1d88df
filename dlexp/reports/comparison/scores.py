"""A number of every experiment, each compared with the baseline of its group at the level that they share."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.comparability import Obstacle
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.example_results import ExampleResults
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.verdicts import (
    PairedDifference,
    at_level,
    collapses,
    difference,
    has_verdict,
    least_sd,
    lopsided,
)
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL


@dataclass(frozen=True, kw_only=True)
class Score:
    """A metric of one experiment."""

    values: dict[int, float]
    """By seed; a seed without the number is missing."""
    mean: float
    sd: float | None
    """The sample standard deviation (n - 1); None from a single seed."""
    best_epoch: float | None
    """Where it is the best value over the epochs: the epoch it was reached in, on average."""
    collapsed: int | None
    """On how many seeds it is no better than the best constant prediction; None if that is not on record."""
    difference: PairedDifference | None
    """None for a baseline, and where it is not comparable or has no seed in common with its baseline."""
    obstacle: Obstacle | None
    """Why it cannot be compared with the baseline; of a baseline on other examples, with the first one."""
    best_possible: float | None = None
    """What the true distribution of generated data scores on the same examples; None if it is not known."""


@dataclass(frozen=True)
class ComparedMetric:
    """A metric of every experiment."""

    name: str
    scores: tuple[Score | None, ...]
    """In the order of the experiments; None for those of which no run has the number."""

    @property
    def column(self) -> Column:
        """What it measures."""
        return Column.parse(self.name)


def scores_of(
    groups: Sequence[Group], name: str, is_picked: bool, on_examples: bool = True, looks: Looks | None = None
) -> Iterator[Score | None]:
    """A number of all experiments, each compared with the baseline of its group.

    Args:
        is_picked: Whether the baselines were picked by their results.
        on_examples: Whether the results on single test examples are read, for what they say of the differences.
        looks: What the seeds are trained for until they tell; by default as the runs recorded it.
    """
    column = Column.parse(name)
    for group in groups:
        differences = [_difference(group.baseline, each, column, looks) for each in group.experiments]
        m = max(1, n_sharing(sum(bool(found and found.interval) for found in differences), is_picked))
        results = ExampleResults(group.baseline, column) if on_examples else None
        for each, own in zip(group.experiments, differences, strict=True):
            found = own and at_level(own, column, looks or recorded_looks(group.baseline, each, m) or LEVEL / m)
            if found and results:
                found = results.added_to(found, each)
            yield _score(each, column, group.beside(each), found)


def recorded_looks(baseline: Compared, experiment: Compared, comparisons: int) -> Looks | None:
    """How often two experiments were looked at, by their runs; None if the number of their seeds was fixed."""
    recorded = [each.until_sure for each in (baseline, experiment) if each.until_sure]
    if not recorded:
        return None
    # Seeds that came later were looked at, too.
    most = max(*recorded, len(baseline.runs.keys() & experiment.runs.keys()))
    return Looks(most, comparisons, is_recorded=True)


def shared_level(n: int, is_picked: bool) -> float:
    """The level of each of n intervals of one number that hold together."""
    return LEVEL / max(1, n_sharing(n, is_picked))


def n_sharing(n: int, is_picked: bool) -> int:
    """How many comparisons share the level where n experiments are compared with a baseline.

    One that `is_picked` by its result is compared with each as all others might have been: each pair counts.
    """
    return n * (n + 1) // 2 if is_picked else n


def _difference(
    baseline: Compared, experiment: Compared, column: Column, looks: Looks | None
) -> PairedDifference | None:
    """The difference from the baseline as if it were the only one; None for itself and where it is not comparable."""
    if experiment is baseline or comparability.obstacle(baseline, experiment, column):
        return None
    if looks or recorded_looks(baseline, experiment, 1):
        # The baseline is trained on for others: what becomes of it then is not beside anything of this one.
        ended = [each.runs.keys() | set(each.diverged) for each in (baseline, experiment)]
        baseline, experiment = (each.on(ended[0] & ended[1]) for each in (baseline, experiment))
    first, other = baseline.by_seed(column), experiment.by_seed(column)
    grid = least_sd(baseline, experiment, column)
    # Without a verdict nothing is said that luck could decide.
    uneven = lopsided(baseline, experiment, column) if has_verdict(column) else None
    return difference(first, other, column, least_sd=grid, lopsided=uneven)


def _score(experiment: Compared, column: Column, beside: Compared, found: PairedDifference | None) -> Score | None:
    values = experiment.by_seed(column)
    if not values:
        return None
    epochs = experiment.by_seed(column.best_epoch) if column.best == "value" else {}
    obstacle = comparability.obstacle(beside, experiment, column)
    collapsed = collapses(experiment, column, None if obstacle else beside)
    best_possible = experiment.recorded(lambda result: result.best_possible.get(str(column)))
    return Score(
        values=values,
        mean=statistics.fmean(values.values()),
        sd=statistics.stdev(values.values()) if len(values) > 1 else None,
        best_epoch=statistics.fmean(epochs.values()) if epochs else None,
        collapsed=sum(collapsed) if collapsed else None,
        difference=found,
        obstacle=obstacle,
        best_possible=None if best_possible is None else float(best_possible),
    )
