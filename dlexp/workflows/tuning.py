"""The first phase of studies that tune: their points are trained on seeds of their own, and each variant gets one."""

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from dlexp.config.budget import NTrained, by_settings
from dlexp.config.experiment import Experiment
from dlexp.config.flat import flatten
from dlexp.config.identity import compared
from dlexp.config.load import Loaded
from dlexp.config.load_study import LoadedStudy
from dlexp.errors import DataError
from dlexp.execution import arguments
from dlexp.execution.plan import Plan, Planned, Request, ended
from dlexp.format import plural
from dlexp.records.index import Attempts, finished
from dlexp.reports.study.picks import Pick, pick
from dlexp.workflows import test_split
from dlexp.workflows.runner import Runner, Trained
from dlexp.workflows.train import carry_out, plan_configs

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlannedTuning:
    """The runs by which the variants of a study are tuned."""

    study: LoadedStudy
    runs: Mapping[str, Sequence[Sequence[Planned]]]
    """By variant those of each point; a variant whose data cannot be had is missing."""

    @property
    def all_runs(self) -> list[Planned]:
        """Those of all points of all variants."""
        return [run for points in self.runs.values() for of_point in points for run in of_point]

    def missing(self, on_record: Attempts) -> dict[str, int]:
        """By variant how many of its runs have no result, where some have none."""
        lacking = {
            name: sum(run.record(on_record) is None for of_point in points for run in of_point)
            for name, points in self.runs.items()
        }
        return {name: n for name, n in lacking.items() if n}

    def picks(self, on_record: Attempts) -> dict[str, Pick]:
        """By variant the point that it gets, once all runs of all variants have ended; none before."""
        if self.missing(on_record):
            return {}
        found = {}
        for name, of_points in self.runs.items():
            points = zip(self.study.points[name], of_points, strict=True)
            scored = [(point.values, list(ended(runs, on_record))) for point, runs in points]
            found[name] = pick(name, self.study.study, self.study.tune_by, scored)
        return found


def plan_tuning(
    studies: Sequence[LoadedStudy], request: Request
) -> tuple[Plan, list[PlannedTuning | None], dict[str, Loaded]]:
    """A plan of all tuning runs of studies, each study with its own part of it, and the configs by identity.

    A study that tunes nothing has no part, and no study has one where that is a smoke test.

    Raises:
        UserError: As `plan_configs`.
    """
    points = [
        (each, point.config)
        for each in studies
        if not request.smoke
        for of_it in each.points.values()
        for point in of_it
    ]
    wanted = [(config, each.study.tuning_seeds) for each, config in points]
    arguments.require_few_runs(sum(len(seeds) for _, seeds in wanted))
    plan = plan_configs(wanted, request)
    once = {run.key: run for run in plan.runs}
    identities = iter(plan.identities)
    planned: list[PlannedTuning | None] = []
    for each in studies:
        if request.smoke or not each.points:
            planned.append(None)
            continue
        runs: dict[str, list[list[Planned]]] = {}
        for name, of_it in each.points.items():
            own = [next(identities) for _ in of_it]
            if all(own):
                runs[name] = [[once[identity, seed] for seed in each.study.tuning_seeds] for identity in own]
        planned.append(PlannedTuning(study=each, runs=runs))
    parts = [(each.study, [run for of_it in each.runs.values() for run in chain(*of_it)]) for each in planned if each]
    configs = dict(zip(plan.identities, (config for _, config in points), strict=True))
    return test_split.sealed(plan, parts), planned, configs


def carry_out_tuning(plan: Plan, configs: Mapping[str, Loaded], runner: Runner) -> Trained | None:
    """Train what is missing of the first phase; None if there is no such phase."""
    if not plan.request.wanted:
        return None
    log.info(f"tuning first, by {plural(len(plan.runs), 'run')} on seeds of their own:")
    trained = carry_out(plan, configs, runner, counts_done=True)
    log.info("then the runs that judge, with the best of each and untuned:")
    return trained


def at_best(tuning: PlannedTuning, on_record: Attempts, *, is_preview: bool) -> LoadedStudy | None:
    """The study with each variant at its best point; one whose data cannot be had stays as it is written.

    None as long as a tuning run is missing; in a preview another point than the one that is written stands for it.
    """
    study, picks = tuning.study, tuning.picks(on_record)
    indices = {name: each.index for name, each in picks.items()}
    if tuning.missing(on_record):
        if not is_preview:
            return None
        indices = {name: _other_point(study, name) for name in tuning.runs}
    best = {name: study.points[name][i].config for name, i in indices.items()}
    return replace(study, variants={**study.variants, **best})


def warned(study: LoadedStudy) -> LoadedStudy:
    """The study without what is unwise in its variants and was said when they were tuned."""
    said = {warning for points in study.points.values() for each in points for warning in each.config.warnings}
    left = {
        name: replace(each, warnings=[warning for warning in each.warnings if warning not in said])
        for name, each in study.variants.items()
    }
    return replace(study, variants=left)


def _other_point(study: LoadedStudy, variant: str) -> int:
    """The first point of a variant that is not the variant as it is written."""
    written = _unnamed(study.variants[variant].experiment)
    return next(i for i, each in enumerate(study.points[variant]) if _unnamed(each.config.experiment) != written)


def _unnamed(experiment: Experiment) -> dict[str, Any]:
    return experiment.model_dump(exclude={"name"})


def recorded_counts(request: Request) -> NTrained:
    """How many examples an experiment trains on, by its settings, or else by a run on the same data on record."""
    on_record = functools.cache(lambda: finished(request.runs_dir))

    def n_trained(experiment: Experiment) -> int | None:
        known = by_settings(experiment)
        if known is not None:
            return known
        try:
            digests = experiment.dataset.digests(request.data_dir)
        except DataError:  # The run that would tell how many there are says so.
            return None
        wanted = _on_data(experiment.model_dump(mode="json"))
        counts = (
            run.result.examples.get("train")
            for run in reversed(on_record())
            if run.record.data_digest in digests and _on_data(run.config) == wanted
        )
        return next((n for n in counts if n), None)

    return n_trained


def _on_data(config: dict[str, Any]) -> dict[str, Any]:
    """The settings that say which examples train."""
    settings = flatten(compared(config))
    return {key: value for key, value in settings.items() if key.startswith(("dataset.", "validation."))}
