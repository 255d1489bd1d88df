"""What commands that train share: what they are given, how a plan is carried out, what came of it."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path

from dlexp.components import keras_settings
from dlexp.components.remarks import Remark, said
from dlexp.config.load import Loaded, load_all, replaced
from dlexp.config.names import PREFIX_LENGTH
from dlexp.config.problems import ConfigError
from dlexp.console import one_line
from dlexp.errors import CHECK_ALL, DlexpError, UserError, shown
from dlexp.execution import arguments
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import AtOnce, at_once
from dlexp.execution.engine import Engine
from dlexp.execution.plan import Plan, Planned, together
from dlexp.execution.planning import require_memory
from dlexp.execution.remarking import ALL_SHOWN_BY, Remarking
from dlexp.execution.schedule import Jobs, Watcher, run_all
from dlexp.records.conditions import Condition
from dlexp.records.index import read
from dlexp.records.run_dir import OWN_FILES, RunDir
from dlexp.records.summary_csv import rebuild
from dlexp.records.tags import NO_WORDS, Words
from dlexp.reports.run.asserted import require_recorded
from dlexp.reports.run.curves import CURVES
from dlexp.reports.run.outcome import RunOutcome, outcome
from dlexp.training.after import After, make_missing
from dlexp.training.job import Refusal

log = logging.getLogger(__name__)

#: What every finished run has beside its records. An export is one function, and its place here.
AFTER = (CURVES,)


def own_files() -> frozenset[str]:
    """The names of all files that dlexp writes into the directory of a run."""
    return frozenset((*OWN_FILES, *(each.file for each in AFTER)))


def say_warnings(loaded: Sequence[Loaded], *, strict: bool = False) -> None:
    """Log the warnings of configs, each once; where that is `strict`, refuse them.

    Raises:
        ConfigError: With all of them.
    """
    warnings = dict.fromkeys(warning for each in loaded for warning in each.warnings)
    if strict and warnings:
        raise ConfigError(warnings)
    for line in shown(list(dict.fromkeys(map(str, warnings))), CHECK_ALL):
        log.warning(line)


@dataclass(frozen=True, kw_only=True)
class Given:
    """Configs with overrides and grids, and the folders."""

    configs: Sequence[Path | Loaded]
    overrides: Sequence[str]
    """`KEY=VALUE` each."""
    grids: Sequence[str]
    """`KEY=[A, B]` each."""
    runs_dir: Path
    data_dir: Path | None
    smoke: bool
    warn: Callable[[str], None]
    """Told of every override that a grid replaces."""
    asserted: Sequence[Condition] = ()
    """What the results of all runs are to fulfil."""

    def load(self, runs_each: int) -> list[Loaded]:
        """Every config at every point of the grids, of each of which there are to be so many runs.

        Raises:
            UserError: With all that is wrong in them; they record nothing of what is asserted.
        """
        arguments.require_few_runs(runs_each, len(self.configs), self.grids)
        loaded: list[Loaded] = []
        try:
            loaded = load_all(self.configs, self.overrides, self.grids)
        finally:  # Before a refusal too, whose advice may be to set what a grid has.
            for line in replaced(loaded, self.overrides, self.grids):
                self.warn(line)
        require_recorded(self.asserted, loaded)
        return loaded


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a command that trains has done."""

    plan: Plan
    results: Sequence[RunDir]
    """The runs that were done before, then those that were started."""
    said: Sequence[str] = ()
    """What was logged of runs on record before it began."""
    unsettled: Sequence[Remark] = ()
    """What trainings have found that `--strict` refuses."""
    not_observed: Sequence[str] = ()
    """A line for each finished run that could not be observed, and why."""
    configs: Mapping[str, Loaded] = field(default_factory=dict)
    """That of each experiment, by its identity."""

    def followed_by(self, later: "Trained") -> "Trained":
        """This and what the same command has trained after it."""
        plan = together([self.plan, later.plan])
        # What cannot be had is the same for both.
        lacking = later.plan.without_data or self.plan.without_data
        return Trained(
            plan=replace(plan, without_data=lacking),
            results=list({run_dir.path: run_dir for run_dir in (*self.results, *later.results)}.values()),
            said=[*self.said, *later.said],
            unsettled=[*self.unsettled, *later.unsettled],
            not_observed=[*self.not_observed, *later.not_observed],
            configs={**self.configs, **later.configs},
        )

    @cached_property
    def runs(self) -> list[tuple[Planned, RunDir | None]]:
        """Every run that was asked for, in that order, with its directory; None if it was never started."""
        started = {(run_dir.folder.prefix, run_dir.seed): run_dir for run_dir in self.results}
        return [
            (planned, planned.recorded or started.get((planned.identity[:PREFIX_LENGTH], planned.seed)))
            for planned in self.plan.runs
        ]

    @property
    def titles(self) -> dict[Path, str]:
        """What each run is called beside the others, by its directory."""
        return {run_dir.path: self._title(planned) for planned, run_dir in self.runs if run_dir}

    def _title(self, planned: Planned) -> str:
        return f"{self.plan.labels[planned.subject.identities.own]}, seed {planned.seed}"

    def outcomes(self) -> list[RunOutcome]:
        """What came of each run that was done or started."""
        labels = self.plan.labels
        return [
            outcome(read(run_dir), labels[planned.subject.identities.own]) for planned, run_dir in self.runs if run_dir
        ]

    @property
    def not_started(self) -> list[tuple[str, int]]:
        """The label and the seed of each other run; where there are no data, the name of the experiment."""
        labels, wanted = self.plan.labels, zip(self.plan.request.wanted, self.plan.identities, strict=False)
        without_data = [(each.name, seed) for (each, seeds), identity in wanted if not identity for seed in seeds]
        left = [(labels[each.subject.identities.own], each.seed) for each, run_dir in self.runs if run_dir is None]
        return [*left, *without_data]

    @property
    def labelled_configs(self) -> dict[str, Loaded]:
        """The config of each experiment that was planned, by its label."""
        labels = self.plan.labels
        return {labels[identity]: each for identity, each in self.configs.items() if identity in labels}


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Carries out plans."""

    engine: Callable[[AtOnce], Engine]
    """Makes what trains that many runs at once; asked only if there is something to train."""
    progress: Callable[[Plan, AtOnce], AbstractContextManager[Watcher]]
    """Makes what shows how far the runs of a plan are, of which that many are trained at once."""
    workers: int | Auto = "auto"
    """How many runs are trained at the same time."""
    fail_fast: bool = False
    """Start no further run after one failed."""
    wait: bool = False
    """Wait for runs that other processes train, and take over those whose process ends."""
    needs_all_data: bool = False
    """Train nothing where the data of one experiment cannot be had, instead of the others."""
    words: Words = NO_WORDS
    """The user's own for the runs, those that are done included; no repetition is given any."""

    def carry_out(
        self,
        plan: Plan,
        configs: Mapping[str, Loaded] | None = None,
        after: Sequence[After] = AFTER,
        order: Iterable[Planned | None] | None = None,
    ) -> list[RunDir]:
        """Train what a plan has left to train, rebuild summary.csv, and make what finished runs lack of `after`.

        Args:
            plan: What to train.
            configs: That of each experiment by its identity; None if what cannot be built fails its own run alone.
            after: What finished runs have beside their records.
            order: As `Plan.jobs_in` takes it; by default all that is left to train, in the order of the plan.

        Returns:
            Every run that was started, in that order. A run that failed says so in its records.

        Raises:
            UserError: An experiment needs more memory than there is, or cannot be built; nothing is begun.
            DataError: Data cannot be had, and all are needed; nothing is begun.
        """
        if self.needs_all_data and plan.without_data:
            raise plan.without_data[0][1]
        if order is not None and not (order := _unless_empty(order)):
            plan = replace(plan, runs=[each for each in plan.runs if each.recorded])
        _require_memory(plan)
        for run_dir in plan.done if not plan.request.repeats else ():
            self.words.give(run_dir)
        chosen = self._at_once(plan)
        with self.progress(plan, chosen) as watcher:
            started = self._train(plan, configs, after, order, watcher, chosen) if plan.to_train else []
            for line in shown(list(make_missing([*plan.done, *started], after))):
                log.warning(line)
        return started

    def require_trainable(self, plan: Plan, configs: Mapping[str, Loaded]) -> None:
        """Refuse what cannot be trained, in an engine that is kept for several plans of which this one is made up.

        Raises:
            UserError: An experiment needs more memory than there is, or cannot be built.
        """
        _require_memory(plan)
        if candidates := plan.candidates:
            chosen = self._at_once(plan)
            with self.progress(plan, chosen) as watcher:
                refusals = self.engine(chosen).refusals(list(candidates.values()), watcher.preparing)
                _require_none(refusals, plan, configs)

    def _at_once(self, plan: Plan) -> AtOnce:
        """How many runs of a plan are trained at the same time: no more than it has, else a process starts in vain."""
        chosen = at_once(self.workers, plan.to_train, plan.request.smoke)
        return replace(chosen, n=max(1, min(chosen.n, len(plan.to_train))))

    def _train(
        self,
        plan: Plan,
        configs: Mapping[str, Loaded] | None,
        after: Sequence[After],
        order: Iterable[Planned | None] | None,
        watcher: Watcher,
        chosen: AtOnce,
    ) -> list[RunDir]:
        started: list[RunDir] = []
        words = NO_WORDS if plan.request.repeats else self.words

        def noted(jobs: Jobs) -> Jobs:
            for job in jobs:
                if job:
                    started.append(RunDir(job.path))
                    words.give(RunDir(job.path))
                yield job

        if ignored := keras_settings.ignored():
            log.warning(ignored)
        for planned in plan.to_train:
            if planned.lost:
                log.warning(f"{planned.lost}; training again, into a new directory")
        engine = self.engine(chosen)
        try:
            if configs and (candidates := plan.candidates):
                _require_none(engine.refusals(list(candidates.values()), watcher.preparing), plan, configs)
            jobs = plan.jobs(after) if order is None else plan.jobs_in(order, after)
            run_all(
                noted(jobs), engine, Remarking(watcher, is_single=len(plan.to_train) == 1), self.fail_fast, self.wait
            )
        except KeyboardInterrupt:
            watcher.stopping()
            raise
        finally:
            # Also when all is done: an idle worker has nothing to save, and TensorFlow takes a second to end by itself.
            engine.close(kill=True)
            if started and not (plan.request.smoke or plan.request.repeats):
                try:
                    rebuild(plan.request.runs_dir)
                except DlexpError as error:  # It hides no result: the table is derived from the records.
                    log.warning(str(error))
        return started


def _unless_empty(order: Iterable[Planned | None]) -> Iterable[Planned | None] | None:
    """The same; None if nothing is to be trained, so that nothing is started for it."""
    runs = iter(order)
    first = [*islice(runs, 1)]
    return chain(first, runs) if first else None


def _require_memory(plan: Plan) -> None:
    experiments = [planned.subject.experiment for planned in plan.to_train]
    require_memory(experiments, plan.request.allowed, plan.request.smoke)


def _require_none(refusals: Sequence[Refusal], plan: Plan, configs: Mapping[str, Loaded]) -> None:
    """Raise UserError with a line for each refusal, at its place in a config; how the data were read is logged."""
    of_candidate = {candidate.key: configs[identity] for identity, candidate in plan.candidates.items()}
    remarks = [line for each in refusals for line in map(str, said(each.remarks, each.candidate.allowed))]
    for line in shown(list(dict.fromkeys(remarks)), ALL_SHOWN_BY):
        log.warning(one_line(line))
    lines = [str(of_candidate[each.candidate.key].problem(misfit)) for each in refusals for misfit in each.misfits]
    if lines:
        raise UserError(*dict.fromkeys(lines))
