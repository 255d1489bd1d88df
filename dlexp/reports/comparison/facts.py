"""Experiments against each other: what is compared, and what of it is said first."""

import fnmatch
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from dlexp.components.columns import COSTS, Column
from dlexp.config.labels import differing, telling
from dlexp.errors import UserError
from dlexp.near_words import did_you_mean
from dlexp.records.index import Run
from dlexp.records.seal import is_sealed
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.compared import Compared, value_of
from dlexp.reports.comparison.families import LargeFamily, large_family
from dlexp.reports.comparison.groups import Group, counts, experiments_of, groups_of
from dlexp.reports.comparison.headlines import Headline, headlines
from dlexp.reports.comparison.scores import ComparedMetric, Score, scores_of
from dlexp.reports.comparison.stops import Stops
from dlexp.reports.comparison.verdicts import has_verdict
from dlexp.statistics.looks import Looks

#: From so many experiments on the same examples on, or more than so many in all, each is a row of a table.
MANY, _MANY_APART = 4, 8


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is known of several experiments."""

    groups: tuple[Group, ...]
    """Experiments that share no examples are apart."""
    chosen: Literal["named", "started", "sorted"]
    """How the first baseline came to be it."""
    started_of: str
    """The user's word that means several experiments, of which the first baseline was started first; else empty."""
    ranked_by: str | None
    """The metric that the user sorts by; of a few experiments the best mean is the baseline."""
    unfinished: tuple[str, ...]
    """Names that were given before the first experiment, and of which no run finished or diverged."""
    differing: tuple[str, ...]
    """The keys of the settings that are not the same in all of them."""
    telling: tuple[str, ...]
    """The same, except the defaults that come with another type: beside `optimizer.type`, no `optimizer.beta_1`."""
    names: tuple[str, ...]
    """The columns of the metrics that are compared."""
    asked: tuple[str, ...] = ()
    """The metrics that the user asked for; the first of them that can have a verdict decides."""
    looks: Looks | None = None
    """What the seeds are trained for until they tell; None if the runs themselves say how they were ordered."""
    stops: Stops | None = None
    """After how many seeds each was told, where they were trained until they told."""
    whole: "Comparison | None" = None
    """What these are the best of: there the comparisons are counted that share the level."""

    @property
    def is_of_many(self) -> bool:
        """Whether each experiment is a row of a table."""
        return self.whole is not None or are_many(self.groups)

    @property
    def sorted_by(self) -> str | None:
        """The metric whose best mean is the baseline; of many experiments none is picked by its result."""
        if self.whole:
            return self.whole.sorted_by
        return None if self.is_of_many else self.ranked_by

    @property
    def members(self) -> list[tuple[Group, Compared]]:
        """The experiments of all groups, each with its group, in the order of the scores."""
        return [(group, experiment) for group in self.groups for experiment in group.experiments]

    @property
    def experiments(self) -> list[Compared]:
        """Those of all groups."""
        return [experiment for _, experiment in self.members]

    @cached_property
    def metrics(self) -> tuple[ComparedMetric, ...]:
        """What is compared."""
        return tuple(map(self._metric, self.names))

    def scored(self, metric: ComparedMetric) -> list[tuple[Group, Compared, Score | None]]:
        """Every experiment with its group and its score."""
        return [(*member, score) for member, score in zip(self.members, metric.scores, strict=True)]

    @cached_property
    def pair_counts(self) -> frozenset[int]:
        """How many paired seeds its differences have."""
        scores = [score for metric in self.metrics for score in metric.scores if score]
        return frozenset(score.difference.pairs for score in scores if score.difference)

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """What decides between each experiment and its baseline."""
        if self.whole:
            return tuple(each for each in self.whole.headlines if id(each.experiment) in self._ids)
        judged = (name for name in self.asked if has_verdict(Column.parse(name)))
        decides = next(judged, next(iter(self.asked), ""))
        return tuple(headlines(self.groups, self.score, is_picked=bool(self.sorted_by), asked=decides))

    @property
    def large_families(self) -> tuple[LargeFamily, ...]:
        """Where so many experiments are compared that their seeds show large differences alone."""
        if self.whole:
            return self.whole.large_families
        return tuple(
            found
            for metric in self.metrics
            for group in self.groups
            if (found := large_family(group, metric.column, self._of_group(metric, group)))
        )

    def _of_group(self, metric: ComparedMetric, group: Group) -> list[Score | None]:
        return [score for own, _, score in self.scored(metric) if own is group]

    def score(self, name: str, experiment: Compared, *, on_examples: bool = True) -> Score | None:
        """A number of an experiment, also one that is none of the `metrics`.

        `on_examples` is whether its difference says what single test examples say, for which their results are read.
        """
        if self.whole:
            return self.whole.score(name, experiment, on_examples=on_examples)
        group = self._group_of[id(experiment)]
        key = (name, on_examples, id(group))
        if key not in self._scores:
            is_picked = bool(self.sorted_by)
            scores = scores_of([group], name, is_picked=is_picked, on_examples=on_examples, looks=self.looks)
            self._scores[key] = dict(zip(map(id, group.experiments), scores, strict=True))
        return self._scores[key][id(experiment)]

    @cached_property
    def _scores(self) -> dict[tuple[str, bool, int], dict[int, Score | None]]:
        """The scores by the `id` of their experiment, looked up many times, in the columns that were asked for."""
        return {}

    @cached_property
    def _group_of(self) -> dict[int, Group]:
        """The group of each experiment, by its `id`."""
        return {id(experiment): group for group, experiment in self.members}

    @cached_property
    def _ids(self) -> set[int]:
        return {id(experiment) for experiment in self.experiments}

    def _metric(self, name: str) -> ComparedMetric:
        return ComparedMetric(name, tuple(self.score(name, experiment) for experiment in self.experiments))


