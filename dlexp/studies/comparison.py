"""Experiments against each other: runs grouped over seeds, and what their scores allow to say."""

import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dlexp.components.metrics import METRICS, higher_is_better
from dlexp.config.flat import differences, flatten, format_value
from dlexp.errors import UserError, did_you_mean
from dlexp.runs.index import Run, latest
from dlexp.runs.run_dir import PREFIX_LENGTH

Verdict = Literal["better", "worse", "no clear difference"]

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
    """None for the first experiment, and without a seed in common with it."""


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
    metrics: tuple[ComparedMetric, ...]


def compare(runs: Sequence[Run], metrics: Sequence[str] = ()) -> Comparison:
    """Compare the experiments of these runs, in the order of their appearance.

    Runs that neither finished nor diverged are left out. Without `metrics`: the metrics of the heads on the
    validation split (last and best) and on the test split, the validation loss and the seconds.

    Raises:
        UserError: A metric that no run has.
    """
    experiments = _experiments(runs)
    available = _available(experiments)
    for metric in metrics:
        if metric not in available:
            raise UserError(
                f"--metric {metric}: no run recorded it.{did_you_mean(metric, available)} "
                f"Choose from: {', '.join(available)}"
            )
    chosen = list(dict.fromkeys(metrics)) or [name for name in _defaults(experiments) if name in available]
    return Comparison(
        experiments,
        _differing([experiment.settings for experiment in experiments]),
        tuple(ComparedMetric(name, _scores(experiments, name)) for name in chosen),
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
    quantity = metric.removeprefix("best_").removeprefix("val_").removeprefix("test_")
    if quantity != "loss" and quantity not in METRICS:
        return None
    low, high = interval
    if low <= 0 <= high:
        return "no clear difference"
    return "better" if (low > 0) == higher_is_better(metric) else "worse"


def _experiments(runs: Iterable[Run]) -> tuple[Compared, ...]:
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        if run.status == "finished" or run.has_diverged:
            # The identity holds the data and the training code, but not the version of TensorFlow.
            groups.setdefault((run.identity, run.tensorflow), []).append(run)
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
        group[0].identity,
        settings,
        finished,
        tuple(sorted({run.seed for run in group} - finished.keys())),
    )


def _settings(run: Run) -> dict[str, Any]:
    return flatten(run.config) | {
        "data digest": str(run.record.get("data_digest", "unknown"))[:PREFIX_LENGTH],
        "training version": run.record.get("training_version", "unknown"),
        "TensorFlow": run.tensorflow,
    }


def _labels(firsts: Sequence[Run], settings: Sequence[dict[str, Any]]) -> list[str]:
    """The names; where several experiments have one name, with what sets them apart."""
    namesakes: dict[str, list[dict[str, Any]]] = {}
    for run, own in zip(firsts, settings, strict=True):
        namesakes.setdefault(run.name, []).append(own)
    apart = {name: _differing(of_name) for name, of_name in namesakes.items()}
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


def _value(run: Run, column: str) -> float | None:
    value = run.record.get(column) if column in _OF_THE_RUN else run.metrics.get(column)
    return None if value is None or value != value else float(value)  # NaN alone differs from itself.


def _available(experiments: Sequence[Compared]) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    columns = dict.fromkeys([*(column for run in runs for column in run.metrics), *_OF_THE_RUN])
    return [column for column in columns if any(_value(run, column) is not None for run in runs)]


def _defaults(experiments: Sequence[Compared]) -> list[str]:
    runs = [run for experiment in experiments for run in experiment.runs.values()]
    metrics = list(dict.fromkeys(metric for run in runs for metric in run.head_metrics))
    validation = [name for metric in metrics for name in (f"val_{metric}", f"best_val_{metric}")]
    return [*validation, "val_loss", *(f"test_{metric}" for metric in metrics), "seconds"]


def _scores(experiments: Sequence[Compared], metric: str) -> tuple[Score | None, ...]:
    values = [_by_seed(experiment, metric) for experiment in experiments]
    return tuple(
        _score(experiment, of_one, metric, difference(values[0], of_one, metric) if position else None)
        if of_one
        else None
        for position, (experiment, of_one) in enumerate(zip(experiments, values, strict=True))
    )


def _by_seed(experiment: Compared, column: str) -> dict[int, float]:
    values = ((seed, _value(run, column)) for seed, run in experiment.runs.items())
    return {seed: value for seed, value in values if value is not None}


def _score(experiment: Compared, values: dict[int, float], metric: str, to_first: Difference | None) -> Score:
    epochs = _by_seed(experiment, f"{metric}_epoch")
    return Score(
        values,
        statistics.fmean(values.values()),
        statistics.stdev(values.values()) if len(values) > 1 else None,
        statistics.fmean(epochs.values()) if epochs else None,
        to_first,
    )
