"""What studies would train, how long that takes on this machine, and what their claims could show."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.config.load_study import LoadedStudy
from dlexp.execution.plan import Key, Plan, Planned
from dlexp.reports.plan.pace import Pace, TotalTime, total_time
from dlexp.reports.study.answered import Answered, answered
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.looks import has_stopped
from dlexp.reports.study.terms import Term, as_share
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import MIN_PAIRS
from dlexp.statistics.power import detectable, sd_limits


@dataclass(frozen=True, kw_only=True)
class VariantForecast:
    """The runs of one variant."""

    name: str
    to_train: int
    optional: int
    """Of these, how many are not needed if fewer seeds tell."""
    done: int
    to_observe: int
    """Of those that are done, how many are trained again with diagnostics."""
    time: TotalTime
    """Of one worker, for the runs to train and to observe."""


@dataclass(frozen=True, kw_only=True)
class NumberForecast:
    """What the runs could show of one number that a claim or a decision bounds."""

    number: Answered
    detectable: float | None
    """The distance from the bound that is found in 80 % of cases, by the upper limit of the standard deviation of the
    seeds on record; of a ratio as a share. None if fewer than three tell it, of training sets, and if no further seed
    counts."""


@dataclass(frozen=True, kw_only=True)
class StudyForecast:
    """What one study would do."""

    study: LoadedStudy
    detectable_sd: float | None
    """The distance from its bound at which a number is found in 80 % of cases, in standard deviations over the seeds;
    None without claims on them, and where so few seeds allow no verdict."""
    goal_detectable_sd: float | None
    """The same of the goal's difference between a variant and the incumbent; None without a goal, and as before."""
    variants: tuple[VariantForecast, ...]
    numbers: tuple[NumberForecast, ...]
    """Those of claims and decisions."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What several studies would do, each run once."""

    studies: tuple[StudyForecast, ...]
    to_train: int
    optional: int
    """Of these, how many are not needed if fewer seeds tell."""
    done: int
    to_observe: int
    """Of those that are done, how many are trained again with diagnostics."""
    without_data: tuple[str, ...]
    """Why the data of an experiment cannot be had, a line each."""
    workers: int
    time: TotalTime


def forecast(
    plan: Plan,
    studies: Sequence[tuple[StudyFacts, Mapping[str, Sequence[Planned]]]],
    pace: Pace,
    workers: int,
    optional: Collection[Key] = (),
) -> Forecast:
    """What studies would do, given what their runs on record say, and by variant all their runs.

    `optional` are those that are not needed if fewer seeds tell.
    """
    again = {run.dir.path for run in plan.to_observe}
    return Forecast(
        studies=tuple(_study(facts, runs, pace, again, optional) for facts, runs in studies),
        to_train=len(plan.to_train),
        optional=sum(run.key in optional for run in plan.to_train),
        done=len(plan.done),
        to_observe=len(again),
        without_data=tuple(f"{experiment.name}: {error.lines[0]}" for experiment, error in plan.without_data),
        workers=workers,
        time=total_time([*plan.to_train, *_of(plan.runs, again)], pace, workers),
    )


def _of(runs: Iterable[Planned], paths: Container[Path]) -> list[Planned]:
    """Those that are recorded in one of these directories."""
    return [run for run in runs if run.recorded and run.recorded.path in paths]


def _study(
    facts: StudyFacts,
    runs: Mapping[str, Sequence[Planned]],
    pace: Pace,
    again: Container[Path],
    optional: Collection[Key],
) -> StudyForecast:
    study = facts.study.study
    is_over_seeds = not all(claim.needs_training_sets for claim in study.claims)
    in_sd = detectable_by(study.n_seeds, study.levels(study.n_claims)) if is_over_seeds else None
    of_goal = detectable_by(study.n_seeds, study.levels(len(facts.decisions))) if facts.decisions else None
    return StudyForecast(
        study=facts.study,
        detectable_sd=in_sd,
        goal_detectable_sd=of_goal,
        variants=tuple(_variant(name, of_it, pace, again, optional) for name, of_it in runs.items()),
        numbers=tuple(_number(each, in_sd if each.role == "claim" else of_goal) for each in answered(facts)),
    )


def detectable_by(n_seeds: int, level: float | Looks) -> float | None:
    """The difference that so many seeds find in 80 % of cases, in standard deviations; None if they allow no verdict.

    Those that are trained until they tell find it a little more often, in up to 83 % of cases, than the last look alone
    would, although some are given up.
    """
    if n_seeds < MIN_PAIRS:
        return None
    return detectable(n_seeds, level.level(n_seeds) if isinstance(level, Looks) else level)


def _variant(
    name: str, runs: Sequence[Planned], pace: Pace, again: Container[Path], optional: Collection[Key]
) -> VariantForecast:
    to_train, to_observe = [run for run in runs if run.recorded is None], _of(runs, again)
    return VariantForecast(
        name=name,
        to_train=len(to_train),
        optional=sum(run.key in optional for run in to_train),
        done=len(runs) - len(to_train),
        to_observe=len(to_observe),
        time=total_time([*to_train, *to_observe], pace),
    )


def _number(number: Answered, in_sd: float | None) -> NumberForecast:
    sd = None if number.is_over_training_sets or has_stopped(number.term) else _upper_sd(number.term)
    size = None if in_sd is None or sd is None else in_sd * sd
    if size is not None and number.term.kind == "ratio":
        size = as_share(size)
    return NumberForecast(number=number, detectable=size)


def _upper_sd(term: Term) -> float | None:
    """The upper limit of the standard deviation behind an interval; of a ratio that of its logarithm."""
    return None if term.level is None or term.sd is None else sd_limits(term.sd, term.n)[1]
