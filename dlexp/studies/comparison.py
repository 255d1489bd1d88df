"""Experiments against each other: runs grouped over seeds, and what their scores allow to say."""

import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from dlexp import registry
from dlexp.components.metrics import GAP, higher_is_better, quantity_of
from dlexp.config.flat import MISSING, differences, flatten, format_value
from dlexp.config.identity import compared
from dlexp.errors import UserError, did_you_mean
from dlexp.runs.index import Run, latest
from dlexp.runs.run_dir import PREFIX_LENGTH

Verdict = Literal["better", "worse", "no clear difference"]

#: What makes a loss, beside the penalties on weights: where one differs, a lower loss is not a better one.
_LOSS_KEYS = ("type", "loss", "standardize_target", "label_smoothing", "class_weight", "quantiles")
#: What makes the sum of several targets' losses.
_SUM_KEYS = ("weight", "weighting")

CONFIDENCE = 0.95

#: Numbers of a run that stand beside its metrics.
_OF_THE_RUN = ("epochs", "seconds", "parameters")


@dataclass(frozen=True)
class Compared:
    """One experiment with the latest finished run of every seed."""

    label: str
    """Its name, and where other experiments have the name too, the settings that differ from theirs."""
    names: tuple[str, ...]
    """All names it was run under."""
    identity: str
    settings: dict[str, Any]
    """The config by dotted key, and what else its numbers depend on: data, training code, TensorFlow."""
    runs: dict[int, Run]
    """By seed, in the order of the seeds."""
    diverged: tuple[int, ...]
    """The seeds that diverged and never finished."""

    @property
    def picked_on_test(self) -> bool:
        """Whether the best epoch was picked on the test data."""
        return any(run.record.get("picked_on_test") for run in self.runs.values())


@dataclass(frozen=True)
class Difference:
    """A metric of one experiment minus the first experiment's, over the seeds that both have."""

    mean: float
    pairs: int
    interval: tuple[float, float] | None
    """The 95 % confidence interval of the mean, by Student's t; none from a single pair."""
    verdict: Verdict | None
    """None without an interval, and where neither way is better (seconds, epochs)."""


@dataclass(frozen=True)
class Score:
    """A metric of one experiment."""

    values: dict[int, float]
    """By seed; a seed without the number is missing."""
    mean: float
    sd: float | None
    """The sample standard deviation (n - 1); none from a single seed."""
    best_epoch: float | None
    """Where it is the best value over the epochs: the epoch it was reached in, on average."""
    difference: Difference | None
    """None for the first experiment, and where it is not comparable or has no seed in common with that."""
    comparable: bool
    """False where it is another loss than the first experiment's."""
    best_possible: float | None = None
    """What the true law of generated data scores on the same examples; none where it is not known."""


@dataclass(frozen=True)
class ComparedMetric:
    """A metric of every experiment."""

    name: str
    scores: tuple[Score | None, ...]
    """In the order of the experiments; none where no run has the number."""


@dataclass(frozen=True)
class Comparison:
    """What is known of several experiments; the first one is what the others are held against."""

    experiments: tuple[Compared, ...]
    differing: tuple[str, ...]
    """The keys of the settings that are not the same in all of them."""
    telling: tuple[str, ...]
    """The same, but the defaults that come with another type: beside `optimizer.type`, no `optimizer.beta_1`."""
    metrics: tuple[ComparedMetric, ...]


