"""Many experiments in the order of one number, those that cannot be compared by it apart."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlexp.components.columns import Column
from dlexp.config.flat import format_value
from dlexp.config.labels import setting, telling
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.families import N_BEST
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.scores import Score
from dlexp.reports.comparison.verdicts import SCORED

#: Means that differ by no more than rounding are the same.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Ranked:
    """An experiment and its place."""

    experiment: Compared
    rank: int | None
    """From 1, the same for equal means; None without the number."""
    is_tied: bool
    """Whether another one has the same rank."""
    score: Score | None
    """What is compared with the baseline."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Experiments that are compared by one number, the best one first."""

    group: Group
    baseline: Compared | None
    """None if these cannot be compared with that of their group."""
    column: Column
    """What is compared with the baseline."""
    order: Column
    """By whose mean they are ranked."""
    others: tuple[Column, ...]
    """What else is shown of each."""
    rows: tuple[Ranked, ...]
    """Those without the number come last."""
    n_ranked: int
    """Of how many the best were picked, those included that are not shown."""
    keys: tuple[str, ...]
    """The settings that tell them apart, in the order of the configs."""

    @property
    def ranked(self) -> list[Ranked]:
        """Those that have a rank."""
        return [row for row in self.rows if row.rank is not None]

    @property
    def compared(self) -> list[Ranked]:
        """All except the baseline; none without one."""
        return [row for row in self.rows if row.experiment is not self.baseline] if self.baseline else []

    @property
    def winners(self) -> list[Ranked]:
        """The first three of all that were ranked, as far as they are shown."""
        return [row for row in self.ranked if row.rank is not None and row.rank <= N_BEST][:N_BEST]

    def best(self, n: int) -> list[Ranked]:
        """The first n, and the baseline wherever it is; those without the number only after all others."""
        return [row for i, row in enumerate(self.rows) if i < n or row.experiment is self.baseline]

    def by_telling(self) -> list[str]:
        """The keys, the one first whose values say most of the number: they explain most of its variance."""
        means = [(row.experiment.settings, mean_of(row.experiment, self.order)) for row in self.ranked]
        known = [(settings, mean) for settings, mean in means if mean is not None]
        return sorted(self.keys, key=lambda key: _explained(key, known), reverse=True)


def rankings(comparison: Comparison) -> list[Ranking]:
    """The experiments of each group by the number that was asked for or sorted by, else by the one that decides.

    Since the best is picked, that is the first metric of the head on the validation split where it is comparable: the
    test split then still tells how good the best one is. Those with another loss or target are apart.
    """
    whole = comparison.whole or comparison
    found = [ranking for group in whole.groups for ranking in _of_group(whole, group)]
    if comparison.whole:
        kept = {id(experiment) for experiment in comparison.experiments}
        found = [replace(each, rows=tuple(row for row in each.rows if id(row.experiment) in kept)) for each in found]
    return found


def best_of(comparison: Comparison, n: int) -> Comparison:
    """The best n of each ranking with their baselines; levels stay shared over all that these were picked from."""
    kept = {id(row.experiment) for ranking in rankings(comparison) for row in ranking.best(n)}
    kept |= {id(group.baseline) for group in comparison.groups}
    groups = [
        replace(group, experiments=tuple(each for each in group.experiments if id(each) in kept))
        for group in comparison.groups
    ]
    return replace(comparison, groups=tuple(groups), whole=comparison)


def mean_of(experiment: Compared, column: Column) -> float | None:
    """The mean of a number over the seeds that have it."""
    values = experiment.by_seed(column).values()
    return statistics.fmean(values) if values else None


def _of_group(comparison: Comparison, group: Group) -> Iterator[Ranking]:
    left = list(group.experiments)
    while left:
        first = group.baseline if any(each is group.baseline for each in left) else left[0]
        column, comparable = _comparable(comparison, first, left)
        ids = {id(each) for each in comparable}
        if first is group.baseline:  # Without a run nothing tells where an experiment belongs.
            ids |= {id(each) for each in left if not each.runs}
        yield _ranking(comparison, group, first, column, [each for each in left if id(each) in ids])
        left = [each for each in left if id(each) not in ids]


