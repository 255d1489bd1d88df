"""Experiments against each other: runs grouped over seeds, and what their scores allow to say."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from dlexp import registry
from dlexp.components.metrics import GAP, higher_is_better
from dlexp.config.flat import MISSING, differences, flatten, format_value
from dlexp.config.identity import Ingredients, compared
from dlexp.errors import UserError, did_you_mean
from dlexp.records.index import Run, latest
from dlexp.records.run_dir import PREFIX_LENGTH
from dlexp.reports.comparison import comparability
from dlexp.reports.comparison.comparability import Obstacle
from dlexp.reports.comparison.compared import OF_THE_RUN, Compared, value_of
from dlexp.reports.comparison.verdicts import LEVEL, Difference, collapsed_seeds, difference, least_sd, lopsided

#: How the first baseline came to be it.
Chosen = Literal["named", "started", "sorted"]


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
    difference: Difference | None
    """None for a baseline, and where it is not comparable or has no seed in common with its baseline."""
    obstacle: Obstacle | None
    """Why it cannot be compared with the baseline; of a baseline on other examples, with the first one."""
    best_possible: float | None = None
    """What the true distribution of generated data scores on the same examples; None if it is not known."""

    @property
    def comparable(self) -> bool:
        """Whether it measures the same as for the baseline."""
        return self.obstacle is None


@dataclass(frozen=True)
class ComparedMetric:
    """A metric of every experiment."""

    name: str
    scores: tuple[Score | None, ...]
    """In the order of the experiments; None for those of which no run has the number."""


@dataclass(frozen=True)
class Group:
    """Experiments on the same examples, and the one that the others are compared with."""

    baseline: Compared
    experiments: tuple[Compared, ...]
    passed_over: tuple[Compared, ...]
    """Those that came before the baseline, and of which no seed finished."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is known of several experiments."""

    groups: tuple[Group, ...]
    """Experiments that share no examples are apart."""
    chosen: Chosen
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
    def experiments(self) -> tuple[Compared, ...]:
        """Those of all groups, in the order of the scores."""
        return tuple(experiment for group in self.groups for experiment in group.experiments)

    @property
    def baselines(self) -> tuple[Compared, ...]:
        """For each experiment what it is compared with; a baseline with itself."""
        return tuple(group.baseline for group in self.groups for _ in group.experiments)


def compare(
    runs: Sequence[Run], metrics: Sequence[str] = (), sort: str | None = None, named: bool = True
) -> Comparison:
    """Compare the experiments of these runs, in the order of their appearance; those on other examples apart.

    Runs that neither finished nor diverged are left out. The first experiment of which a seed finished is what the
    others are compared with.

    Args:
        runs: All runs of all experiments.
        metrics: What to compare. By default: the metrics of the heads on the validation split (last and best) and on
            the test split, that of the first one in training and the gap between both, the validation loss and the
            seconds.
        sort: The metric whose best mean comes first (the lowest, where neither way is better); compared too.
        named: Whether the order is that of names the user gave, not that in which the runs began.

    Raises:
        UserError: A metric that no run has, or a loss to sort by that is not the same loss everywhere.
    """
    experiments = _experiments(runs)
    available = _available(experiments)
    for option, metric in [*(("--metric", metric) for metric in metrics), *([("--sort", sort)] if sort else [])]:
        if metric not in available:
            raise UserError(
                f"{option} {metric}: no run recorded it.{did_you_mean(metric, available)} "
                f"Choose from: {', '.join(available)}"
            )
    chosen = list(metrics) or [name for name in _default_metrics(experiments) if name in available]
    if sort:
        experiments = _sorted(experiments, sort)
        chosen.append(sort)
    groups = tuple(_group(members) for members in comparability.groups(experiments))
    settings = [experiment.settings for group in groups for experiment in group.experiments]
    differing = _differing(settings)
    return Comparison(
        groups=groups,
        chosen="sorted" if sort else "named" if named else "started",
        sorted_by=sort,
        unfinished=_unfinished(runs) if named and not sort else (),
        differing=differing,
        telling=_telling(settings, differing),
        metrics=tuple(
            ComparedMetric(name, tuple(_scores(groups, name, is_picked=bool(sort)))) for name in dict.fromkeys(chosen)
        ),
    )


def _unfinished(runs: Sequence[Run]) -> tuple[str, ...]:
    """The names of the experiments that come before the first one that can be compared."""
    can_be_compared = [run.status == "finished" or run.has_diverged for run in runs]
    before = runs[: can_be_compared.index(True)] if any(can_be_compared) else []
    others = {run.dir.identity_prefix for run, is_usable in zip(runs, can_be_compared, strict=True) if is_usable}
    return tuple(dict.fromkeys(run.name for run in before if run.dir.identity_prefix not in others))


