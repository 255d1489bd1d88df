"""What a command asks for against what is recorded: which runs are to be trained, which are done."""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dlexp.config.experiment import Experiment
from dlexp.config.identity import identity
from dlexp.errors import DataError
from dlexp.runs.index import diverged, find, smoke_dir
from dlexp.runs.run_dir import RunDir
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
    def runs_dir(self) -> Path:
        """Where the new records go."""
        return smoke_dir(self.request.runs_dir) if self.request.smoke else self.request.runs_dir

    def jobs(self, illustrate: Illustrate) -> Iterator[Job]:
        """The runs to train, in order: every experiment with every seed. A run's directory is made as it is drawn."""
        provenance = _provenance()
        for planned in self.to_train:
            run_dir = RunDir.create(self.runs_dir, planned.experiment.name, planned.seed, planned.identity)
            yield Job(
                planned.experiment,
                planned.seed,
                planned.identity,
                planned.data_digest,
                run_dir.path,
                self.request.data_dir,
                self.request.smoke,
                provenance,
                illustrate,
            )


def plan(request: Request) -> Plan:
    """Find out what is done already; the same experiment under two names is trained once."""
    found = Plan(request, [], [])
    known: set[tuple[str, int]] = set()
    for experiment in map(request.as_trained, request.experiments):
        try:
            digest = "stand-in" if request.smoke else experiment.dataset.digest(request.data_dir)
        except DataError as error:
            found.without_data.append((experiment, error))
            continue
        for seed in request.seeds:
            own = identity(experiment, digest)
            if (own, seed) in known:
                continue
            known.add((own, seed))
            earlier = None if request.smoke or request.force else _recorded(request.runs_dir, own, seed)
            found.runs.append(Planned(experiment, seed, own, digest, earlier))
    return found


def _recorded(runs_dir: Path, identity: str, seed: int) -> RunDir | None:
    return find(runs_dir, identity, seed) or diverged(runs_dir, identity, seed)


def _provenance() -> dict[str, Any]:
    return {"command": shlex.join(["dlexp", *sys.argv[1:]]), "git": _git()}


def _git() -> dict[str, Any] | None:
    """The commit of the user's own repository and whether it has uncommitted changes; none where there is none."""
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit.stdout.strip(), "dirty": bool(status.stdout.strip())}