def are_many(groups: Sequence[Group]) -> bool:
    """Whether each experiment is a row of a table."""
    counts = [len(group.experiments) for group in groups]
    return max(counts, default=0) >= MANY or sum(counts) > _MANY_APART


def compare(
    runs: Sequence[Run],
    metrics: Sequence[str] = (),
    sort: str | None = None,
    *,
    named: bool = True,
    first_word: str = "",
) -> Comparison:
    """Compare the experiments of these runs, in the order of their appearance; those on other examples apart.

    Runs that neither finished nor diverged are left out. The first experiment of which a seed finished is what the
    others are compared with.

    Args:
        metrics: What to compare. By default: the metrics of the heads on the validation split (last and best) and on
            the test split, that of the first one in training and the gap between both, the validation loss and the
            seconds.
        sort: The metric whose best mean comes first (the lowest, where neither way is better), of up to three
            experiments as the baseline; compared too.
        named: Whether the order is that of names the user gave, not that in which the runs began.
        first_word: The first of these names; where it means several experiments, these are in the order in which they
            began.

    Raises:
        UserError: A metric that no run has, or a loss to sort by that is not the same loss everywhere.
    """
    counted = [run for run in runs if counts(run)]
    unfinished = _unfinished(runs, counted) if named else ()
    experiments = experiments_of(counted)
    started_of = first_word if first_word and _n_meant(first_word, experiments) > 1 else ""
    return compare_experiments(experiments, metrics, sort, named=named, unfinished=unfinished, started_of=started_of)


def _n_meant(word: str, experiments: Sequence[Compared]) -> int:
    """How many of the experiments a name, a glob or the directory of a name means."""
    pattern = re.compile(fnmatch.translate(word))
    return sum(
        any(map(pattern.match, (run.name, run.dir.label, str(run.dir.path.parent))))
        for each in experiments
        for run in list(each.runs.values())[:1]
    )


