"""Studies: train what they lack and judge their claims, or say what that would do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from dlexp.config.load_study import LoadedStudy, load_study
from dlexp.config.problems import ConfigError, Problem
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import at_once
from dlexp.execution.on_demand import OnDemand
from dlexp.execution.plan import Key, Plan, Planned, Request, together
from dlexp.records.index import Attempts, finished, read, scan
from dlexp.records.summary_csv import rebuild
from dlexp.reports.plan.pace import Pace, recorded_pace
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.forecast import Forecast, forecast
from dlexp.workflows import test_split
from dlexp.workflows.planned_study import PlannedStudy, plan_studies
from dlexp.workflows.runner import Runner, Trained
from dlexp.workflows.study_questions import missing_of
from dlexp.workflows.train import carry_out
from dlexp.workflows.tuning import carry_out_tuning, plan_tuning, recorded_counts


@dataclass(frozen=True, kw_only=True)
class Studied:
    """What came of studies."""

    studies: tuple[StudyFacts, ...]
    trained: Trained

    @property
    def came_out(self) -> bool:
        """Whether every claim of every study came out as expected."""
        return all(each.came_out for each in self.studies)


def study(paths: Sequence[Path], request: Request, runner: Runner, *, open_test: bool = False) -> Studied:
    """Train what studies lack, what two of them share once, and judge their claims; tuning comes before.

    Args:
        paths: Their files.
        request: The folders, and how it is trained.
        runner: Trains.
        open_test: Whether the test scores that the studies seal are opened once all runs have ended, for good.

    Raises:
        UserError: With everything that is wrong in the studies and their configs, or does not fit the data; one that is
            to be opened seals nothing.
        Unsettled: The request is strict and refuses data of a run that is done.
        DataError: As `Runner.carry_out`.
        DlexpError: The ledger of a study that seals its test scores cannot be read or written.
    """
    loaded = _loaded(paths, request)
    if open_test:
        test_split.require_sealed(loaded)
    of_points, tunings, at_points = plan_tuning(loaded, request)
    before = carry_out_tuning(of_points, at_points, runner)
    planned, studies, configs = plan_studies(loaded, tunings, request)
    if any(each.is_on_demand for each in studies) and planned.to_observe:
        # Which seeds are needed depends on what is observed.
        observed = carry_out(_observing(planned), configs, runner, counts_done=True)
        before = before.followed_by(observed) if before else observed
        planned, studies, configs = plan_studies(loaded, tunings, request)
    trained = carry_out(planned, configs, runner, counts_done=True, order=_order(planned, studies, runner))
    on_record = Attempts(scan(planned.runs_dir))
    trained = before.followed_by(trained) if before else trained
    if request.smoke:
        return Studied(studies=tuple(each.judged(on_record) for each in studies), trained=trained)
    if open_test:
        for each in studies:
            if each.seal:
                test_split.begin_opening(each.study, each.judged(on_record), request.runs_dir)
    facts = [(each.judged(on_record), each.seal) for each in _opened(studies, request.runs_dir)]
    for found, _ in facts:
        test_split.note_consultations(found, request.runs_dir)
    studied = (replace(each, use_of_test=test_split.use_of_test(each, seal, request.runs_dir)) for each, seal in facts)
    return Studied(studies=tuple(studied), trained=trained)


def _opened(studies: Sequence[PlannedStudy], runs_dir: Path) -> list[PlannedStudy]:
    """The studies as their ledgers have them: once one is opened there, its runs are, too."""
    if sum(test_split.finish_opening(each.study, runs_dir) for each in studies):
        rebuild(runs_dir)
    return [each if test_split.seal_of(each.study, runs_dir) else each.opened() for each in studies]


def _observing(planned: Plan) -> Plan:
    """A plan of those runs alone that are on record and lack what is to be observed."""
    again = {run.dir.path for run in planned.to_observe}
    return replace(planned, runs=[each for each in planned.runs if each.recorded and each.recorded.path in again])


def _order(planned: Plan, studies: Sequence[PlannedStudy], runner: Runner) -> Iterator[Planned | None] | None:
    """What is trained in any case, then what is needed until the seeds tell; None if all is trained."""
    asked = [question for each in studies for fight in each.fights for question in fight.questions]
    if not asked:
        return None
    on_demand = OnDemand(planned, (), asked, recorded_pace(planned).seconds, waits=runner.wait)
    in_any_case = _in_any_case(planned, studies)
    return chain((run for run in planned.to_train if run.key in in_any_case), on_demand)


def _in_any_case(planned: Plan, studies: Sequence[PlannedStudy]) -> set[Key]:
    """The runs that are trained whatever others tell."""
    fights = [fight for each in studies for fight in each.fights]
    on_demand, fixed = (
        {run.key for fight in fights if fight.is_on_demand is kind for runs in fight.runs.values() for run in runs}
        for kind in (True, False)
    )
    return {run.key for run in planned.runs if run.key not in on_demand or run.key in fixed}


def preview(paths: Sequence[Path], request: Request, workers: int | Auto) -> Forecast:
    """What `study` would train, how long that would take, and what it could show.

    Raises:
        UserError: As `study`.
    """
    loaded = _loaded(paths, request)
    of_points, tunings, _ = plan_tuning(loaded, request)
    planned, studies, _ = plan_studies(loaded, tunings, request, is_preview=True)
    on_record = Attempts(scan(request.runs_dir))
    facts = [each.judged(on_record) for each in studies]
    both = together([of_points, planned])
    needed, optional = _needed(both, studies)
    rows = [
        (of_study, {name: [run for run in runs if run.key in needed] for name, runs in each.by_phase.items()})
        for of_study, each in zip(facts, studies, strict=True)
    ]
    left = replace(both, runs=[run for run in both.runs if run.key in needed])
    n = at_once(workers, [*left.to_train, *_observing(left).runs], request.smoke).n
    return forecast(left, rows, Pace(finished(request.runs_dir)), n, optional)


def _needed(planned: Plan, studies: Sequence[PlannedStudy]) -> tuple[set[Key], set[Key]]:
    """The runs that are on record or may have to be trained, and those of them that may turn out not to be needed."""
    on_record = {run.key: read(run.recorded) for run in planned.runs if run.recorded}
    least, most = _in_any_case(planned, studies) | on_record.keys(), set[Key]()
    for question in (question for each in studies for fight in each.fights for question in fight.questions):
        at_least, at_most = missing_of(question, on_record)
        least |= at_least
        most |= at_most
    return least | most, most - least


def _loaded(paths: Sequence[Path], request: Request) -> list[LoadedStudy]:
    """Every study once, or a ConfigError with the problems of all."""
    found: list[LoadedStudy] = []
    problems: list[Problem] = []
    n_trained = None if request.smoke else recorded_counts(request)
    for path in dict.fromkeys(paths):
        try:
            found.append(load_study(path, n_trained))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(dict.fromkeys(problems))  # Studies of one base have its problems once.
    return list(map(_all_at_once, found)) if request.smoke else found


def _all_at_once(study: LoadedStudy) -> LoadedStudy:
    """The same without seeds on demand: a smoke test judges nothing."""
    return replace(study, study=study.study.model_copy(update={"until_sure": None}))
