"""What a command asks for against what is recorded: which runs are to be trained, which are done."""

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dlexp.components import snapshot
from dlexp.components.remarks import Remark
from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten
from dlexp.config.identity import compared
from dlexp.config.labels import Labelled, labels
from dlexp.errors import DataError
from dlexp.execution import repository
from dlexp.execution.shorter_runs import DrawnRuns
from dlexp.execution.standing import IdentifiedExperiment, Outdated, standing, unobserved
from dlexp.records.index import SMOKE, Attempts, Run, read
from dlexp.records.numbering import Numbering
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.records.seal import Seal
from dlexp.training.after import After
from dlexp.training.job import Candidate, Job

SMOKE_EPOCHS = 2

#: The own identity of an experiment, and a seed.
Key = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a command asks for."""

    wanted: Sequence[tuple[Experiment, Sequence[int]]] = ()
    """Experiments, each with its seeds."""
    runs_dir: Path
    data_dir: Path | None = None
    smoke: bool = False
    force: bool = False
    repeats: bool = False
    """Whether runs on record are trained again as they were: each into a directory of its own, none of them refused."""
    observe: bool = False
    """Whether finished runs that lack the diagnostics that are asked for are trained again, beside their records."""
    allowed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The rules that a config allows to be broken, by the name of the experiment."""
    changed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The keys that the command sets, by the name of the experiment: they tell it where no other one has the name."""
    strict: bool = False
    """Whether data are refused of which it is not certain how they were to be read."""
    until_sure: int | None = None
    """The most seeds of each experiment, where they are trained only until these tell; None if all are trained."""

    def as_trained(self, experiment: Experiment) -> Experiment:
        """The experiment itself; of two epochs for `smoke`."""
        if not self.smoke:
            return experiment
        training = experiment.training.model_copy(update={"epochs": SMOKE_EPOCHS})
        return experiment.model_copy(update={"training": training})


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One run of one experiment."""

    subject: IdentifiedExperiment
    seed: int
    identity: str
    """Under which it is recorded."""
    recorded: RunDir | None = None
    """Where it finished before, or diverged before: trained again only with `force`."""
    remarks: Sequence[Remark] = ()
    """What that record says of how the data were read."""
    lacks_diagnostics: bool = False
    """Whether it is recorded without the diagnostics that the experiment asks for now."""
    lacks_state: bool = False
    """Whether it is recorded without the final state that the experiment asks to keep now."""
    outdated: Outdated | None = None
    """What an earlier version of the training code left, where there is nothing of this one."""
    begun: RunDir | None = None
    """Where it was interrupted, or is under way: resumed."""
    earlier: Run | None = None
    """The last attempt that failed and left a checkpoint: the next one begins with a copy of it."""
    continues: Run | None = None
    """A finished run of the same experiment with fewer epochs: it begins with the final state that this one kept."""
    from_start: str = ""
    """Why it does not begin with that of any such run; empty if it does, or there is none."""
    damaged: Run | None = None
    """The last attempt whose record cannot be read."""
    attempts: Sequence[RunDir] = ()
    """All that is on record of it."""
    seal: Seal | None = None
    """Who keeps its test scores from readers, if it is trained now."""
    until_sure: int | None = None
    """The most seeds of its experiment, if these are trained only until they tell; None for what the request says."""

    @property
    def key(self) -> Key:
        """What it is, whichever version recorded it."""
        return self.subject.identities.own, self.seed

    def record(self, on_record: Attempts) -> Run | None:
        """What stands for it on a later record; None if it neither finished nor diverged."""
        return standing(self.subject, list(map(read, on_record.of(self.subject.identities, self.seed))))

    @property
    def lost(self) -> str:
        """A damaged record that would have stood for the run, maybe, in a line; empty where there is none."""
        if self.damaged is None or self.recorded or self.begun:
            return ""
        path = self.damaged.dir.path
        why = self.damaged.what.removeprefix(str(path)).lstrip("/: ").replace(": damaged: ", ": ", 1)
        return f"{path}: damaged ({why})"


