"""What is known of the share of each part: gathered from the runs of two experiments and of those in between."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlexp.components.columns import Column
from dlexp.config.parts import Change, ChangedPart
from dlexp.errors import UserError
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.commands import Command
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import compare_experiments
from dlexp.reports.comparison.scores import recorded_looks
from dlexp.reports.comparison.verdicts import PairedDifference, difference, has_verdict, lopsided
from dlexp.statistics.attribution import Weights, corners_of, rest_of, total_of, weighted
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL, rounding_sd

Method = Literal["shapley", "first and last"]


@dataclass(frozen=True, kw_only=True)
class AskedAttribution:
    """What is to be explained: how much each part of a change accounts for, on these seeds."""

    change: Change
    method: Method
    weights: Sequence[Weights]
    """By part what its share is made of."""
    labels: Mapping[int, str]
    """By corner what its experiment is called."""
    seeds: Sequence[int]
    metric: str | None
    """The column that is explained; None for the one that decides between both experiments."""
    again: Command
    """The command that asks this."""

    @property
    def corners(self) -> list[int]:
        """The experiments that it takes, those with fewer changed parts first."""
        return corners_of([total_of(len(self.weights)), *self.weights])


@dataclass(frozen=True, kw_only=True)
class Share:
    """What something accounts for."""

    by_seed: Mapping[int, float]
    """For each seed on which all experiments finished."""
    difference: PairedDifference | None
    """The mean over these seeds with its interval; None without such a seed."""


@dataclass(frozen=True, kw_only=True)
class ExplainedPart:
    """A part of the change, and what it accounts for."""

    part: ChangedPart
    title: str
    """What it is called in a sentence."""
    names: tuple[str, ...]
    """The short form of each of its keys."""
    values: tuple[tuple[Any, Any], ...]
    """Of each key the values in both experiments; MISSING without the key."""
    share: Share


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A difference between two experiments, split over the parts in which they differ.

    For each seed the shares and the rest add up to the total.
    """

    asked: AskedAttribution
    column: Column
    experiments: Mapping[int, Compared]
    """By corner, except those of which no run finished or diverged."""
    parts: tuple[ExplainedPart, ...]
    total: Share
    rest: Share | None
    """The total less all shares; None if they add up to it by construction."""
    left_out: Mapping[str, Sequence[int]]
    """By the label of an experiment the seeds on which it has no such number, and which are left out for it."""

    @property
    def ends(self) -> tuple[str, str]:
        """What both experiments are called."""
        return self.asked.labels[0], self.asked.labels[self.asked.change.last]

    @property
    def seeds(self) -> list[int]:
        """Those on which all experiments finished."""
        return list(self.total.by_seed)

    @property
    def has_interaction(self) -> bool:
        """Whether the rest betrays that three parts or more interact."""
        found = self.rest.difference if self.rest else None
        return bool(found and found.interval and not found.interval[0] <= 0 <= found.interval[1])


def gather(asked: AskedAttribution, experiments: Mapping[int, Compared]) -> Explanation:
    """Split the difference over the parts.

    Args:
        asked: What is to be explained.
        experiments: By corner the runs on these seeds, if any of them finished or diverged.

    Raises:
        UserError: No run has the number, or it measures another thing in some of the experiments.
    """
    change, column = asked.change, _column(asked, experiments)
    values = {corner: each.by_seed(column) for corner, each in experiments.items()}
    missing = {corner: [seed for seed in asked.seeds if seed not in values.get(corner, ())] for corner in asked.corners}
    left_out = {seed for own in missing.values() for seed in own}
    scores = _Scores(
        column=column,
        experiments=experiments,
        ends=_ends(asked, experiments),
        by_seed={
            seed: {corner: values[corner][seed] for corner in asked.corners}
            for seed in asked.seeds
            if seed not in left_out
        },
    )
    k = len(change.parts)
    parts = [
        ExplainedPart(
            part=part,
            title=change.title(part),
            names=tuple(change.short[key] for key in part.keys),
            values=tuple(map(change.values, part.keys)),
            share=scores.share(weights, k, _uneven(asked, weights, 1 << i, scores)),
        )
        for i, (part, weights) in enumerate(zip(change.parts, asked.weights, strict=True))
    ]
    total, rest = total_of(k), rest_of(asked.weights)
    reasons = (_uneven(asked, weights, 1 << i, scores) for i, weights in enumerate(asked.weights))
    return Explanation(
        asked=asked,
        column=column,
        experiments=experiments,
        parts=tuple(parts),
        total=scores.share(total, 1, _uneven(asked, total, change.last, scores)),
        rest=scores.share(rest, 1, next(filter(None, reasons), None)) if rest else None,
        left_out={asked.labels[corner]: own for corner, own in missing.items() if own},
    )