def _comparable(comparison: Comparison, first: Compared, others: Sequence[Compared]) -> tuple[Column, list[Compared]]:
    """The number by which most experiments can be compared with the first one, and these."""
    asked = next(iter([*comparison.asked, *filter(None, [comparison.ranked_by])]), "")
    found = []
    for column in [Column.parse(asked)] if asked else ranking_columns(first):
        own = [each for each in others if each is first or not comparability.obstacle(first, each, column)]
        found.append((column, own if asked else [each for each in own if each is first or each.by_seed(column)]))
    return max(found, key=lambda pair: len(pair[1]))


def ranking_columns(experiment: Compared) -> list[Column]:
    """By what an experiment is ranked unless the user says it: its first metric in validation, else in the test."""
    metrics = [each for each in experiment.recorded(lambda result: result.head_metrics) or () if each.is_judged]
    columns = [metrics[0] if metrics else Column(quantity="loss"), Column(quantity="loss")]
    of_splits = [each.on(split) for each in columns for split in reversed(SCORED)]
    return [each for each in of_splits if experiment.by_seed(each)] or of_splits[:1]


def _ranking(comparison: Comparison, group: Group, first: Compared, column: Column, own: Sequence[Compared]) -> Ranking:
    order = Column.parse(comparison.ranked_by) if comparison.ranked_by else column
    baseline = group.baseline if first is group.baseline and group.baseline.runs else None
    others = [order, *map(Column.parse, comparison.asked)]
    if not comparison.asked:
        heads = first.recorded(lambda result: result.head_metrics) or ()
        main = {metric.target: metric for metric in reversed(heads) if metric.is_judged}
        others += [metric.on(column.split) for metric in main.values() if metric.target != column.target]
        others += [column.last.on("test")] if column.split == "validation" else []
    shown = [each for each in dict.fromkeys(others) if each != column and any(one.by_seed(each) for one in own)]
    scores = {id(each): comparison.score(str(column), each, on_examples=False) for each in own}
    rows = tuple(Ranked(each, rank, tied, scores[id(each)]) for each, rank, tied in _in_order(own, order))
    return Ranking(
        group=group,
        baseline=baseline,
        column=column,
        order=order,
        others=tuple(shown),
        rows=rows,
        n_ranked=sum(row.rank is not None for row in rows),
        keys=telling([each.settings for each in own]),
    )


def _in_order(experiments: Sequence[Compared], column: Column) -> Iterator[tuple[Compared, int | None, bool]]:
    """The best mean first, each with its rank and whether another one has it too."""
    means = [(each, mean) for each in experiments if (mean := mean_of(each, column)) is not None]
    means.sort(key=lambda pair: pair[1], reverse=column.higher_is_better is True)
    ranks: list[int] = []
    for i, (_, mean) in enumerate(means):
        is_same = i > 0 and math.isclose(mean, means[i - 1][1], rel_tol=_ROUNDING)
        ranks.append(ranks[-1] if is_same else i + 1)
    counts = Counter(ranks)
    for (each, _), rank in zip(means, ranks, strict=True):
        yield each, rank, counts[rank] > 1
    with_mean = {id(each) for each, _ in means}
    for each in experiments:
        if id(each) not in with_mean:
            yield each, None, False


def _explained(key: str, means: Sequence[tuple[dict[str, Any], float]]) -> float:
    """The share of the variance of the means that the values of a key explain, adjusted for how many these are.

    0 where nothing varies, or every experiment has a value of its own.
    """
    by_value: dict[str, list[float]] = {}
    for settings, mean in means:
        by_value.setdefault(format_value(setting(settings, key)), []).append(mean)
    free, n = len(means) - len(by_value), len(means)
    whole = _squares([mean for _, mean in means])
    if free <= 0 or not whole or not math.isfinite(whole):
        return 0.0
    # 1 - (SS within / (n - values)) / (SS / (n - 1))
    return 1 - sum(map(_squares, by_value.values())) / free / (whole / (n - 1))


def _squares(values: Sequence[float]) -> float:
    mean = statistics.fmean(values) if values else 0.0
    return sum((value - mean) * (value - mean) for value in values)
