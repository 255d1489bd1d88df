"""Experiments against each other: runs grouped over seeds, what their scores allow to say, and all of it as rows."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dlexp.components.columns import Column
from dlexp.config.flat import flatten
from dlexp.config.identity import Ingredients, compared
from dlexp.config.names import PREFIX_LENGTH
from dlexp.errors import UserError, did_you_mean
from dlexp.records.index import Run, latest
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.comparability import Obstacle
from dlexp.reports.comparison.compared import OF_THE_RUN, Compared, value_of
from dlexp.reports.comparison.settings import differing, labels, telling
from dlexp.reports.comparison.verdicts import PairedDifference, collapses, difference, least_sd, lopsided
from dlexp.statistics.paired import LEVEL

#: The keys of the rows.
COLUMNS = (
    *("experiment", "identity", "metric", "mean", "sd", "n", "diverged", "collapsed", "best_epoch", "baseline"),
    *("difference", "low", "high", "level", "pairs", "verdict", "reason", "picked_on_test", "best_possible"),
)


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


@dataclass(frozen=True)
class Group:
    """Experiments on the same examples, and the one that the others are compared with."""

    baseline: Compared
    experiments: tuple[Compared, ...]
    passed_over: tuple[Compared, ...]
    """Those that came before the baseline, and of which no seed finished."""
    first_baseline: Compared
    """That of the first group."""

    def beside(self, experiment: Compared) -> Compared:
        """What an experiment stands beside: the baseline; the baseline itself beside that of the first group."""
        return self.first_baseline if experiment is self.baseline else self.baseline


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is known of several experiments."""

    groups: tuple[Group, ...]
    """Experiments that share no examples are apart."""
    chosen: Literal["named", "started", "sorted"]
    """How the first baseline came to be it."""
    sorted_by: str | None
    """The metric whose best mean comes first."""
    unfinished: tuple[str, ...]
    """Names that were given before the first experiment, and of which no run finished or diverged."""
    differing: tuple[str, ...]
    """The keys of the settings that are not the same in all of them."""
    telling: tuple[str, ...]
    """The same, except the defaults that come with another type: beside `optimizer.type`, no `optimizer.beta_1`."""
    metrics: tuple[ComparedMetric, ...]

    @property
    def members(self) -> list[tuple[Group, Compared]]:
        """The experiments of all groups, each with its group, in the order of the scores."""
        return [(group, experiment) for group in self.groups for experiment in group.experiments]

    @property
    def experiments(self) -> list[Compared]:
        """Those of all groups."""
        return [experiment for _, experiment in self.members]

    def scored(self, metric: ComparedMetric) -> list[tuple[Group, Compared, Score | None]]:
        """Every experiment with its group and its score."""
        return [(*member, score) for member, score in zip(self.members, metric.scores, strict=True)]


def compare(
    runs: Sequence[Run], metrics: Sequence[str] = (), sort: str | None = None, named: bool = True
) -> Comparison:
    """Compare the experiments of these runs, in the order of their appearance; those on other examples apart.

    Runs that neither finished nor diverged are left out. The first experiment of which a seed finished is what the
    others are compared with.

    Args:
        metrics: What to compare. By default: the metrics of the heads on the validation split (last and best) and on
            the test split, that of the first one in training and the gap between both, the validation loss and the
            seconds.
        sort: The metric whose best mean comes first (the lowest, where neither way is better); compared too.
        named: Whether the order is that of names the user gave, not that in which the runs began.

    Raises:
        UserError: A metric that no run has, or a loss to sort by that is not the same loss everywhere.
    """
    counted = [run for run in runs if run.status == "finished" or run.has_diverged]
    experiments = _experiments(counted)
    chosen = _metrics(experiments, metrics, sort)
    if sort:
        experiments = _sorted(experiments, sort)
    groups = _groups(experiments)
    settings = [experiment.settings for group in groups for experiment in group.experiments]
    return Comparison(
        groups=groups,
        chosen="sorted" if sort else "named" if named else "started",
        sorted_by=sort,
        unfinished=_unfinished(runs, counted) if named and not sort else (),
        differing=differing(settings),
        telling=telling(settings),
        metrics=tuple(ComparedMetric(name, tuple(_scores(groups, name, is_picked=bool(sort)))) for name in chosen),
    )


def _unfinished(runs: Sequence[Run], counted: Sequence[Run]) -> tuple[str, ...]:
    before = runs[: runs.index(counted[0])] if counted else ()
    others = {run.dir.folder.prefix for run in counted}
    return tuple(dict.fromkeys(run.name for run in before if run.dir.folder.prefix not in others))