@dataclass(frozen=True, kw_only=True)
class _Scores:
    """A number of all experiments."""

    column: Column
    experiments: Mapping[int, Compared]
    """By corner."""
    ends: Sequence[Compared]
    """Those of them whose difference is explained: one that never finished or diverged is missing."""
    by_seed: Mapping[int, Mapping[int, float]]
    """For each seed that all experiments have, by corner."""

    def share(self, weights: Weights, n: int, uneven: str | None) -> Share:
        """A weighted sum of the scores, one of n whose intervals hold together."""
        # As a difference: the scores that count for it less those that count against it.
        counted = {corner: weight for corner, weight in weights.items() if weight > 0}
        against = {corner: -weight for corner, weight in weights.items() if weight < 0}
        found = difference(
            {seed: weighted(own, against) for seed, own in self.by_seed.items()},
            {seed: weighted(own, counted) for seed, own in self.by_seed.items()},
            self.column,
            level=self._level(n),
            least_sd=rounding_sd(self._step * weight for weight in weights.values()),
            lopsided=uneven,
        )
        return Share(by_seed={seed: weighted(own, weights) for seed, own in self.by_seed.items()}, difference=found)

    @property
    def _step(self) -> float:
        """The distance between two neighbouring scores; 0 if they may be any numbers, or it is not on record."""
        return next((step for each in self.experiments.values() if (step := each.step_of(self.column))), 0.0)

    def _level(self, n: int) -> float | Looks:
        looks = recorded_looks(self.ends[0], self.ends[-1], n) if self.ends else None
        return looks or LEVEL / n


def _column(asked: AskedAttribution, experiments: Mapping[int, Compared]) -> Column:
    """What is explained: the column that was asked for, or the first that decides between both experiments."""
    finished = [each for each in (*_ends(asked, experiments), *experiments.values()) if each.runs]
    ends = list({id(each): each for each in finished}.values())[:2]  # Others stand for one that never finished.
    if len(ends) < 2:
        return Column.parse(asked.metric or "test_loss")
    found = compare_experiments(ends, [asked.metric] if asked.metric else [])
    column = Column.parse(asked.metric) if asked.metric else found.headlines[0].column
    for corner, each in experiments.items():
        if each.runs and (obstacle := comparability.obstacle(ends[0], each, column)):
            raise UserError(f"{column} of {asked.labels[corner]} cannot be compared with {ends[0].label}: {obstacle}")
    return column


def _ends(asked: AskedAttribution, experiments: Mapping[int, Compared]) -> list[Compared]:
    """The experiments whose difference is explained, except one of which no run finished or diverged."""
    return [experiments[corner] for corner in (0, asked.change.last) if corner in experiments]


def _uneven(asked: AskedAttribution, weights: Weights, bits: int, scores: _Scores) -> str | None:
    """Why an interval would compare luck: of two experiments that differ in these bits, one fails now and then."""
    if not has_verdict(scores.column):
        return None
    pairs = ((corner, corner | bits) for corner in weights if not corner & bits and corner | bits in weights)
    for before, after in pairs:
        if before in scores.experiments and after in scores.experiments:
            experiments = scores.experiments[before], scores.experiments[after]
            if found := lopsided(*experiments, scores.column, asked.labels[before]):
                return f"{asked.labels[after]} {found}"
    return None


def versions(found: Explanation) -> list[str]:
    """The versions of TensorFlow that trained the runs."""
    runs = itertools.chain.from_iterable(each.runs.values() for each in found.experiments.values())
    return sorted({run.record.tensorflow for run in runs})
