"""Studies, and which runs judge them: a plan for several, of which each has its own part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from dlexp.config.flat import MISSING, format_value
from dlexp.config.identity import settings_of
from dlexp.config.labels import setting, telling
from dlexp.config.load import Loaded
from dlexp.config.load_study import LoadedStudy
from dlexp.config.names import BIAS_VARIANCE
from dlexp.execution import arguments
from dlexp.execution.on_demand import Question
from dlexp.execution.plan import Key, Plan, Planned, Request, ended, together
from dlexp.records.index import Attempts, scan, without_test
from dlexp.records.seal import Seal
from dlexp.reports.bias_variance.facts import Point, point
from dlexp.reports.study.facts import StudyFacts, Tuning, judge
from dlexp.workflows import test_split
from dlexp.workflows.bias_variance import plan_training_sets
from dlexp.workflows.study_questions import questions, variants_asked_of
from dlexp.workflows.train import plan_configs
from dlexp.workflows.tuning import PlannedTuning, at_best, warned

#: `--smoke` trains each variant with this seed.
SMOKE_SEEDS = (0,)


@dataclass(frozen=True, kw_only=True)
class PlannedStudy:
    """A study with the runs that its claims are judged by."""

    study: LoadedStudy
    runs: Mapping[str, Sequence[Planned]]
    """By variant the run of each seed; none if its data cannot be had."""
    training_sets: Mapping[str, Sequence[Planned]]
    """By variant the run on each resampled training set, for the variants of which a claim needs them."""
    without_data: Mapping[str, str]
    """By variant why its data cannot be had, in a line."""
    tuning: PlannedTuning | None = None
    """The runs by which its variants were tuned; None of a study that tunes nothing."""
    untuned: "PlannedStudy | None" = None
    """The same with the variants as they are written; None if they are so here."""
    seal: Seal | None = None
    """What keeps its test scores from readers: it is judged without them, those that are open included."""

    @property
    def planned(self) -> list[Planned]:
        """All runs that judge it."""
        return [run for of_it in (*self.runs.values(), *self.training_sets.values()) for run in of_it]

    @property
    def fights(self) -> "list[PlannedStudy]":
        """It and the same with the variants as they are written, if it tunes them."""
        return [self, self.untuned] if self.untuned else [self]

    @property
    def is_on_demand(self) -> bool:
        """Whether its seeds are trained until they tell."""
        return self.study.study.until_sure is not None

    @property
    def questions(self) -> list[Question]:
        """What its seeds are trained for; none if all of them are trained."""
        return list(questions(self.study, self.runs, self.seal)) if self.is_on_demand else []

    @property
    def by_phase(self) -> dict[str, list[Planned]]:
        """By variant all its runs; of a study that tunes, by variant and phase."""
        own = {name: [*runs, *self.training_sets.get(name, ())] for name, runs in self.runs.items()}
        if self.tuning is None:
            return own
        phases: dict[str, list[Planned]] = {}
        for name, runs in own.items():
            phases[f"{name}, tuning"] = [run for of_point in self.tuning.runs.get(name, ()) for run in of_point]
            phases[f"{name}, with the best"] = runs
            phases[f"{name}, untuned"] = self.untuned.by_phase[name] if self.untuned else []
        return phases

    def opened(self) -> "PlannedStudy":
        """The same with test scores that are open."""
        return replace(self, seal=None, untuned=self.untuned.opened() if self.untuned else None)

    def judged(self, on_record: Attempts) -> StudyFacts:
        """Its claims, judged by what is on record of its runs."""
        facts = self._judged(on_record)
        if self.tuning is None:
            return facts
        missing = self.tuning.missing(on_record)
        untuned = self.untuned.judged(on_record) if self.untuned and not missing else None
        return replace(
            facts,
            is_complete=facts.is_complete and untuned is not None and untuned.is_complete,
            tuning=Tuning(picks=self.tuning.picks(on_record), missing=missing, untuned=untuned),
        )

    def _judged(self, on_record: Attempts) -> StudyFacts:
        # What stands for the best before it is known says nothing of it.
        is_known = self.tuning is None or not self.tuning.missing(on_record)
        runs = {name: list(ended(of_it, on_record)) if is_known else [] for name, of_it in self.runs.items()}
        sets = {name: list(ended(of_it, on_record)) for name, of_it in self.training_sets.items()}
        # Of seeds on demand, the answers know whether they need more.
        counted = [(self.training_sets, sets), *([] if self.is_on_demand else [(self.runs, runs)])]
        is_complete = not self.without_data and all(
            len(of_it) == len(found[name]) for planned, found in counted for name, of_it in planned.items()
        )
        settings, points = self._distinguishing, dict[str, Point]()
        if seal := self.seal:
            runs = {name: [without_test(run, seal) for run in of_it] for name, of_it in runs.items()}
        else:  # Bias and variance are those of the test examples.
            points = {name: point(name, settings[name], of_it) for name, of_it in sets.items() if of_it}
        return judge(self.study, runs, points, self.without_data, is_complete, seal)

    @property
    def _distinguishing(self) -> Mapping[str, dict[str, str]]:
        """By variant the settings in which it differs from others."""
        settings = [settings_of(each.experiment) for each in self.study.variants.values()]
        keys = telling(settings)
        own = (((key, setting(each, key)) for key in keys) for each in settings)
        told = ({key: format_value(value) for key, value in pairs if value is not MISSING} for pairs in own)
        return dict(zip(self.study.variants, told, strict=True))


def plan_studies(
    studies: Sequence[LoadedStudy],
    tunings: Sequence[PlannedTuning | None],
    request: Request,
    *,
    is_preview: bool = False,
) -> tuple[Plan, list[PlannedStudy], dict[str, Loaded]]:
    """A plan of all that judges the studies, each with its own part of that, and the configs by identity.

    A study that tunes is judged with the best of each variant, once that is known, and as it is written.

    Args:
        is_preview: Whether any other point stands for one that is not known yet, to be trained as often.
    """
    on_record = Attempts(scan(request.runs_dir))
    best = [None if each is None else at_best(each, on_record, is_preview=is_preview) for each in tunings]
    fights = [
        fight
        for each, tuning, tuned in zip(studies, tunings, best, strict=True)
        for fight in ([each] if tuning is None else [warned(tuned), warned(each)] if tuned else [])
    ]
    plan, planned, configs = _plan_fights(fights, request)
    parts = iter(planned)
    found = []
    for each, tuning, tuned in zip(studies, tunings, best, strict=True):
        if tuning and not tuned:  # Nothing of it can be judged yet.
            nothing: dict[str, list[Planned]] = {name: [] for name in each.variants}
            seal = test_split.seal_of(each, request.runs_dir)
            found.append(
                PlannedStudy(study=each, runs=nothing, training_sets={}, without_data={}, tuning=tuning, seal=seal)
            )
            continue
        own = next(parts)
        found.append(replace(own, tuning=tuning, untuned=next(parts)) if tuning else own)
    return plan, found, configs


def _plan_fights(
    studies: Sequence[LoadedStudy], request: Request
) -> tuple[Plan, list[PlannedStudy], dict[str, Loaded]]:
    """A plan of the variants of studies with all their seeds, each study with its own part of that."""
    seeds = [_seeds_of(each, request.smoke) for each in studies]
    wanted = [
        (config, of_it[name])
        for each, of_it in zip(studies, seeds, strict=True)
        for name, config in each.variants.items()
    ]
    arguments.require_few_runs(sum(len(of_it) for _, of_it in wanted))
    of_seeds = plan_configs(wanted, request)
    once = {(run.subject.identities.own, run.seed): run for run in of_seeds.runs}
    identities = iter(of_seeds.identities)
    lacking = iter(error.lines[0].splitlines()[0] for _, error in of_seeds.without_data)
    configs = dict(zip(of_seeds.identities, (config for config, _ in wanted), strict=True))
    plans, planned = [of_seeds], []
    for each, of_it in zip(studies, seeds, strict=True):
        of_variant = dict(zip(each.variants, identities, strict=False))
        runs = {name: [once[own, seed] for seed in of_it[name]] if own else [] for name, own in of_variant.items()}
        without_data = {name: next(lacking) for name, own in of_variant.items() if not own}
        training_sets: dict[str, list[Planned]] = {}
        if names := _of_training_sets(each):
            resampled, groups = _plan_training_sets(each, names, request)
            plans.append(resampled)
            training_sets = dict(zip(names, groups, strict=True))
            configs |= {
                run.subject.identities.own: each.variants[name] for name in names for run in training_sets[name]
            }
        seal = None if request.smoke else test_split.seal_of(each, request.runs_dir)
        planned.append(
            PlannedStudy(study=each, runs=runs, training_sets=training_sets, without_data=without_data, seal=seal)
        )
    parts = [(each.study, each.planned) for each in planned]
    return test_split.sealed(_until_sure(together(plans), planned), parts), planned, configs


def _until_sure(plan: Plan, studies: Sequence[PlannedStudy]) -> Plan:
    """The plan whose runs know how many seeds there are at most, where these are trained only until they tell."""
    most: dict[Key, int] = {}
    for each in studies:
        for run in chain(*each.runs.values()) if each.is_on_demand else ():
            most[run.key] = max(most.get(run.key, 0), each.study.study.n_seeds)
    return replace(plan, runs=[replace(run, until_sure=most.get(run.key)) for run in plan.runs])


def _seeds_of(study: LoadedStudy, is_smoke: bool) -> dict[str, Sequence[int]]:
    """By variant the seeds that it is trained with; none of one of whose seeds on demand nothing is asked."""
    if is_smoke:
        return dict.fromkeys(study.variants, SMOKE_SEEDS)
    asked_of = variants_asked_of(study) if study.study.until_sure is not None else study.variants
    return {name: study.study.planned_seeds if name in asked_of else () for name in study.variants}


def _of_training_sets(study: LoadedStudy) -> list[str]:
    """The variants of which a claim needs many training sets."""
    claims = [claim for claim in study.study.claims if claim.needs_training_sets]
    return list(dict.fromkeys(name for claim in claims for name in claim.variants))


def _plan_training_sets(study: LoadedStudy, names: Sequence[str], request: Request) -> tuple[Plan, list[list[Planned]]]:
    """Plan the training sets of these variants as `dlexp bias-variance` does, by which they are trained, too."""
    configs = [study.variants[name] for name in names]
    allowed = {each.experiment.name + BIAS_VARIANCE: each.allowed for each in configs}
    request = replace(request, allowed=allowed)
    experiments = [each.experiment for each in configs]
    return plan_training_sets(experiments, study.study.n_training_sets, study.study.resampling, request)
