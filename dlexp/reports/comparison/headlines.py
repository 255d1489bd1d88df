"""What decides between each experiment and its baseline: the number to look at first, and what it allows to say."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.comparability import Obstacle
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.groups import Group
from dlexp.reports.comparison.scores import Score, shared_level
from dlexp.reports.comparison.verdicts import SCORED, PairedDifference, has_verdict
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.statistics.power import seeds_range


@dataclass(frozen=True, kw_only=True)
class EpochConflict:
    """The last and the best validation epoch lead to different verdicts."""

    last: PairedDifference
    best: PairedDifference
    epochs: float | None
    """How many epochs the experiment was trained, on average; None if that is not on record."""
    best_epoch: float | None
    """In which epoch it had its best value, on average."""
    baseline_epochs: float | None
    baseline_best_epoch: float | None


@dataclass(frozen=True, kw_only=True)
class Headline:
    """An experiment beside its baseline in the number that decides."""

    experiment: Compared
    baseline: Compared
    """Of a baseline on other examples: that of the first group."""
    column: Column
    difference: PairedDifference | None
    """None if they are not comparable, have no seed in common, or one lacks the number."""
    obstacle: Obstacle | None
    reason: str
    """Why there is no interval; empty if there is one."""
    planned_level: float
    """The level of the interval once all comparisons of the group have enough seeds."""
    conflict: EpochConflict | None

    @property
    def seeds_needed(self) -> tuple[int | None, int | None] | None:
        """From and up to how many seeds would tell, by the limits of the sd; a None among them is more than 1,000.

        None altogether where there is a clear verdict or can be none, and where a single seed says nothing of the sd.
        """
        found = self.difference
        if not found or not found.sd or not has_verdict(self.column) or found.verdict in ("better", "worse"):
            return None
        if found.looks:  # Such seeds are ordered as they are needed.
            return None
        if found.interval is None and found.pairs >= MIN_PAIRS:  # One side collapsed on some of its seeds.
            return None
        return seeds_range(found.mean, found.sd, found.pairs, found.level or self.planned_level)


#: The score of an experiment in a column, by the column's name.
ScoreOf = Callable[[str, Compared], Score | None]


def headlines(groups: Sequence[Group], score_of: ScoreOf, is_picked: bool, asked: str = "") -> Iterator[Headline]:
    """One for every experiment except the first baseline; of several targets one for each.

    Args:
        is_picked: Whether the baseline was picked by its result.
        asked: The column that decides; by default each head's first metric on the test split, where both have it and it
            is comparable, else the same on the validation split.
    """
    for group in groups:
        levels: dict[Column, float] = {}
        for experiment in group.experiments:
            if (beside := group.beside(experiment)) is experiment:
                continue
            columns = [Column.parse(asked)] if asked else _deciding(beside, experiment)
            # Without an example in common, or without a run, all targets would say the same.
            shares_nothing = experiment is group.baseline or not (beside.runs and experiment.runs)
            for column in columns[:1] if shares_nothing else columns:
                if column not in levels:
                    levels[column] = _planned_level(group, column, score_of, is_picked)
                yield _headline(beside, experiment, column, score_of, levels[column])


def _planned_level(group: Group, column: Column, score_of: ScoreOf, is_picked: bool) -> float:
    differences = [score.difference for each in group.experiments if (score := score_of(str(column), each))]
    return shared_level(sum(each is not None for each in differences), is_picked)


def _deciding(baseline: Compared, experiment: Compared) -> list[Column]:
    """The column that decides for each target."""
    by_target: dict[str, list[Column]] = {}
    for each in (baseline, experiment):
        main: dict[str, Column] = {}
        for metric in each.recorded(lambda result: result.head_metrics) or ():
            if metric.is_judged:
                main.setdefault(metric.target, metric)
        for target, metric in main.items():
            by_target.setdefault(target, []).append(metric)
    loss = Column(quantity="loss")
    # Where only some seeds are sealed, the others alone do not decide by their test scores.
    splits = SCORED[::-1] if baseline.seal or experiment.seal else SCORED
    return [
        _first_comparable(baseline, experiment, [each.on(split) for each in metrics for split in splits])
        for metrics in by_target.values() or [[loss]]
    ]


def _first_comparable(baseline: Compared, experiment: Compared, columns: Sequence[Column]) -> Column:
    of_both = [each for each in columns if baseline.by_seed(each) and experiment.by_seed(each)]
    comparable = (each for each in of_both if not comparability.obstacle(baseline, experiment, each))
    return next(comparable, of_both[0] if of_both else columns[0])


def _headline(
    beside: Compared, experiment: Compared, column: Column, score_of: ScoreOf, planned_level: float
) -> Headline:
    score = score_of(str(column), experiment)
    found = score.difference if score else None
    # Without a finished run nothing is scored on any examples.
    both_ran = beside.runs and experiment.runs
    obstacle = comparability.obstacle(beside, experiment, column) if both_ran else None
    return Headline(
        experiment=experiment,
        baseline=beside,
        column=column,
        difference=found,
        obstacle=obstacle,
        reason=(found.reason or "") if found else obstacle or _why_no_difference(beside, experiment, column),
        planned_level=planned_level,
        conflict=_conflict(beside, experiment, column, score_of),
    )


def _why_no_difference(baseline: Compared, experiment: Compared, column: Column) -> str:
    for each in (baseline, experiment):
        if not each.runs:
            return f"no seed of {each.label} finished"
        if not each.by_seed(column):
            return each.why_missing(column) or f"{each.label} has no {column}"
    return "no seed in common"


def _conflict(baseline: Compared, experiment: Compared, column: Column, score_of: ScoreOf) -> EpochConflict | None:
    """Where the last and the best validation epoch lead to different verdicts on what a column measures."""
    if not has_verdict(column):
        return None
    last = column.last.on("validation")
    scores = [score_of(str(each), experiment) for each in (last, last.best_value)]
    of_last, of_best = [score.difference if score else None for score in scores]
    if not of_last or not of_best or not of_last.verdict or not of_best.verdict or of_last.verdict == of_best.verdict:
        return None
    return EpochConflict(
        last=of_last,
        best=of_best,
        epochs=_mean(experiment, Column(quantity="epochs")),
        best_epoch=_mean(experiment, last.best_epoch),
        baseline_epochs=_mean(baseline, Column(quantity="epochs")),
        baseline_best_epoch=_mean(baseline, last.best_epoch),
    )


def _mean(experiment: Compared, column: Column) -> float | None:
    values = experiment.by_seed(column).values()
    return statistics.fmean(values) if values else None
