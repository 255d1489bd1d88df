"""How long planned runs will take, by the finished ones of this machine."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

from dlexp.execution.plan import Planned
from dlexp.machine import host
from dlexp.records.index import Run
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import about


@dataclass(frozen=True)
class ExpectedTime:
    """How long a run will take."""

    seconds: float
    is_of_same_experiment: bool
    """Whether other seeds of the same experiment tell it; else runs of the same data and kind of model do, by their
    time per epoch."""


class Pace:
    """What the finished runs of this machine tell of the time that others will take."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self._of_experiment: dict[str, list[Run]] = {}
        self._of_kind: dict[str, list[Run]] = {}
        for run in runs:
            self._of_experiment.setdefault(run.identity, []).append(run)
            self._of_kind.setdefault(_kind(run.config), []).append(run)
        self._is_here = cache(_is_of_this_machine)

    def expected(self, planned: Planned) -> ExpectedTime | None:
        """The time of a run; None if no run on record tells it."""
        experiment = planned.subject.experiment
        epochs = experiment.training.epochs
        # What a run takes over from a shorter one is part of the seconds on record, and not trained again.
        left = epochs - (planned.continues.epochs or 0 if planned.continues else 0)
        same = [run for each in planned.subject.identities for run in self._of_experiment.get(each, ())]
        if seconds := [run.result.seconds for run in same if run.result.seconds and self._is_here(run.dir.path)]:
            return ExpectedTime(fmean(seconds) * left / epochs, is_of_same_experiment=True)
        similar = self._of_kind.get(_kind(experiment.model_dump(mode="json")), ())
        per_epoch = [
            run.result.seconds / run.epochs
            for run in similar
            if run.result.seconds and run.epochs and self._is_here(run.dir.path)
        ]
        return ExpectedTime(fmean(per_epoch) * left, False) if per_epoch else None


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
    """What tells the time: ` (3 by other seeds of the same experiment on this machine)`."""
    grounds = [
        (time.same_experiment, "other seeds of the same experiment"),
        (time.same_kind, "runs on the same data"),
    ]
    told = [f"{n} by {what}" for n, what in grounds if n]
    return f" ({', '.join(told)} on this machine)" if told else " (no finished run on the same data on this machine)"


def _kind(config: Mapping[str, Any]) -> str:
    """The data, whichever training set is drawn from them, and the kind of model."""
    dataset = {key: value for key, value in config.get("dataset", {}).items() if key != "resample"}
    return json.dumps([dataset, config.get("model", {}).get("type")], sort_keys=True)


def _is_of_this_machine(path: Path) -> bool:
    try:
        environment = RunDir(path).environment()
    except DamagedRecord:
        return False
    return (environment or {}).get("host") == host()