@dataclass(frozen=True)
class Plan:
    """A request, compared with the records."""

    request: Request
    runs: list[Planned]
    """Every experiment with every seed."""
    without_data: list[tuple[Experiment, DataError]]
    """Experiments whose data cannot be had."""
    identities: list[str] = field(default_factory=list)
    """That of each experiment wanted; empty where its data cannot be had."""

    @cached_property
    def drawn(self) -> dict[Key, RunDir]:
        """The directories of the runs that have been handed out."""
        return {}

    @cached_property
    def labelled(self) -> dict[str, Labelled]:
        """Each experiment with what sets it apart from the others, by what it is called beside them."""
        return dict(zip(self.labels.values(), self._labelled, strict=True))

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each experiment is called beside the others, by its identity."""
        return {each.identity: label for each, label in zip(self._labelled, labels(self._labelled), strict=True)}

    @cached_property
    def _labelled(self) -> list[Labelled]:
        subjects = {each.subject.identities.own: each.subject.experiment for each in self.runs}
        return [
            Labelled(
                name=experiment.name,
                settings=flatten(compared(experiment.model_dump(exclude={"name"}))),
                identity=identity,
                changed=self.request.changed.get(experiment.name, ()),
            )
            for identity, experiment in subjects.items()
        ]

    @cached_property
    def to_train(self) -> list[Planned]:
        """The runs that are not on record."""
        return [planned for planned in self.runs if planned.recorded is None]

    @cached_property
    def done(self) -> list[RunDir]:
        """The runs that are."""
        return [planned.recorded for planned in self.runs if planned.recorded is not None]

    @property
    def is_on_demand(self) -> bool:
        """Whether some of its runs may turn out not to be needed."""
        return self.request.until_sure is not None or any(each.until_sure for each in self.to_train)

    @cached_property
    def to_observe(self) -> list[Run]:
        """Those of them that are to be trained again with diagnostics."""
        asked = [each for each in self.runs if self.request.observe and each.subject.experiment.training.diagnostics]
        return unobserved(each.recorded for each in asked if each.recorded)

    def ended(self, on_record: Attempts) -> dict[str, list[Run]]:
        """By the identity of each experiment what stands for its runs on a later record: finished or diverged ones."""
        runs: dict[str, list[Planned]] = {each.subject.identities.own: [] for each in self.runs}
        for planned in self.runs:
            runs[planned.subject.identities.own].append(planned)
        return {own: list(ended(of_it, on_record)) for own, of_it in runs.items()}

    @cached_property
    def runs_dir(self) -> Path:
        """Where the new records go."""
        return self.request.runs_dir / SMOKE if self.request.smoke else self.request.runs_dir

    def jobs(self, after: Sequence[After] = ()) -> Iterator[Job]:
        """The runs to train, in order: every experiment with every seed. A run's directory is made as it is drawn."""
        as_job = self._as_job(after)
        return map(as_job, self.to_train)

    def jobs_in(self, order: Iterable[Planned | None], after: Sequence[After] = ()) -> Iterator[Job | None]:
        """Those of them that are named one after the other; None as long as that depends on those before."""
        as_job = self._as_job(after)
        return (None if planned is None else as_job(planned) for planned in order)

    def _as_job(self, after: Sequence[After]) -> Callable[[Planned], Job]:
        """What makes a job of a run and notes where it is recorded."""
        provenance: dict[str, Any] = {
            "command": shlex.join(["dlexp", *sys.argv[1:]]),
            "git": repository.state(Path()),
        }
        numbering, drawn = Numbering(self.runs_dir), DrawnRuns()

        def as_job(planned: Planned) -> Job:
            run_dir = self.drawn[planned.key] = planned.begun or self._directory(planned, numbering)
            most_seeds = planned.until_sure or self.request.until_sure
            return Job(
                **vars(self._candidate(planned)),
                identity=planned.identity,
                path=run_dir.path,
                experiment_label=self.labels[planned.subject.identities.own],
                provenance={
                    **provenance,
                    "submitted": _submitted(planned.begun),
                    # An interval over these seeds has to know it.
                    **({"until_sure": most_seeds} if most_seeds else {}),
                },
                after=after,
                earlier=planned.earlier.dir.path if planned.earlier else None,
                shorter=() if self.request.force else _shorter(planned, run_dir, drawn),
                earlier_digests=tuple(planned.subject.digests[1:]),
                seal=planned.seal,
            )

        return as_job

    @property
    def candidates(self) -> dict[str, Candidate]:
        """By identity the experiments to train, each with the first of its seeds that no other process has."""
        found: dict[str, Candidate] = {}
        for planned in self.to_train:
            if (own := planned.subject.identities.own) not in found and not (planned.begun and planned.begun.owner):
                found[own] = self._candidate(planned)
        return found

    def _candidate(self, planned: Planned) -> Candidate:
        subject, experiment = planned.subject, planned.subject.experiment
        if planned.begun:  # Maybe under another name, which its records keep.
            experiment = experiment.model_copy(update={"name": planned.begun.name})
        return Candidate(
            experiment=experiment,
            seed=planned.seed,
            data_digest=subject.digests[0],
            data_dir=self.request.data_dir,
            stand_in=self.request.smoke,
            code_digest=subject.code_digest,
            large_digests=dict(snapshot.large_digests),
            allowed=self.request.allowed.get(subject.experiment.name, ()),
            strict=self.request.strict,
            repeats=self.request.repeats,
        )

    def _directory(self, planned: Planned, numbering: Numbering) -> RunDir:
        """A new one; or that of another command, which has begun or even finished the run since the plan was made."""
        place = planned.subject.experiment.name, planned.seed, planned.identity
        if self.request.smoke or self.request.repeats:
            return numbering.create(*place)
        latest = numbering.latest(*place)
        if latest and latest not in planned.attempts and latest.path.is_dir():
            return latest
        # By its number: another command that begins the run in this moment is to get the same one.
        return numbering.create(*place, attempt=latest.folder.attempt + 1 if latest else 1)


