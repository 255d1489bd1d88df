"""Families of comparisons that are too large for their seeds: what they could show, and what to confirm instead."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.scores import Score
from dlexp.reports.comparison.verdicts import OPEN, has_verdict
from dlexp.statistics.power import detectable

#: A family is too large where its seeds show less than 80 % of true differences of so many standard deviations.
LARGE_EFFECT = 3.0
#: So many experiments are worth confirming on new seeds: two comparisons, each at half the level.
N_BEST = 3
#: On so many new seeds.
N_NEW_SEEDS = 5


@dataclass(frozen=True, kw_only=True)
class LargeFamily:
    """Comparisons of one number that share a level too small for their seeds."""

    column: Column
    baseline: Compared
    comparisons: int
    """How many share the level."""
    pairs: int
    """The fewest paired seeds among them."""
    detectable: float
    """The difference that they show in 80 % of cases, of the number: the median over the comparisons."""
    in_sds: float
    """The same in standard deviations of the paired differences, as if these were known."""
    best: tuple[Compared, ...]
    """The three with the best mean, the best one first."""
    new_seeds: range
    """Seeds that none of these experiments has been trained with."""


def large_family(group: Group, column: Column, scores: Sequence[Score | None]) -> LargeFamily | None:
    """The comparisons of a group's experiments with their baseline, if they are too many; None if they are not.

    Nor are they where all verdicts are clear. `scores` are those of the column, in the order of the experiments.
    """
    found = [each.difference for each in scores if each and each.difference and each.difference.interval]
    if not has_verdict(column) or len(found) < N_BEST or all(each.verdict != OPEN for each in found):
        return None
    weakest = min(found, key=lambda each: each.pairs)
    if weakest.looks:  # There are as many seeds as they take.
        return None
    assert weakest.level is not None
    in_sds = detectable(weakest.pairs, weakest.level)
    if in_sds <= LARGE_EFFECT:
        return None
    with_means = [(score.mean, each) for score, each in zip(scores, group.experiments, strict=True) if score]
    best = sorted(with_means, key=lambda pair: pair[0], reverse=column.higher_is_better is True)[:N_BEST]
    last = max(seed for each in group.experiments for seed in (*each.runs, *each.diverged))
    return LargeFamily(
        column=column,
        baseline=group.baseline,
        comparisons=len(found),
        pairs=weakest.pairs,
        detectable=statistics.median(each.detectable for each in found if each.detectable is not None),
        in_sds=in_sds,
        best=tuple(each for _, each in best),
        new_seeds=range(last + 1, last + 1 + N_NEW_SEEDS),
    )
