"""Bias and variance: experiments on many training sets each, and their error on the test split decomposed."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from dlexp.components.training_sets import Resampling
from dlexp.config.checks import check
from dlexp.config.experiment import Experiment
from dlexp.config.fitting import require_fitting
from dlexp.config.grid import values_in
from dlexp.config.names import BIAS_VARIANCE
from dlexp.config.resampled import resampled
from dlexp.errors import UserError
from dlexp.execution.plan import Plan, Planned, Request
from dlexp.execution.planning import plan
from dlexp.records.index import Attempts, scan
from dlexp.reports.bias_variance.facts import MIN_TRAINING_SETS, Point, point
from dlexp.workflows.runner import Given, Runner, Trained

log = logging.getLogger(__name__)


def bias_variance(given: Given, n: int, kind: Resampling | None, runner: Runner) -> tuple[list[Point], Trained]:
    """Train each experiment on `n` training sets, and decompose its error.

    Returns:
        The error of each experiment whose data can be had, and what was trained.

    Raises:
        UserError: As `train`; there are too few training sets, or the data of an experiment cannot be resampled so.
        DataError: As `Runner.carry_out`.
    """
    loaded = given.load(1 if given.smoke else n)
    require_fitting(loaded, given.data_dir)
    allowed = {each.experiment.name + BIAS_VARIANCE: each.allowed for each in loaded}
    request = Request(runs_dir=given.runs_dir, data_dir=given.data_dir, smoke=given.smoke, allowed=allowed)
    planned, groups = plan_training_sets([each.experiment for each in loaded], n, kind, request)
    if planned.done:
        log.info(f"{len(planned.done)} of {len(planned.runs)} runs done before")
    configs = {run.subject.identities.own: each for each, group in zip(loaded, groups, strict=True) for run in group}
    started = runner.carry_out(planned, configs)
    on_record = Attempts(scan(planned.runs_dir))
    points = [
        point(each.experiment.name, values_in(each.sources), runs)
        for each, group in zip(loaded, groups, strict=True)
        if (runs := [found for run in group if (found := run.record(on_record))])  # What is damaged, the plan has said.
    ]
    return points, Trained(plan=planned, results=[*planned.done, *started])


def plan_training_sets(
    experiments: Sequence[Experiment], n: int, kind: Resampling | None, request: Request
) -> tuple[Plan, list[list[Planned]]]:
    """Plan `n` training sets for each experiment: by default fresh ones if the distribution is known, else bootstrap.

    Training set i is trained with seed i: what varies is the draw of the data and what training itself draws, initial
    weights and the order of the examples (the joint variance of Neal et al., 2018, A modern take on the bias-variance
    tradeoff in neural networks).

    Returns:
        A plan of all runs, each once; and for each experiment its runs, none if its data cannot be had.
    """
    if n < MIN_TRAINING_SETS:
        raise UserError(f"resamples: expected at least {MIN_TRAINING_SETS} training sets, given {n}")
    n = MIN_TRAINING_SETS if request.smoke else n
    wanted = [(each, [seed]) for experiment in experiments for seed, each in enumerate(_resampled(experiment, n, kind))]
    planned = plan(replace(request, wanted=wanted))
    once = {(each.subject.identities.own, each.seed): each for each in planned.runs}
    groups = [
        [once[identity, seed] for seed, identity in enumerate(planned.identities[start : start + n]) if identity]
        for start in range(0, len(wanted), n)
    ]
    # Data that cannot be had are lacking for all training sets of an experiment: named once.
    return replace(planned, without_data=planned.without_data[::n]), groups


def _resampled(experiment: Experiment, n: int, kind: Resampling | None) -> list[Experiment]:
    experiments = list(resampled(experiment, n, kind))
    if problems := check(experiments[0]):
        raise UserError(*(f"{experiment.name}: {path}: {message}" for path, message in problems))
    return experiments