def ended(runs: Iterable[Planned], on_record: Attempts) -> Iterator[Run]:
    """What stands for these runs on a later record, except those that neither finished nor diverged."""
    return filter(None, (planned.record(on_record) for planned in runs))


def together(plans: Sequence[Plan]) -> Plan:
    """One plan of several that were made at the same time, each run once."""
    runs: dict[Key, Planned] = {}
    for planned in (planned for each in plans for planned in each.runs):
        runs.setdefault(planned.key, planned)
    wanted = [pair for each in plans for pair in each.request.wanted]
    allowed = {name: rules for each in plans for name, rules in each.request.allowed.items()}
    return Plan(
        replace(plans[0].request, wanted=wanted, allowed=allowed),
        list(runs.values()),
        [pair for each in plans for pair in each.without_data],
        [identity for each in plans for identity in each.identities],
    )


def _shorter(planned: Planned, run_dir: RunDir, drawn: DrawnRuns) -> list[Path]:
    """The runs with whose final state a run may begin, the longest first: one on record, and those begun before it."""
    found = [*drawn.before(planned.subject, planned.seed, run_dir.path)]
    if on_record := planned.continues:
        found.append((on_record.epochs or 0, on_record.dir.path))
    return [path for _, path in sorted(found, reverse=True)]


def _submitted(begun: RunDir | None) -> str:
    """When a run was handed out first: later for each run of a command, so that records keep the order of a grid."""
    with suppress(DamagedRecord):
        if begun and (before := (begun.environment() or {}).get("submitted")):
            return str(before)
    return datetime.now(UTC).isoformat(timespec="microseconds")