def _group(experiments: Sequence[Compared]) -> Group:
    """The first one of which a seed finished is the baseline: one that diverged would hide all differences."""
    position = next((i for i, experiment in enumerate(experiments) if experiment.runs), 0)
    return Group(experiments[position], tuple(experiments), tuple(experiments[:position]))


def _sorted(experiments: Sequence[Compared], metric: str) -> tuple[Compared, ...]:
    """The best mean first; last, those without the number."""
    means = {
        experiment.label: statistics.fmean(values.values())
        for experiment in experiments
        if (values := experiment.by_seed(metric))
    }
    with_mean = [experiment for experiment in experiments if experiment.label in means]
    if not all(comparability.same_loss(with_mean[0], other, metric) for other in with_mean):
        raise UserError(f"--sort {metric}: not the same loss in all experiments; sort by a metric that is")
    sign = -1 if higher_is_better(metric) else 1
    return tuple(sorted(experiments, key=lambda experiment: sign * means.get(experiment.label, sign * float("inf"))))


def _experiments(runs: Iterable[Run]) -> tuple[Compared, ...]:
    runs = [run for run in runs if run.status == "finished" or run.has_diverged]
    newer = {earlier: run.data_digest for run in runs for earlier in run.earlier_digests}
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        # The identity holds the data and the training code, but not the version of TensorFlow.
        groups.setdefault((_identity(run, newer), run.tensorflow), []).append(run)
    settings = [_settings(group[0], newer) for group in groups.values()]
    labels = _labels([group[0] for group in groups.values()], settings)
    return tuple(
        _compared(label, identity, group, of_group, newer)
        for label, (identity, _), group, of_group in zip(labels, groups, groups.values(), settings, strict=True)
    )


def _identity(run: Run, newer: Mapping[str, str]) -> str:
    """The identity of a run's experiment, on data with the digest that the newest version takes."""
    if run.data_digest not in newer:
        return run.experiment
    try:
        return Ingredients.of_record({**run.record, "data_digest": newer[run.data_digest]}).identity
    except KeyError:  # It does not say what it is made of.
        return run.experiment


def _compared(
    label: str, identity: str, group: Sequence[Run], settings: dict[str, Any], newer: Mapping[str, str]
) -> Compared:
    finished = {
        seed: run
        for seed in sorted({run.seed for run in group})
        if (run := latest(run for run in group if run.seed == seed and run.status == "finished"))
    }
    digest = group[0].data_digest
    return Compared(
        label=label,
        names=tuple(dict.fromkeys(run.name for run in group)),
        identity=identity,
        settings=settings,
        data_digest=newer.get(digest, digest),
        runs=finished,
        diverged=tuple(sorted({run.seed for run in group} - finished.keys())),
    )


def _settings(run: Run, newer: Mapping[str, str]) -> dict[str, Any]:
    return flatten(compared(run.config)) | {
        "data digest": newer.get(run.data_digest, run.data_digest or "unknown")[:PREFIX_LENGTH],
        "training version": run.record.get("training_version", "unknown"),
        "TensorFlow": run.tensorflow,
    }


def _labels(firsts: Sequence[Run], settings: Sequence[dict[str, Any]]) -> list[str]:
    """The names; where several experiments have one name, with what sets them apart."""
    namesakes: dict[str, list[dict[str, Any]]] = {}
    for run, own in zip(firsts, settings, strict=True):
        namesakes.setdefault(run.name, []).append(own)
    apart = {name: _telling(of_name, _differing(of_name)) for name, of_name in namesakes.items()}
    labels = []
    for run, own in zip(firsts, settings, strict=True):
        pairs = [f"{key}={format_value(own[key])}" for key in apart[run.name] if key in own]
        labels.append(f"{run.name} ({', '.join(pairs)})" if pairs else run.name)
    counts = Counter(labels)
    return [
        f"{label} {run.identity[:PREFIX_LENGTH]}" if counts[label] > 1 else label
        for label, run in zip(labels, firsts, strict=True)
    ]


