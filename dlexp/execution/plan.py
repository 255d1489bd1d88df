"""What a command asks for against what is recorded: which runs are to be trained, which are done."""

import itertools
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from dlexp.components import memory, snapshot
from dlexp.components.remarks import Remark
from dlexp.components.training_sets import Fresh
from dlexp.components.validations import RandomSplit
from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION, Identities, code_digest, identities_of
from dlexp.config.load import load_unchecked
from dlexp.config.names import PREFIX_LENGTH
from dlexp.config.needed_memory import RULE, peak_bytes, too_large
from dlexp.errors import DataError, DlexpError, UserError
from dlexp.execution import repository
from dlexp.records.index import SMOKE, Attempts, Run, latest, read, readable, recorded, scan
from dlexp.records.numbering import Numbering
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import UNFINISHED, RunDir
from dlexp.training.after import After
from dlexp.training.job import Candidate, Job

SMOKE_EPOCHS = 2


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
    strict: bool = False
    """Whether data are refused of which it is not certain how they were to be read."""

    def as_trained(self, experiment: Experiment) -> Experiment:
        """The experiment itself; of two epochs for `smoke`."""
        if not self.smoke:
            return experiment
        training = experiment.training.model_copy(update={"epochs": SMOKE_EPOCHS})
        return experiment.model_copy(update={"training": training})


class IdentifiedExperiment(NamedTuple):
    """An experiment, and what its records are known by."""

    experiment: Experiment
    digests: Sequence[str]
    """Of its data: what this version takes, then what earlier versions took."""
    identities: Identities
    """All that stand for it."""
    code_digest: str | None
    """Of the user's code that makes the model; None if no such code does."""


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
    outdated: Run | None = None
    """A record of an earlier version of the training code, where there is none of this one."""
    begun: RunDir | None = None
    """Where it was interrupted, or is under way: resumed."""
    earlier: Run | None = None
    """The last attempt that failed and left a checkpoint: the next one begins with a copy of it."""
    damaged: Run | None = None
    """The last attempt whose record cannot be read."""
    attempts: Sequence[RunDir] = ()
    """All that is on record of it."""

    def record(self, on_record: Attempts) -> Run | None:
        """What stands for it on a later record; None if it neither finished nor diverged."""
        return _standing(self.subject, list(map(read, on_record.of(self.subject.identities, self.seed))))

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
    def to_train(self) -> list[Planned]:
        """The runs that are not on record."""
        return [planned for planned in self.runs if planned.recorded is None]

    @cached_property
    def done(self) -> list[RunDir]:
        """The runs that are."""
        return [planned.recorded for planned in self.runs if planned.recorded is not None]

    @cached_property
    def to_observe(self) -> list[Run]:
        """Those of them that are to be trained again with diagnostics."""
        asked = [each for each in self.runs if self.request.observe and each.subject.experiment.training.diagnostics]
        return unobserved(each.recorded for each in asked if each.recorded)

    @cached_property
    def runs_dir(self) -> Path:
        """Where the new records go."""
        return self.request.runs_dir / SMOKE if self.request.smoke else self.request.runs_dir

    def jobs(self, after: Sequence[After] = ()) -> Iterator[Job]:
        """The runs to train, in order: every experiment with every seed. A run's directory is made as it is drawn."""
        provenance = {"command": shlex.join(["dlexp", *sys.argv[1:]]), "git": repository.state(Path())}
        numbering = Numbering(self.runs_dir)
        for planned in self.to_train:
            run_dir = planned.begun or self._directory(planned, numbering)
            yield Job(
                **vars(self._candidate(planned)),
                identity=planned.identity,
                path=run_dir.path,
                provenance={**provenance, "submitted": _submitted(planned.begun)},
                after=after,
                earlier=planned.earlier.dir.path if planned.earlier else None,
                earlier_digests=tuple(planned.subject.digests[1:]),
            )

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


