"""How long planned runs will take, by the finished ones of this machine."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from dlexp.config.experiment import Experiment
from dlexp.config.names import PREFIX_LENGTH
from dlexp.execution.plan import Plan, Planned
from dlexp.format import plural
from dlexp.machine import host
from dlexp.records.index import Run, read, scan
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import about

#: So many records are read to know the time of a plan: in all, and of one experiment or name.
MOST_READ, MOST_OF_ONE = 200, 5


@dataclass(frozen=True)
class ExpectedTime:
    """How long a run will take."""

    seconds: float
    is_of_same_experiment: bool
    """Whether other seeds of the same experiment tell it; else runs of the same data and kind of model do, by their
    time per epoch: if there are any, those of the same model and batch size."""


class Pace:
    """What the finished runs of this machine tell of the time that others will take: their median.

    The first run of a process imports and compiles what the later ones have, and takes longer.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._of_experiment: dict[str, list[Run]] = {}
        self._alike: dict[str, list[Run]] = {}
        self._is_here = cache(_is_of_this_machine)
        for run in runs:
            self.add(run)

    def add(self, run: Run) -> None:
        """Take one more finished run into account."""
        self._of_experiment.setdefault(run.identity, []).append(run)
        for key in likeness(run.config):
            self._alike.setdefault(key, []).append(run)

    def expected(self, planned: Planned) -> ExpectedTime | None:
        """The time of a run; None if no run on record tells it."""
        experiment = planned.subject.experiment
        epochs = experiment.training.epochs
        # What a run takes over from a shorter one is part of the seconds on record, and not trained again.
        left = epochs - (planned.continues.epochs or 0 if planned.continues else 0)
        same = [run for each in planned.subject.identities for run in self._of_experiment.get(each, ())]
        if seconds := [run.result.seconds for run in same if run.result.seconds and self._is_here(run.dir.path)]:
            return ExpectedTime(median(seconds) * left / epochs, is_of_same_experiment=True)
        for key in likeness_of(experiment):
            per_epoch = [
                run.result.seconds / run.epochs
                for run in self._alike.get(key, ())
                if run.result.seconds and run.epochs and self._is_here(run.dir.path)
            ]
            if per_epoch:
                return ExpectedTime(median(per_epoch) * left, is_of_same_experiment=False)
        return None

    def seconds(self, planned: Planned) -> float | None:
        """The same as a number."""
        expected = self.expected(planned)
        return expected.seconds if expected else None


def recorded_pace(plan: Plan) -> Pace:
    """What the records where a plan's runs go tell of these; of thousands of records the most telling ones are read."""
    return Pace(run for run in map(read, islice(_telling(plan), MOST_READ)) if run.status == "finished")


def _telling(plan: Plan) -> Iterator[RunDir]:
    """Those of the same experiments, then of the same names, then all others, the latest attempts first."""
    names = {each.subject.experiment.name for each in plan.to_train}
    prefixes = {identity[:PREFIX_LENGTH] for each in plan.to_train for identity in each.subject.identities}
    n_read: Counter[tuple[str, str]] = Counter()
    found = sorted(scan(plan.runs_dir), key=lambda each: each.folder.attempt, reverse=True)
    for run_dir in sorted(found, key=lambda each: (each.folder.prefix not in prefixes, each.name not in names)):
        key = run_dir.name, run_dir.folder.prefix if run_dir.folder.prefix in prefixes else ""
        n_read[key] += 1
        if n_read[key] <= MOST_OF_ONE:
            yield run_dir


@dataclass(frozen=True, kw_only=True)
class TotalTime:
    """How long several runs will take together."""

    seconds: float
    """Of those whose time is known."""
    same_experiment: int
    """Runs whose time other seeds of the same experiment tell."""
    same_kind: int
    """Runs whose time runs on the same data, of the same kind of model, tell."""
    unknown: int
    """Runs whose time is not known."""


def total_time(planned: Iterable[Planned], pace: Pace, workers: int = 1) -> TotalTime:
    """How long these runs will take with so many workers, each of them busy to the end, or one with the longest run."""
    expected = list(map(pace.expected, planned))
    known = [each for each in expected if each]
    seconds = [each.seconds for each in known]
    same = sum(each.is_of_same_experiment for each in known)
    return TotalTime(
        seconds=max([sum(seconds) / workers, *seconds]) if seconds else 0.0,
        same_experiment=same,
        same_kind=len(known) - same,
        unknown=len(expected) - len(known),
    )


def expected_time(time: TotalTime) -> str:
    """`about 3 min`; empty where there is nothing to train."""
    if not time.same_experiment + time.same_kind + time.unknown:
        return ""
    if not time.same_experiment and not time.same_kind:
        return "unknown"
    return f"{about(time.seconds)} and {time.unknown} of unknown time" if time.unknown else about(time.seconds)


def ground(time: TotalTime) -> str:
    """What tells the time: ` (3 runs by other seeds of the same experiment on this machine)`."""
    grounds = [
        (time.same_experiment, "other seeds of the same experiment"),
        (time.same_kind, "others on the same data"),
    ]
    told = [f"{plural(n, 'run')} by {what}" for n, what in grounds if n]
    return f" ({', '.join(told)} on this machine)" if told else " (no finished run on the same data on this machine)"


def likeness_of(experiment: Experiment) -> tuple[str, str]:
    """`likeness` of its config."""
    return likeness(experiment.model_dump(mode="json"))


def likeness(config: Mapping[str, Any]) -> tuple[str, str]:
    """What experiments have in common whose epochs take alike, the closest first.

    That is the data, whichever training set is drawn from them, with the model and the batch size, or with its kind.
    """
    dataset = {key: value for key, value in config.get("dataset", {}).items() if key != "resample"}
    model, batch_size = config.get("model", {}), config.get("training", {}).get("batch_size")
    alike = [dataset, model, batch_size], [dataset, model.get("type")]
    return json.dumps(alike[0], sort_keys=True), json.dumps(alike[1], sort_keys=True)


def _is_of_this_machine(path: Path) -> bool:
    try:
        environment = RunDir(path).environment()
    except DamagedRecord:
        return False
    return (environment or {}).get("host") == host()