def _experiments(runs: Sequence[Run]) -> list[Compared]:
    newer = {earlier: run.record.data_digest for run in runs for earlier in run.record.earlier_data_digests}
    by_experiment: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        # The identity holds the data and the training code, but not the version of TensorFlow.
        by_experiment.setdefault((_identity(run, newer), run.record.tensorflow), []).append(run)
    firsts = [own[0] for own in by_experiment.values()]
    settings = [_settings(run, newer) for run in firsts]
    return [
        Compared(
            label=label,
            names=tuple(dict.fromkeys(run.name for run in own)),
            identity=identity,
            settings=of_experiment,
            data_digest=newer.get(own[0].record.data_digest, own[0].record.data_digest),
            runs=(finished := _finished(own)),
            diverged=tuple(sorted({run.seed for run in own} - finished.keys())),
        )
        for label, of_experiment, (identity, _), own in zip(
            labels(firsts, settings), settings, by_experiment, by_experiment.values(), strict=True
        )
    ]


def _identity(run: Run, newer: Mapping[str, str]) -> str:
    """The identity of a run's experiment, on data with the digest that the newest version takes."""
    if run.record.data_digest not in newer:
        return run.experiment
    try:
        return Ingredients.of_record({**run.record.raw, "data_digest": newer[run.record.data_digest]}).identity
    except KeyError:  # It does not say what it is made of.
        return run.experiment


def _settings(run: Run, newer: Mapping[str, str]) -> dict[str, Any]:
    return flatten(compared(run.config)) | {
        "data digest": newer.get(run.record.data_digest, run.record.data_digest or "unknown")[:PREFIX_LENGTH],
        "training version": run.record.training_version or "unknown",
        "TensorFlow": run.record.tensorflow,
    }


def _finished(runs: Sequence[Run]) -> dict[int, Run]:
    return {
        seed: run
        for seed in sorted({run.seed for run in runs})
        if (run := latest(run for run in runs if run.seed == seed and run.status == "finished"))
    }


def _metrics(experiments: Sequence[Compared], metrics: Sequence[str], sort: str | None) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    recorded = list(dict.fromkeys(name for run in runs for name in run.metrics))
    gaps = (str(column.on("gap")) for column in map(Column.parse, recorded) if column.split == "test")
    available = [
        name
        for name in dict.fromkeys([*recorded, *gaps, *OF_THE_RUN])
        if any(value_of(run.result, Column.parse(name)) is not None for run in runs)
        or any(each.why_missing(Column.parse(name)) for each in experiments)
    ]
    wanted = [("--metric", name) for name in metrics] + ([("--sort", sort)] if sort else [])
    for option, name in wanted:
        if name not in available:
            near = did_you_mean(name, available)
            raise UserError(f"{option} {name}: no run recorded it.{near} Choose from: {', '.join(available)}")
    chosen = [] if metrics else [name for name in _default_metrics(runs) if name in available]
    return list(dict.fromkeys([*chosen, *(name for _, name in wanted)]))


def _default_metrics(runs: Sequence[Run]) -> list[str]:
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.record.head_metrics))
    main = {metric for run in runs for metric in run.record.main_metrics}
    columns: list[Column] = []
    for metric in metrics:
        last = metric.on("validation")
        columns += [last, last.best_value] if metric.is_judged else [last]
    columns.append(Column(quantity="loss", split="validation"))
    for metric in metrics:
        columns += [metric.on(split) for split in (("train", "test", "gap") if metric in main else ("test",))]
    return [*map(str, columns), "seconds"]


def _sorted(experiments: Sequence[Compared], metric: str) -> list[Compared]:
    """The best mean first; last, those without the number."""
    column = Column.parse(metric)
    means = {each.label: statistics.fmean(values.values()) for each in experiments if (values := each.by_seed(column))}
    with_mean = [experiment for experiment in experiments if experiment.label in means]
    if not all(comparability.same_loss(with_mean[0], other, column) for other in with_mean):
        raise UserError(f"--sort {metric}: not the same loss in all experiments; sort by a metric that is")
    with_mean.sort(key=lambda experiment: means[experiment.label], reverse=column.higher_is_better is True)
    return [*with_mean, *(experiment for experiment in experiments if experiment.label not in means)]