def plan(request: Request) -> Plan:
    """Find out what is done already.

    The same experiment under two names is trained once, under the first one; with diagnostics if one of them asks.

    Raises:
        Changed: A file was replaced while its digest was taken.
    """
    found = Plan(request, [], [])
    runs: dict[tuple[str, int], Planned] = {}
    on_record = Attempts() if request.smoke else Attempts(scan(request.runs_dir))
    with snapshot.taken(held_bytes=0):  # However many experiments have the same data.
        for experiment, seeds in request.wanted:
            experiment = request.as_trained(experiment)
            try:
                subject = _subject(experiment, request)
            except DataError as error:
                found.without_data.append((experiment, error))
                found.identities.append("")
                continue
            own = subject.identities.own
            found.identities.append(own)
            for seed in seeds:
                known = runs.get((own, seed))
                if known and known.subject.experiment.training.diagnostics >= experiment.training.diagnostics:
                    continue
                name = known.subject.experiment.name if known else experiment.name
                named = subject._replace(experiment=experiment.model_copy(update={"name": name}))
                runs[own, seed] = _planned(named, seed, on_record, request.force)
    found.runs.extend(runs.values())
    return found


def together(plans: Sequence[Plan]) -> Plan:
    """One plan of several that were made at the same time, each run once."""
    runs: dict[tuple[str, int], Planned] = {}
    for planned in (planned for each in plans for planned in each.runs):
        runs.setdefault((planned.subject.identities.own, planned.seed), planned)
    wanted = [pair for each in plans for pair in each.request.wanted]
    allowed = {name: rules for each in plans for name, rules in each.request.allowed.items()}
    return Plan(
        replace(plans[0].request, wanted=wanted, allowed=allowed),
        list(runs.values()),
        [pair for each in plans for pair in each.without_data],
        [identity for each in plans for identity in each.identities],
    )


def _subject(experiment: Experiment, request: Request) -> IdentifiedExperiment:
    """Identify an experiment by its code, and by its data, of which the digest is taken once for all experiments.

    Raises:
        DataError: They cannot be had.
    """
    dataset = experiment.dataset
    # A fresh training set is other data; all others are drawn from the same.
    same = dataset if isinstance(dataset.resample, Fresh) else dataset.model_copy(update={"resample": None})

    def take() -> tuple[str, ...] | DataError:
        try:
            return (dataset.sample_digest(request.data_dir),) if request.smoke else dataset.digests(request.data_dir)
        except DataError as error:
            return error

    digests = snapshot.once(("data set", same.model_dump_json()), take)
    if isinstance(digests, DataError):
        raise digests
    return IdentifiedExperiment(experiment, digests, identities_of(experiment, digests), code_digest(experiment))


def _planned(subject: IdentifiedExperiment, seed: int, on_record: Attempts, force: bool = False) -> Planned:
    identities = subject.identities
    attempts = on_record.of(identities, seed)
    found = sorted(map(read, attempts), key=lambda run: run.dir.folder.attempt, reverse=True)
    runs = [run for run in found if run.status != "damaged"]
    done = None if force else _standing(subject, runs)
    begun = next((run.dir for run in runs if run.status in UNFINISHED), None)
    failed = [run for run in runs if run.status == "failed" and run.identity in identities and run.dir.has_checkpoint]
    return Planned(
        subject=subject,
        seed=seed,
        # What an earlier version began has its identity: in the name of the folder and in the checkpoint.
        identity=next(each for each in identities if begun is None or each.startswith(begun.folder.prefix)),
        recorded=done.dir if done else None,
        remarks=[Remark.of(each) for each in done.result.remarks] if done and done.status == "finished" else (),
        lacks_diagnostics=done is not None and subject.experiment.training.diagnostics and not _is_diagnosed(done),
        outdated=None if runs else _outdated(subject, seed, on_record),
        begun=begun,
        earlier=None if force else latest(failed),
        damaged=next((run for run in found if run.status == "damaged"), None),
        attempts=attempts,
    )


def unobserved(run_dirs: Iterable[RunDir]) -> list[Run]:
    """The finished runs without diagnostics, or with none of the epochs before they were resumed."""
    finished = (run for run in map(read, run_dirs) if run.status == "finished")
    return [run for run in finished if not _is_diagnosed(run) or run.dir.lacks_first_diagnostics]


def _standing(subject: IdentifiedExperiment, runs: Sequence[Run]) -> Run | None:
    """The attempt that stands for a run: one with diagnostics where these are asked for, if there is one."""
    place = subject.identities, subject.experiment.name
    diagnosed = recorded(filter(_is_diagnosed, runs), *place) if subject.experiment.training.diagnostics else None
    return diagnosed or recorded(runs, *place)


def _is_diagnosed(run: Run) -> bool:
    is_on = (run.config.get("training") or {}).get("diagnostics", False) is True
    return is_on or run.dir.repetition.path.is_dir()


