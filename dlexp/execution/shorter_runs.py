"""Runs of the same experiment with fewer epochs, and with which of them a longer run begins."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION
from dlexp.execution.standing import IdentifiedExperiment
from dlexp.records.index import Attempts, Run, read
from dlexp.training.kept_state import apart_from_epochs, why_not_continued


class Continuation(NamedTuple):
    """How a run begins that has nothing of its own to resume."""

    continues: Run | None = None
    """The run whose final state it begins with."""
    why_not: str = ""
    """Why it begins with none of those that there are; empty where there are none."""


class ShorterRuns:
    """The runs on record of one experiment with fewer epochs."""

    def __init__(self, subject: IdentifiedExperiment, on_record: Attempts) -> None:
        self._subject = subject
        self._on_record = on_record

    def continuation(self, experiment: Experiment, seed: int) -> Continuation:
        """Continue the run with the most epochs whose state can be used; the experiment says what it observes now."""
        training = experiment.training
        if training.schedule.depends_on_epochs and not training.keep_state:
            return Continuation()  # Nothing is on record that it could begin with, and nobody expects it.
        why: list[str] = []
        for run in self._finished(seed):
            if not (why_not := why_not_continued(run, experiment)):
                return Continuation(continues=run)
            why.append(why_not)
        return Continuation(why_not=why[0] if why else "")

    def _finished(self, seed: int) -> list[Run]:
        """Those with a seed: of this training code before those of earlier ones, then the most epochs first."""
        near = self._on_record.of(self._identities, seed)
        return [run for run in map(read, near) if run.status == "finished" and run.identity in self._identities]

    @cached_property
    def _identities(self) -> dict[str, None]:
        fewer = range(self._subject.experiment.training.epochs - 1, 0, -1)
        ingredients = map(self._subject.of_version, range(TRAINING_VERSION, 0, -1))
        return dict.fromkeys(identity for each in ingredients for identity in each.with_epochs(fewer))


class DrawnRuns:
    """The runs of one command that keep their final states, in the order in which they are begun."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, int], list[tuple[int, Path]]] = {}

    def before(self, subject: IdentifiedExperiment, seed: int, path: Path) -> Sequence[tuple[int, Path]]:
        """Note where a run is recorded; the directories of those with fewer epochs that were begun before it."""
        training = subject.experiment.training
        apart = apart_from_epochs(subject.experiment, subject.digests[0], subject.code_digest)
        if apart is None:
            return ()
        noted = self._by_key.setdefault((apart, seed), [])
        found = [(epochs, each) for epochs, each in noted if epochs < training.epochs]
        if training.keep_state:
            noted.append((training.epochs, path))
        return found