def compare(runs: Sequence[Run], metrics: Sequence[str] = (), sort: str | None = None) -> Comparison:
    """Compare the experiments of these runs, in the order of their appearance.

    Runs that neither finished nor diverged are left out.

    Args:
        runs: All runs of all experiments.
        metrics: What to compare. Unless said: the metrics of the heads on the validation split (last and best) and on
            the test split, that of the first one in training and the gap between both, the validation loss and the
            seconds.
        sort: The metric whose best mean comes first (the lowest, where neither way is better); compared too.

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
    settings = [experiment.settings for experiment in experiments]
    differing = _differing(settings)
    return Comparison(
        experiments,
        differing,
        _telling(settings, differing),
        tuple(ComparedMetric(name, _scores(experiments, name)) for name in dict.fromkeys(chosen)),
    )


def difference(first: dict[int, float], other: dict[int, float], metric: str) -> Difference | None:
    """`other - first` over the seeds that both have; none where they share no seed."""
    seeds = first.keys() & other.keys()
    if not seeds:
        return None
    pairs = [other[seed] - first[seed] for seed in sorted(seeds)]
    mean = statistics.fmean(pairs)
    if len(pairs) == 1:
        return Difference(mean, 1, None, None)

    from scipy.special import stdtrit  # scipy.stats would give the same in a second more.

    n = len(pairs)
    sd = statistics.stdev(pairs)
    if sd <= 4 * sys.float_info.epsilon * max(map(abs, [*first.values(), *other.values()])):
        sd = 0.0  # The pairs differ by the same up to the rounding of the subtraction.
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sd / n**0.5
    interval = (mean - half, mean + half)
    return Difference(mean, n, interval, _verdict(interval, metric))


def _verdict(interval: tuple[float, float], metric: str) -> Verdict | None:
    higher = higher_is_better(metric)
    if higher is None:
        return None
    low, high = interval
    if low <= 0 <= high:
        return "no clear difference"
    return "better" if (low > 0) == higher else "worse"


def comparable(a: Compared, b: Compared, metric: str) -> bool:
    """Whether a metric measures the same in both: not a loss where the losses are not the same function."""
    quantity = quantity_of(metric)
    if quantity == "loss":
        return _loss(a) == _loss(b)
    target = quantity.removesuffix("_loss")
    return target == quantity or _target_loss(a, target) == _target_loss(b, target)


def _loss(experiment: Compared) -> dict[str, Any]:
    """What makes its loss; a key that is off (null, 0) is as one that an older record lacks."""
    return {
        key: value
        for key, value in experiment.settings.items()
        if value and (_is_of_head(key, (*_LOSS_KEYS, *_SUM_KEYS)) or "regularizer" in key)
    }


def _target_loss(experiment: Compared, target: str) -> dict[str, Any]:
    """What makes the loss of one of several targets, which is recorded without weight and penalties."""
    own = f"head.heads.{target}."
    return {
        key: value
        for key, value in experiment.settings.items()
        if value and key.startswith(own) and _is_of_head(key, _LOSS_KEYS)
    }


def _is_of_head(key: str, names: Sequence[str]) -> bool:
    head, _, name = key.rpartition(".")
    return name in names and (head == "head" or head.startswith("head.heads.")) and key != "head.weight"


def _sorted(experiments: Sequence[Compared], metric: str) -> tuple[Compared, ...]:
    """The best mean first; last, those without the number."""
    means = {
        experiment.label: statistics.fmean(values.values())
        for experiment in experiments
        if (values := _by_seed(experiment, metric))
    }
    with_mean = [experiment for experiment in experiments if experiment.label in means]
    if not all(comparable(with_mean[0], other, metric) for other in with_mean):
        raise UserError(f"--sort {metric}: not the same loss in all experiments; sort by a metric that is")
    sign = -1 if higher_is_better(metric) else 1
    return tuple(sorted(experiments, key=lambda experiment: sign * means.get(experiment.label, sign * float("inf"))))


def _experiments(runs: Iterable[Run]) -> tuple[Compared, ...]:
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.status == "finished" or run.has_diverged:
            # The identity holds the data and the training code, but not the version of TensorFlow.
            groups.setdefault((run.experiment, run.tensorflow), []).append(run)
    settings = [_settings(group[0]) for group in groups.values()]
    labels = _labels([group[0] for group in groups.values()], settings)
    return tuple(
        _compared(label, group, of_group)
        for label, group, of_group in zip(labels, groups.values(), settings, strict=True)
    )


def _compared(label: str, group: Sequence[Run], settings: dict[str, Any]) -> Compared:
    finished = {
        seed: run
        for seed in sorted({run.seed for run in group})
        if (run := latest(run for run in group if run.seed == seed and run.status == "finished"))
    }
    return Compared(
        label,
        tuple(dict.fromkeys(run.name for run in group)),
        group[0].experiment,
        settings,
        finished,
        tuple(sorted({run.seed for run in group} - finished.keys())),
    )


def _settings(run: Run) -> dict[str, Any]:
    return flatten(compared(run.config)) | {
        "data digest": str(run.record.get("data_digest", "unknown"))[:PREFIX_LENGTH],
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
    """What a component at this path of a config has unless said otherwise, by dotted key; nothing where unknown."""
    # model.kernel_regularizer: regularizers; head.heads.digit, one of several: heads
    around, _, last = path.rpartition(".")
    kind = "heads" if around == "head.heads" else last.rpartition("_")[2] + "s"
    component = registry.components(kind).get(type_name) if kind in registry.KINDS else None
    return flatten({path: component.model_construct(type=type_name).model_dump()}) if component else {}


def _value(run: Run, column: str) -> float | None:
    if column.startswith(GAP):
        return _gap(run, column.removeprefix(GAP))
    value = run.record.get(column) if column in _OF_THE_RUN else run.metrics.get(column)
    return None if value is None or value != value else float(value)  # NaN alone differs from itself.


def _gap(run: Run, metric: str) -> float | None:
    """How much worse the test split scores than the training data did in the epoch whose weights the model has."""
    higher, trained, tested = higher_is_better(metric), _value(run, metric), _value(run, f"test_{metric}")
    if higher is None or trained is None or tested is None:
        return None
    return trained - tested if higher else tested - trained


def _available(experiments: Sequence[Compared]) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    recorded = dict.fromkeys(column for run in runs for column in run.metrics)
    gaps = (GAP + column.removeprefix("test_") for column in recorded if column.startswith("test_"))
    columns = dict.fromkeys([*recorded, *gaps, *_OF_THE_RUN])
    return [column for column in columns if any(_value(run, column) is not None for run in runs)]


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


def _scores(experiments: Sequence[Compared], metric: str) -> tuple[Score | None, ...]:
    first = _by_seed(experiments[0], metric) if experiments else {}
    scores: list[Score | None] = []
    for experiment in experiments:
        values = _by_seed(experiment, metric)
        same = comparable(experiments[0], experiment, metric)
        to_first = difference(first, values, metric) if same and experiment is not experiments[0] else None
        scores.append(_score(experiment, values, metric, to_first, same) if values else None)
    return tuple(scores)


def _by_seed(experiment: Compared, column: str) -> dict[int, float]:
    values = ((seed, _value(run, column)) for seed, run in experiment.runs.items())
    return {seed: value for seed, value in values if value is not None}


def _score(
    experiment: Compared, values: dict[int, float], metric: str, to_first: Difference | None, same: bool
) -> Score:
    epochs = _by_seed(experiment, f"{metric}_epoch")
    return Score(
        values,
        statistics.fmean(values.values()),
        statistics.stdev(values.values()) if len(values) > 1 else None,
        statistics.fmean(epochs.values()) if epochs else None,
        to_first,
        same,
        _best_possible(experiment, metric),
    )


def _best_possible(experiment: Compared, metric: str) -> float | None:
    # The same data for all seeds: the digest is part of the identity.
    recorded = (run.record.get("best_possible") or {} for run in experiment.runs.values())
    return next((float(scores[metric]) for scores in recorded if scores.get(metric) is not None), None)
