"""Control set-ups: whether what their runs say can be trusted."""

import logging
from collections.abc import Iterator, Sequence

from dlexp.components import snapshot
from dlexp.config.fitting import require_fitting
from dlexp.config.load import Loaded
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.planning import identified, require_memory
from dlexp.reports.control.judgement import judge
from dlexp.reports.control.page import ControlledExperiment
from dlexp.training.child import in_child
from dlexp.training.control import control as measure
from dlexp.training.job import Candidate
from dlexp.workflows.runner import Given, say_warnings

log = logging.getLogger(__name__)


def control(given: Given, seed: int) -> Iterator[ControlledExperiment]:
    """Measure and judge the controls of each experiment, one after the other, with one seed; nothing is recorded.

    Raises:
        UserError: With everything that is wrong in the configs, or does not fit the data.
        DataError: Data cannot be had.
    """
    loaded = given.load(1)
    say_warnings(loaded)
    require_fitting(loaded, given.data_dir)
    require_memory([each.experiment for each in loaded], {each.experiment.name: each.allowed for each in loaded})
    for each, candidate in zip(loaded, _candidates(loaded, seed, given), strict=True):
        log.info(f"{each.experiment.name}: short trainings, from some seconds to a minute")
        measured = in_child(measure, candidate)
        yield ControlledExperiment(
            name=each.experiment.name,
            config=str(each.path),
            seed=seed,
            controlled=measured,
            judged=judge(measured, each.allowed),
        )


def _candidates(loaded: Sequence[Loaded], seed: int, given: Given) -> list[Candidate]:
    request = Request(
        runs_dir=given.runs_dir,
        data_dir=given.data_dir,
        allowed={each.experiment.name: each.allowed for each in loaded},
    )
    with snapshot.taken(held_bytes=0):
        subjects = [identified(each.experiment, request) for each in loaded]
    planned = [Planned(subject=subject, seed=seed, identity=subject.identities.own) for subject in subjects]
    return [Plan(request, [each], []).candidates[each.identity] for each in planned]