def _groups(experiments: Sequence[Compared]) -> tuple[Group, ...]:
    """Experiments that share no examples are apart, in the order of the first ones.

    The first one of which a seed finished is the baseline: one that diverged would hide all differences.
    """
    apart: list[list[Compared]] = []
    for experiment in experiments:
        shares = (each for each in apart if any(comparability.shares_examples(one, experiment) for one in each))
        if members := next(shares, None):
            members.append(experiment)
        else:
            apart.append([experiment])
    found: list[Group] = []
    for members in apart:
        position = next((i for i, experiment in enumerate(members) if experiment.runs), 0)
        baseline = members[position]
        first = found[0].baseline if found else baseline
        found.append(Group(baseline, tuple(members), tuple(members[:position]), first))
    return tuple(found)


def _scores(groups: Sequence[Group], name: str, is_picked: bool) -> Iterator[Score | None]:
    """A number of all experiments, each compared with the baseline of its group."""
    column = Column.parse(name)
    for group in groups:
        # One interval for each experiment that has one shares the level. A baseline that was picked by its result is
        # compared with each as all others might have been: each pair counts.
        differences = [_difference(group.baseline, each, column, LEVEL) for each in group.experiments]
        n = sum(bool(found and found.interval) for found in differences)
        level = LEVEL / max(1, n * (n + 1) // 2 if is_picked else n)
        for each in group.experiments:
            yield _score(each, column, group.beside(each), _difference(group.baseline, each, column, level))


def _difference(baseline: Compared, experiment: Compared, column: Column, level: float) -> PairedDifference | None:
    """The difference from the baseline; None for itself and where it is not comparable."""
    if experiment is baseline or comparability.obstacle(baseline, experiment, column):
        return None
    first, other = baseline.by_seed(column), experiment.by_seed(column)
    grid, uneven = least_sd(baseline, experiment, column), lopsided(baseline, experiment, column)
    return difference(first, other, column, level=level, least_sd=grid, lopsided=uneven)


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


def rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """A row for every metric of every experiment; what is not known is missing."""
    for metric in comparison.metrics:
        for group, experiment, score in comparison.scored(metric):
            row: dict[str, Any] = {
                "experiment": experiment.label,
                "identity": experiment.identity,
                "metric": metric.name,
                "diverged": len(experiment.diverged),
                "baseline": group.baseline.label,
                "picked_on_test": experiment.picked_on_test,
            }
            if reason := _why_none(group.beside(experiment), experiment, metric.column):
                row["reason"] = reason
            if score:
                row |= {key: getattr(score, key) for key in ("mean", "sd", "collapsed", "best_epoch", "best_possible")}
                if score.obstacle:
                    row |= {"verdict": "not comparable", "reason": score.obstacle}
                row["n"] = len(score.values)
            if score and (difference := score.difference):
                low, high = difference.interval or (None, None)
                row |= {"difference": difference.mean, "low": low, "high": high}
                row |= {key: getattr(difference, key) for key in ("level", "pairs", "verdict", "reason")}
            yield row


def _why_none(beside: Compared, experiment: Compared, column: Column) -> str:
    """Why a score is missing, or what it would be compared with; empty if that is not on record."""
    of_other = beside.why_missing(column)
    return experiment.why_missing(column) or (of_other and f"{beside.label}: {of_other}")


def document(comparison: Comparison) -> dict[str, Any]:
    """The experiments with the settings in which they differ, and every metric of each."""
    return {
        "baseline": comparison.groups[0].baseline.label if comparison.groups else None,
        "baseline_chosen": comparison.chosen,
        "experiments": [
            {
                "label": experiment.label,
                "names": experiment.names,
                "identity": experiment.identity,
                "settings": {
                    key: experiment.settings[key] for key in comparison.differing if key in experiment.settings
                },
                "baseline": group.baseline.label,
                "seeds": list(experiment.runs),
                "diverged_seeds": experiment.diverged,
                "picked_on_test": experiment.picked_on_test,
                "runs": [str(run.dir.path) for run in experiment.runs.values()],
            }
            for group, experiment in comparison.members
        ],
        "metrics": [
            {
                "name": metric.name,
                "higher_is_better": metric.column.higher_is_better,
                "scores": [
                    score and asdict(score) | {"n": len(score.values), "comparable": score.obstacle is None}
                    for score in metric.scores
                ],
                "missing": [experiment.why_missing(metric.column) or None for experiment in comparison.experiments],
            }
            for metric in comparison.metrics
        ],
    }
