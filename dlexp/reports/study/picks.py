"""Which point of its tuning each variant gets: the best mean over the tuning seeds, the first of equal ones."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dlexp.components.columns import Column
from dlexp.config.study import Study
from dlexp.records.index import Run
from dlexp.reports.comparison.compared import value_of
from dlexp.reports.comparison.verdicts import EQUAL, OPEN, difference


@dataclass(frozen=True, kw_only=True)
class PointScores:
    """What one point of a variant's tuning scored."""

    values: Mapping[str, Any]
    """By dotted key."""
    scores: Mapping[int, float]
    """By seed; a seed that diverged, or whose run has no such number, is missing."""
    without: tuple[int, ...]
    """These seeds: each counts as the worst possible."""

    @property
    def mean(self) -> float | None:
        """Of all seeds; None if one has no number, and so no point can be worse."""
        return None if self.without or not self.scores else statistics.fmean(self.scores.values())

    @property
    def sd(self) -> float | None:
        """Over the seeds; None from fewer than two."""
        return statistics.stdev(self.scores.values()) if len(self.scores) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Pick:
    """The points of a variant, and the one that it gets."""

    variant: str
    by: str
    """The column."""
    lists: Mapping[str, Sequence[Any]]
    """The values of each key that is tuned."""
    points: tuple[PointScores, ...]

    @cached_property
    def index(self) -> int:
        """Which point is best."""
        sign = 1 if Column.parse(self.by).higher_is_better else -1
        order = [-math.inf if each.mean is None else sign * each.mean for each in self.points]
        return order.index(max(order))

    @property
    def best(self) -> PointScores:
        """The point that it gets."""
        return self.points[self.index]

    @property
    def ends(self) -> Iterator[tuple[str, Any, str]]:
        """The keys whose best value is the smallest or the largest number of its list, so that a better one may lie
        beyond it: with the value, and which of both it is. Nothing is sought below 0."""
        for key, value in self.best.values.items():
            numbers = self.lists[key]
            if self.best.mean is None or not all(map(_is_number, numbers)) or not value:
                continue
            if value in (low := min(numbers), max(numbers)):
                yield key, value, "smallest" if value == low else "largest"

    @property
    def as_good(self) -> list[PointScores]:
        """The points that these seeds cannot tell from the best one, by their paired differences."""
        others = [each for i, each in enumerate(self.points) if i != self.index and each.mean is not None]
        return [each for each in others if not self._is_told(each)]

    def _is_told(self, other: PointScores) -> bool:
        if self.best.mean is None:
            return False
        found = difference(self.best.scores, other.scores, Column.parse(self.by))
        if found is None or found.reason == EQUAL:
            return found is not None and found.mean != 0
        return found.verdict not in (None, OPEN)


def pick(variant: str, study: Study, by: str, points: Sequence[tuple[Mapping[str, Any], Sequence[Run]]]) -> Pick:
    """The points of a variant, given their values and their runs on the tuning seeds, all of which have ended."""
    return Pick(
        variant=variant, by=by, lists=study.tune, points=tuple(_scores(values, runs, by) for values, runs in points)
    )


def _scores(values: Mapping[str, Any], runs: Sequence[Run], by: str) -> PointScores:
    column = Column.parse(by)
    found = {run.seed: value_of(run.result, column) for run in runs if run.status == "finished"}
    scores = {seed: value for seed, value in found.items() if value is not None and math.isfinite(value)}
    return PointScores(values=values, scores=scores, without=tuple(run.seed for run in runs if run.seed not in scores))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
