"""What a command asks for against what is recorded: which runs are to be trained, which are done."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dlexp.config.experiment import Experiment
from dlexp.config.identity import identity
from dlexp.config.load import load
from dlexp.errors import DataError
from dlexp.execution import repository
from dlexp.runs.index import Run, diverged, find, grouped, key, readable, smoke_dir
from dlexp.runs.run_dir import UNFINISHED, RunDir
from dlexp.training.job import Illustrate, Job

SMOKE_EPOCHS = 2


@dataclass(frozen=True)
class Request:
    """What a `run` command asks for."""

    experiments: Sequence[Experiment]
    seeds: Sequence[int]
    runs_dir: Path
    data_dir: Path | None = None
    smoke: bool = False
    force: bool = False

    def as_trained(self, experiment: Experiment) -> Experiment:
        """The experiment itself; of two epochs for `smoke`."""
        if not self.smoke:
            return experiment
        training = experiment.training.model_copy(update={"epochs": SMOKE_EPOCHS})
        return experiment.model_copy(update={"training": training})


@dataclass(frozen=True)
class Planned:
    """One run of one experiment."""

    experiment: Experiment
    seed: int
    identity: str
    data_digest: str
    recorded: RunDir | None = None
    """Where it finished before, or diverged before: trained again only with `force`."""
    begun: RunDir | None = None
    """Where it was interrupted, or is under way: gone on with."""
    attempts: Sequence[RunDir] = ()
    """All that is on record of it."""


@dataclass(frozen=True)
class Plan:
    """A request, held against the records."""

    request: Request
    runs: list[Planned]
    """Every experiment with every seed."""
    without_data: list[tuple[Experiment, DataError]]
    """Experiments whose data cannot be had."""

    @cached_property
    def to_train(self) -> list[Planned]:
        """The runs that are not on record."""
        return [planned for planned in self.runs if planned.recorded is None]

    @cached_property
    def done(self) -> list[RunDir]:
        """The runs that are."""
        return [planned.recorded for planned in self.runs if planned.recorded is not None]

    @cached_property
    def begun(self) -> list[RunDir]:
        """Those of them that were interrupted, or are under way."""
        return [planned.begun for planned in self.to_train if planned.begun is not None]

    @cached_property
    def runs_dir(self) -> Path:
        """Where the new records go."""
        return smoke_dir(self.request.runs_dir) if self.request.smoke else self.request.runs_dir

    def jobs(self, illustrate: Illustrate) -> Iterator[Job]:
        """The runs to train, in order: every experiment with every seed. A run's directory is made as it is drawn."""
        provenance = _provenance()
        for planned in self.to_train:
            run_dir = planned.begun or self._directory(planned)
            yield Job(
                planned.experiment.model_copy(update={"name": run_dir.name}),
                planned.seed,
                planned.identity,
                planned.data_digest,
                run_dir.path,
                self.request.data_dir,
                self.request.smoke,
                provenance,
                illustrate,
            )

    def _directory(self, planned: Planned) -> RunDir:
        """A new one; or that of another command, which has begun or even finished the run since the plan was made."""
        place = self.runs_dir, planned.experiment.name, planned.seed, planned.identity
        if self.request.smoke:
            return RunDir.create(*place)
        known = {run_dir.path for run_dir in planned.attempts}
        latest = RunDir.latest(*place)
        return latest if latest and latest.path not in known else RunDir.create(*place, is_shared=True)


def plan(request: Request) -> Plan:
    """Find out what is done already; the same experiment under two names is trained once."""
    found = Plan(request, [], [])
    known: set[tuple[str, int]] = set()
    on_record = {} if request.smoke else grouped(request.runs_dir)
    for experiment in map(request.as_trained, request.experiments):
        try:
            dataset = experiment.dataset
            digest = dataset.sample_digest(request.data_dir) if request.smoke else dataset.digest(request.data_dir)
        except DataError as error:
            found.without_data.append((experiment, error))
            continue
        for seed in request.seeds:
            own = identity(experiment, digest)
            if (own, seed) in known:
                continue
            known.add((own, seed))
            attempts = on_record.get(key(own, seed), [])
            runs = readable(attempts)
            recorded = None if request.force else find(runs, own) or diverged(runs, own)
            begun = max(
                (run.dir for run in runs if run.status in UNFINISHED), key=lambda run_dir: run_dir.attempt, default=None
            )
            found.runs.append(Planned(experiment, seed, own, digest, recorded, begun, attempts))
    return found


def again(runs: Sequence[Run], runs_dir: Path, data_dir: Path | None) -> Plan:
    """Finished runs, all to be trained again as their records say, into another directory.

    Raises:
        DataError: The data of one cannot be had.
    """
    found = Plan(Request([], [], runs_dir, data_dir), [], [])
    for run in runs:
        experiment = load(run.dir.config_path).experiment
        digest = experiment.dataset.digest(data_dir)
        # A directory each, though the attempts at an experiment with a seed would share one.
        name = run.name if run.attempt == 1 else f"{run.name} ({run.attempt})"
        named = experiment.model_copy(update={"name": name})
        found.runs.append(Planned(named, run.seed, identity(experiment, digest), digest))
    return found


def _provenance() -> dict[str, Any]:
    return {"command": shlex.join(["dlexp", *sys.argv[1:]]), "git": repository.state(Path())}
