"""One experiment in a comparison: its runs by seed, and what they recorded by column."""

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, get_args

from dlexp.components.columns import COSTS, Column, Role
from dlexp.config.measurable import CHOOSES_NO_EXAMPLES
from dlexp.records.ended import Finished
from dlexp.records.index import Run
from dlexp.records.seal import is_sealed

T = TypeVar("T")

#: No data set has so many examples or labels; a damaged record may.
_MAX_COUNT = 2**53


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One experiment with the latest finished run of every seed."""

    name: str
    """What it is called without its settings: the first name it was run under, or that of a study's variant."""
    label: str
    """Its name, and where other experiments have the name too, the settings that differ from theirs."""
    names: tuple[str, ...]
    """All names it was run under."""
    identity: str
    settings: dict[str, Any]
    """The config by dotted key, and what else its numbers depend on: data, training code, TensorFlow."""
    data_digest: str
    """Empty where it is not on record."""
    runs: dict[int, Run]
    """By seed, in the order of the seeds."""
    diverged: tuple[int, ...]
    """The seeds that diverged and never finished."""

    @property
    def picked_on_test(self) -> bool:
        """Whether the best epoch was picked on the test data."""
        return any(run.result.picked_on_test for run in self.runs.values())

    @property
    def until_sure(self) -> int | None:
        """The most seeds that it was to be trained with until they told; None if no run was trained so."""
        return max((run.result.until_sure or 0 for run in self.runs.values()), default=0) or None

    @property
    def training_version(self) -> int:
        """That of the training code; 0 if it is not on record."""
        version = self.settings.get("training version")
        return version if isinstance(version, int) else 0

    @cached_property
    def untrained(self) -> str:
        """What it is, whichever version trains it."""
        settings = {key: value for key, value in self.settings.items() if key not in ("training version", "TensorFlow")}
        return repr(sorted(settings.items()))

    def on(self, seeds: Collection[int]) -> "Compared":
        """The same with some of its seeds alone."""
        runs = {seed: run for seed, run in self.runs.items() if seed in seeds}
        return replace(self, runs=runs, diverged=tuple(seed for seed in self.diverged if seed in seeds))

    def is_picked_on_test(self, column: Column) -> bool:
        """Whether a score of a run is that of an epoch which was picked on the test data."""
        return any(run.result.is_picked_on_test(column) for run in self.runs.values())

    def seconds_for(self, seeds: Iterable[int]) -> float | None:
        """How long those of some seeds would train that neither finished nor diverged, as the others did.

        None if that is not on record.
        """
        missing = set(seeds) - self.runs.keys() - set(self.diverged)
        seconds = self.by_seed(Column(quantity="seconds")).values()
        return len(missing) * statistics.fmean(seconds) if seconds else None

    @cached_property
    def recorded_examples(self) -> Mapping[str, Mapping[str, str]] | None:
        """What tells the examples of each role from others, by target, as the runs recorded it.

        None if none did, as those of 0.1.0. Data that differ by seed share nothing with any other experiment.
        """
        found = [digests for run in self.runs.values() if (digests := run.result.split_digests)]
        if any(each != found[0] for each in found):
            return {role: {"": f"{role} of {self.identity}"} for role in get_args(Role)}
        return found[0] if found else None

    @cached_property
    def examples_by_settings(self) -> Mapping[str, Mapping[str, str]]:
        """The same as far as data and settings tell it, for runs that did not record it."""
        found = {}
        for role, prefixes in (("test", ("dataset.",)), ("validation", ("dataset.", "validation."))):
            keys = sorted(
                key for key in self.settings if key.startswith(prefixes) and not CHOOSES_NO_EXAMPLES.match(key)
            )
            settings = [(key, repr(self.settings[key])) for key in keys]
            # Without a digest nothing is known of the data: the examples are this experiment's own.
            found[role] = {"": repr((self.data_digest or self.identity, settings))}
        return found

    def recorded(self, of_result: Callable[[Finished], T | None]) -> T | None:
        """What the first of its runs that knows it says."""
        return next((value for run in self.runs.values() if (value := of_result(run.result)) is not None), None)

    def by_seed(self, column: Column) -> dict[int, float]:
        """A number of each run; a seed whose run lacks it is missing."""
        if column not in self._known:
            values = ((seed, value_of(run.result, column)) for seed, run in self.runs.items())
            self._known[column] = {seed: value for seed, value in values if value is not None}
        return self._known[column]

    @cached_property
    def _known(self) -> dict[Column, dict[int, float]]:
        """The numbers that were asked for: each is, many times."""
        return {}

    def why_missing(self, column: Column) -> str:
        """Why the first run that lacks a number does so; empty if none does, or it did not record why."""
        sources = [column.on("train"), column.on("test")] if column.split == "gap" else [column.last]
        lacking = (run.result for run in self.runs.values() if value_of(run.result, column) is None)
        reasons = (result.missing_scores.get(str(each), "") for result in lacking for each in sources)
        return next(filter(None, reasons), "")

    @property
    def seal(self) -> str:
        """Why the test scores of a run of it are sealed; empty if all are open."""
        reasons = (reason for run in self.runs.values() for reason in run.result.missing_scores.values())
        return next(filter(is_sealed, reasons), "")

    def absence(self, column: Column) -> str:
        """What stands in the place of a number that no run has."""
        reason = self.why_missing(column)
        return "sealed" if is_sealed(reason) else "missing" if reason else "-"

    def step_of(self, column: Column) -> float | None:
        """The distance between two neighbouring values of a column; None if it may take any, or is not known.

        A gap has that of a single number with the rounding errors of both its scores.
        """
        metric = column.metric
        if metric is None or metric.step is None:
            return None
        counts = [self._n_examples(role) for role in (("train", "test") if column.split == "gap" else (column.split,))]
        steps = [metric.step(n, self._n_labels(column.target)) if n else None for n in counts]
        known = [step for step in steps if step is not None]
        return sum(step**2 for step in known) ** 0.5 if len(known) == len(steps) else None

    def _n_examples(self, role: str) -> int | None:
        return self.recorded(lambda result: _count(result.examples.get(role)))

    def _n_labels(self, target: str) -> int | None:
        """How many labels an example of multilabel data has; None of other data, 1 where it is not known."""
        head = f"head.heads.{target}" if target else "head"
        if self.settings.get(f"{head}.type") != "multilabel":
            return None
        names = self.recorded(lambda result: result.class_names)
        names = names.get(target) if isinstance(names, dict) else names
        n_labels = self.settings.get(f"{head}.units") or (len(names) if isinstance(names, list) else 0)
        return _count(n_labels) or 1


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value < _MAX_COUNT else None


def value_of(result: Finished, column: Column) -> float | None:
    """A number of a run, one beside its metrics too; None if there is none.

    A gap is how much worse the test split scores than the training data did in the epoch whose weights the model has.
    """
    if column.split == "gap":
        of_training = column.on("train")
        trained, tested = value_of(result, of_training), value_of(result, column.on("test"))
        if not of_training.is_judged or trained is None or tested is None:
            return None
        return trained - tested if of_training.higher_is_better else tested - trained
    name = str(column)
    value = getattr(result, name) if name in COSTS else result.metrics.get(name)
    return None if value is None or value != value else float(value)  # NaN alone differs from itself.