def _outdated(subject: IdentifiedExperiment, seed: int, on_record: Attempts) -> Run | None:
    validation = subject.experiment.validation
    meant = [subject.experiment]
    if isinstance(validation, RandomSplit) and validation.stratify == "auto":  # It was false by default.
        unstratified = validation.model_copy(update={"stratify": False})
        meant.append(subject.experiment.model_copy(update={"validation": unstratified}))
    for version, experiment in itertools.product(reversed(range(1, TRAINING_VERSION)), meant):
        identities = identities_of(experiment, subject.digests, version)
        if attempts := on_record.of(identities, seed):
            return recorded(readable(attempts), identities)
    return None


def before_draws(planned: Planned, experiment: Experiment, runs_dir: Path) -> RunDir | None:
    """The record of a run that is to be trained for the first time, of when its config was another experiment."""
    if planned.attempts or planned.recorded:
        return None
    digests, on_record = planned.subject.digests, Attempts(scan(runs_dir))
    identities = [
        identity
        for version in range(1, TRAINING_VERSION + 1)
        for identity in identities_of(experiment, digests, version)
    ]
    return next(iter(reversed(on_record.of(identities, planned.seed))), None)


def require_memory(
    experiments: Iterable[Experiment], allowed: Mapping[str, Sequence[str]], smoke: bool = False
) -> None:
    """Refuse experiments that this machine cannot hold; of a `smoke` run its model alone.

    What their configs allow is by the experiment's name. The estimate is that of the lint's warning.

    Raises:
        UserError: With a line for each of them.
    """
    left = memory.available()
    if left is None:
        return
    lines = []
    for experiment in experiments:
        parts = peak_bytes(experiment, experiment.dataset.info())
        parts = {path: n for path, n in parts.items() if not (smoke and path.startswith("dataset."))}
        found = None if RULE in allowed.get(experiment.name, ()) else too_large(experiment, parts, left)
        if found:
            why = f"{found.why}, and {memory.size(left)} are available; set {found.change} (allow: [{RULE}] to try it)"
            lines.append(f"{experiment.name}: {found.path}: {why}")
    if lines:
        raise UserError(*dict.fromkeys(lines))


def again(
    runs: Sequence[Run], runs_dir: Path, data_dir: Path | None, observe: bool = False
) -> tuple[Plan, dict[Path, str]]:
    """Finished runs, to be trained again as their records say, each into a directory of its own in another place.

    To `observe`, they are trained with diagnostics, and what was begun or has finished there stands.

    Returns:
        The plan, with the runs in their order; and of those that it leaves out, by their directory, why: their data or
        code cannot be had, or are not those that they were trained with.

    Raises:
        Changed: Data were replaced while their digest was taken.
    """
    found = Plan(Request(runs_dir=runs_dir, data_dir=data_dir, repeats=True, observe=observe), [], [])
    left_out: dict[Path, str] = {}
    on_record = Attempts(scan(runs_dir)) if observe else Attempts()
    with snapshot.taken(held_bytes=0):
        for run in runs:
            try:
                found.runs.append(_repeated(run, found.request, on_record))
            except DlexpError as error:
                left_out[run.dir.path] = error.lines[0]
    return found, left_out


def _repeated(run: Run, request: Request, on_record: Attempts) -> Planned:
    experiment = load_unchecked(run.dir.config_path).model_copy(update={"name": run.name})
    if request.observe:
        training = experiment.training.model_copy(update={"diagnostics": True})
        experiment = experiment.model_copy(update={"training": training})
    subject = _subject(experiment, request)
    for then, now, what in (
        (run.record.data_digest, subject.digests, "the data are not those that it was trained on"),
        (run.record.code_digest, [subject.code_digest or "-"], "your own code is not that which it was trained with"),
    ):
        if then and then not in now:
            raise DataError(f"{what} (digest {then[:PREFIX_LENGTH]} then, {now[0][:PREFIX_LENGTH]} now)")
    return _planned(subject, run.seed, on_record)


def _submitted(begun: RunDir | None) -> str:
    """When a run was handed out first: later for each run of a command, so that records keep the order of a grid."""
    with suppress(DamagedRecord):
        if begun and (before := (begun.environment() or {}).get("submitted")):
            return str(before)
    return datetime.now(UTC).isoformat(timespec="microseconds")