def _differing(settings: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The keys that some lack or have otherwise than the first."""
    paths = (path for other in settings[1:] for path, _, _ in differences(settings[0], other))
    return tuple(dict.fromkeys(paths))


def _telling(settings: Sequence[dict[str, Any]], differing: Sequence[str]) -> tuple[str, ...]:
    """The differing keys, but those that are there on some sides alone and say only what comes with a type."""
    return tuple(key for key in differing if not _comes_with_a_type(key, settings, differing))


def _comes_with_a_type(key: str, settings: Sequence[dict[str, Any]], differing: Sequence[str]) -> bool:
    having = [own for own in settings if key in own]
    if len(having) == len(settings):
        return False
    if f"{key}.type" in differing:
        return all(own[key] is None for own in having)  # `null` where others chose a type: the type says so.
    # `model.activation.type` may come with the type of `model`; `model.activation.alpha` with that of either.
    parts = key.split(".")
    around = (".".join(parts[:n]) for n in range(1, len(parts)))
    return any(
        all(_defaults(path, str(own.get(f"{path}.type"))).get(key, MISSING) == own[key] for own in having)
        for path in around
        if f"{path}.type" in differing and f"{path}.type" != key
    )


@cache
def _defaults(path: str, type_name: str) -> dict[str, Any]:
    """The defaults of a component at this path of a config, by dotted key; nothing where it is unknown."""
    # model.kernel_regularizer: regularizers; head.heads.digit, one of several: heads
    around, _, last = path.rpartition(".")
    kind = "heads" if around == "head.heads" else last.rpartition("_")[2] + "s"
    component = registry.components(kind).get(type_name) if kind in registry.KINDS else None
    return flatten({path: component.model_construct(type=type_name).model_dump()}) if component else {}


def _available(experiments: Sequence[Compared]) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    recorded = dict.fromkeys(column for run in runs for column in run.metrics)
    gaps = (GAP + column.removeprefix("test_") for column in recorded if column.startswith("test_"))
    columns = dict.fromkeys([*recorded, *gaps, *OF_THE_RUN])
    return [column for column in columns if any(value_of(run, column) is not None for run in runs)]


def _default_metrics(experiments: Sequence[Compared]) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.head_metrics))
    validation = [
        name
        for metric in metrics
        for name in (f"val_{metric}", f"best_val_{metric}")
        if not name.startswith("best_") or higher_is_better(name) is not None
    ]
    main = {metric for run in runs for metric in run.main_metrics}
    tested = [
        name
        for metric in metrics
        for name in ((metric, f"test_{metric}", GAP + metric) if metric in main else (f"test_{metric}",))
    ]
    return [*validation, "val_loss", *tested, "seconds"]


def _scores(groups: Sequence[Group], column: str, is_picked: bool) -> Iterator[Score | None]:
    """A number of all experiments, each compared with the baseline of its group."""
    for group in groups:
        level = LEVEL / max(1, _n_comparisons(group, column, is_picked))
        for experiment in group.experiments:
            # The baseline of a later group has no baseline, but stands beside the first one.
            beside = groups[0].baseline if experiment is group.baseline else group.baseline
            obstacle = comparability.obstacle(beside, experiment, column)
            yield _score(experiment, column, obstacle, _difference(experiment, group.baseline, column, level), beside)


def _n_comparisons(group: Group, column: str, is_picked: bool) -> int:
    """How many intervals share the level: one for each experiment that has one.

    Where the baseline was picked by its result, it is compared with each as all others might have been: each pair
    counts.
    """
    others = [experiment for experiment in group.experiments if experiment is not group.baseline]
    m = sum(_has_interval(_difference(experiment, group.baseline, column)) for experiment in others)
    return m * (m + 1) // 2 if is_picked else m


def _has_interval(difference: Difference | None) -> bool:
    return difference is not None and difference.interval is not None


def _difference(experiment: Compared, baseline: Compared, column: str, level: float = LEVEL) -> Difference | None:
    if experiment is baseline or comparability.obstacle(baseline, experiment, column):
        return None
    return difference(
        baseline.by_seed(column),
        experiment.by_seed(column),
        column,
        level=level,
        least_sd=least_sd(baseline, experiment, column),
        lopsided=lopsided(baseline, experiment, column),
    )


def _score(
    experiment: Compared, column: str, obstacle: Obstacle | None, to_baseline: Difference | None, beside: Compared
) -> Score | None:
    values = experiment.by_seed(column)
    if not values:
        return None
    epochs = experiment.by_seed(f"{column}_epoch")
    collapsed = collapsed_seeds(experiment, column, None if obstacle else beside)
    return Score(
        values=values,
        mean=statistics.fmean(values.values()),
        sd=statistics.stdev(values.values()) if len(values) > 1 else None,
        best_epoch=statistics.fmean(epochs.values()) if epochs else None,
        collapsed=collapsed.count if collapsed else None,
        difference=to_baseline,
        obstacle=obstacle,
        best_possible=_best_possible(experiment, column),
    )


def _best_possible(experiment: Compared, metric: str) -> float | None:
    # The same data for all seeds: the digest is part of the identity.
    recorded = (run.record.get("best_possible") or {} for run in experiment.runs.values())
    return next((float(scores[metric]) for scores in recorded if scores.get(metric) is not None), None)