def compare_experiments(
    experiments: Sequence[Compared],
    metrics: Sequence[str] = (),
    sort: str | None = None,
    *,
    named: bool = True,
    unfinished: tuple[str, ...] = (),
    started_of: str = "",
    looks: Looks | None = None,
) -> Comparison:
    """Compare experiments that go by their own labels; as `compare` else.

    `looks` is what their seeds are trained for until they tell; by default as their runs recorded it.
    """
    names = _metrics(experiments, metrics, sort)
    groups = groups_of(experiments)
    is_picked = bool(sort) and not are_many(groups)
    if sort:
        groups = groups_of(_sorted(experiments, sort)) if is_picked else tuple(_ranked(groups, sort))
    settings = [experiment.settings for group in groups for experiment in group.experiments]
    return Comparison(
        groups=groups,
        chosen="sorted" if is_picked else "named" if named and not started_of else "started",
        started_of="" if is_picked else started_of,
        ranked_by=sort,
        unfinished=() if is_picked else unfinished,
        differing=differing(settings),
        telling=telling(settings),
        names=tuple(names),
        asked=tuple(metrics),
        looks=looks,
    )


def _unfinished(runs: Sequence[Run], counted: Sequence[Run]) -> tuple[str, ...]:
    before = runs[: runs.index(counted[0])] if counted else ()
    others = {run.dir.folder.prefix for run in counted}
    return tuple(dict.fromkeys(run.name for run in before if run.dir.folder.prefix not in others))


def _metrics(experiments: Sequence[Compared], metrics: Sequence[str], sort: str | None) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    recorded = dict.fromkeys(name for run in runs for name in (*run.result.metrics, *run.result.missing_scores))
    known = {name for run in runs for name, value in run.result.metrics.items() if value == value}  # NaN is not itself.
    gaps = [str(column.on("gap")) for column in map(Column.parse, recorded) if column.split == "test"]
    known |= {name for name in gaps if _has_gap(Column.parse(name), runs)}
    known |= {name for name in COSTS if any(getattr(run.result, name) is not None for run in runs)}
    available = [
        name
        for name in dict.fromkeys([*recorded, *gaps, *COSTS])
        if name in known or any(each.why_missing(Column.parse(name)) for each in experiments)
    ]
    shown = [name for name in available if name in known or not _is_sealed(Column.parse(name), experiments)]
    wanted = [("--metric", name) for name in metrics] + ([("--sort", sort)] if sort else [])
    for option, name in wanted:
        if option == "--sort" and name in available and name not in shown:
            raise UserError(f"--sort {name}: {next(filter(None, (each.seal for each in experiments)))}")
        if name not in available:
            near = did_you_mean(name, available)
            raise UserError(f"{option} {name}: no run recorded it.{near} Choose from: {', '.join(available)}")
    chosen = [] if metrics else [name for name in _default_metrics(runs) if name in shown]
    return list(dict.fromkeys([*chosen, *(name for _, name in wanted)]))


def _is_sealed(column: Column, experiments: Sequence[Compared]) -> bool:
    """Whether a study has sealed a number that no run has otherwise: it is shown to who asks for it."""
    return any(is_sealed(each.why_missing(column)) for each in experiments)


def _has_gap(column: Column, runs: Sequence[Run]) -> bool:
    of_test = str(column.on("test"))
    return any(of_test in run.result.metrics and value_of(run.result, column) is not None for run in runs)


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
    """The best mean first; last, those without the number.

    Raises:
        UserError: The metric is a loss that is not the same in all of them.
    """
    column = Column.parse(metric)
    with_number = [experiment for experiment in experiments if experiment.by_seed(column)]
    if not all(comparability.same_loss(with_number[0], other, column) for other in with_number):
        raise UserError(f"--sort {metric}: not the same loss in all experiments; sort by a metric that is")
    return _by_mean(experiments, metric)


def _ranked(groups: Sequence[Group], metric: str) -> Iterator[Group]:
    """The same groups with the same baselines, the best mean of each first."""
    for group in groups:
        yield replace(group, experiments=tuple(_by_mean(group.experiments, metric)))


def _by_mean(experiments: Sequence[Compared], metric: str) -> list[Compared]:
    column = Column.parse(metric)
    means = [(each, statistics.fmean(values.values())) for each in experiments if (values := each.by_seed(column))]
    means.sort(key=lambda pair: pair[1], reverse=column.higher_is_better is True)
    with_mean = {id(each) for each, _ in means}
    return [*(each for each, _ in means), *(each for each in experiments if id(each) not in with_mean)]
