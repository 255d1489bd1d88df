"""What stands on record for an experiment with a seed."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dlexp.components.validations import RandomSplit
from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION, Identities, Ingredients, identities_of
from dlexp.records.index import Attempts, Run, read, readable, recorded
from dlexp.records.run_dir import RunDir


@dataclass(frozen=True)
class IdentifiedExperiment:
    """An experiment, and what its records are known by."""

    experiment: Experiment
    digests: Sequence[str]
    """Of its data: what this version takes, then what earlier versions took."""
    identities: Identities
    """All that stand for it."""
    code_digest: str | None
    """Of the user's code that makes the model; None if no such code does."""

    def of_version(self, version: int) -> Ingredients:
        """What its identity would be made of, were it trained by this version of the training code."""
        settings = self.experiment.model_dump(mode="json", exclude={"name"})
        return Ingredients(settings, self.digests[0], version, self.code_digest)

    @cached_property
    def of_earlier_versions(self) -> list[tuple[int, Identities]]:
        """Those under which earlier versions of the training code recorded it, the latest first; of all seeds."""
        validation = self.experiment.validation
        meant = [self.experiment]
        if isinstance(validation, RandomSplit) and validation.stratify == "auto":  # It was false by default.
            unstratified = validation.model_copy(update={"stratify": False})
            meant.append(self.experiment.model_copy(update={"validation": unstratified}))
        versions = reversed(range(1, TRAINING_VERSION))
        found = itertools.product(versions, meant)
        return [(version, identities_of(each, self.digests, version)) for version, each in found]


@dataclass(frozen=True)
class Outdated:
    """What an earlier version of the training code left of a run, which this one does not take."""

    dir: RunDir
    version: int
    is_interrupted: bool = False
    """Whether it neither finished nor diverged."""

    def __str__(self) -> str:
        return f"{'interrupted,' if self.is_interrupted else 'recorded'} by training code {self.version}"

    @property
    def trained(self) -> str:
        """How the run is trained now."""
        return "from the start" if self.is_interrupted else "again"


def standing(subject: IdentifiedExperiment, runs: Sequence[Run]) -> Run | None:
    """The attempt that stands for a run: one with diagnostics where these are asked for, if there is one."""
    place = subject.identities, subject.experiment.name
    diagnosed = recorded(filter(is_diagnosed, runs), *place) if subject.experiment.training.diagnostics else None
    return diagnosed or recorded(runs, *place)


def is_diagnosed(run: Run) -> bool:
    """Whether it has diagnostics, its own or those of a repetition."""
    is_on = (run.config.get("training") or {}).get("diagnostics", False) is True
    return is_on or run.dir.repetition.path.is_dir()


def lacks_state(run: Run) -> bool:
    """Whether it finished without keeping its final state; where early stopping ended it there is none to continue."""
    return run.status == "finished" and not run.result.stopped_epoch and not run.dir.state_path.exists()


def unobserved(run_dirs: Iterable[RunDir]) -> list[Run]:
    """The finished runs without diagnostics, or with none of the epochs before they were resumed."""
    finished = (run for run in map(read, run_dirs) if run.status == "finished")
    return [run for run in finished if not is_diagnosed(run) or run.dir.lacks_first_diagnostics]


def outdated(subject: IdentifiedExperiment, seed: int, on_record: Attempts) -> Outdated | None:
    """What an earlier version of the training code left, the latest that left anything; None if none did."""
    for version, identities in subject.of_earlier_versions:
        if not (attempts := on_record.of(identities, seed)):
            continue
        runs = readable(attempts)
        if ended := recorded(runs, identities):
            return Outdated(ended.dir, version)
        if interrupted := next((run for run in runs if run.status == "interrupted"), None):
            return Outdated(interrupted.dir, version, is_interrupted=True)
    return None
