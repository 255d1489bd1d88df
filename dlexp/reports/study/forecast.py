"""What a study would train, how long that takes on this machine, and what its claims could show."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dlexp.config.load_study import LoadedStudy
from dlexp.config.study import Claim
from dlexp.console import one_line
from dlexp.errors import UserError
from dlexp.execution.plan import Plan, Planned
from dlexp.format import TableFormat, aligned, plural, to_json
from dlexp.reports.numbers import about
from dlexp.reports.plan.pace import Pace, TotalTime, total_time
from dlexp.reports.study.facts import StudyFacts
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.sentences import heading
from dlexp.reports.study.terms import Kind, Term
from dlexp.reports.study.units import unit_of
from dlexp.statistics.paired import LEVEL, MIN_PAIRS, t_quantile
from dlexp.statistics.power import detectable, sd_limits


@dataclass(frozen=True, kw_only=True)
class VariantForecast:
    """The runs of one variant."""

    name: str
    to_train: int
    done: int
    time: TotalTime
    """Of one worker, for the runs to train."""


@dataclass(frozen=True, kw_only=True)
class ClaimForecast:
    """What the runs could show of one number that a claim bounds."""

    claim: Claim
    label: str
    kind: Kind
    detectable: float | None
    """The distance from the bound that is found in 80 % of cases, by the upper limit of the standard deviation of the
    seeds on record; of a ratio as a share. None if fewer than three tell it, and of training sets."""
    n_on_record: int
    """The seeds on record."""


@dataclass(frozen=True, kw_only=True)
class StudyForecast:
    """What one study would do."""

    study: LoadedStudy
    detectable_sd: float | None
    """The distance from its bound at which a number is found in 80 % of cases, in standard deviations over the seeds;
    None without claims on them, and where so few seeds allow no verdict."""
    variants: tuple[VariantForecast, ...]
    claims: tuple[ClaimForecast, ...]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What several studies would do, each run once."""

    studies: tuple[StudyForecast, ...]
    to_train: int
    done: int
    without_data: tuple[str, ...]
    """Why the data of an experiment cannot be had, a line each."""
    workers: int
    time: TotalTime


def forecast(
    plan: Plan, studies: Sequence[tuple[StudyFacts, Mapping[str, Sequence[Planned]]]], pace: Pace, workers: int
) -> Forecast:
    """What studies would do, given what their runs on record say, and by variant all their runs."""
    return Forecast(
        studies=tuple(_study(facts, runs, pace) for facts, runs in studies),
        to_train=len(plan.to_train),
        done=len(plan.done),
        without_data=tuple(f"{experiment.name}: {error.lines[0]}" for experiment, error in plan.without_data),
        workers=workers,
        time=total_time(plan.to_train, pace, workers),
    )


def _study(facts: StudyFacts, runs: Mapping[str, Sequence[Planned]], pace: Pace) -> StudyForecast:
    study = facts.study.study
    can_tell = study.seeds >= MIN_PAIRS and not all(claim.needs_training_sets for claim in study.claims)
    in_sd = detectable(study.seeds, LEVEL / study.n_claims) if can_tell else None
    return StudyForecast(
        study=facts.study,
        detectable_sd=in_sd,
        variants=tuple(_variant(name, of_it, pace) for name, of_it in runs.items()),
        claims=tuple(_claim(judged.claim, term, in_sd) for judged in facts.claims for term in judged.terms),
    )


def _variant(name: str, runs: Sequence[Planned], pace: Pace) -> VariantForecast:
    to_train = [run for run in runs if run.recorded is None]
    done = len(runs) - len(to_train)
    return VariantForecast(name=name, to_train=len(to_train), done=done, time=total_time(to_train, pace))


def _claim(claim: Claim, term: Term, in_sd: float | None) -> ClaimForecast:
    sd = _upper_sd(term)
    size = None if in_sd is None or sd is None or claim.needs_training_sets else in_sd * sd
    if size is not None and term.kind == "ratio":
        size = math.expm1(size)
    return ClaimForecast(claim=claim, label=term.label, kind=term.kind, detectable=size, n_on_record=term.n)


def _upper_sd(term: Term) -> float | None:
    """The upper limit of the standard deviation behind an interval; of a ratio that of its logarithm."""
    if term.interval is None or term.level is None:
        return None
    low, high = map(math.log, term.interval) if term.kind == "ratio" else term.interval
    sd = (high - low) / 2 * term.n**0.5 / t_quantile(1 - term.level / 2, term.n - 1)
    return sd_limits(sd, term.n)[1]


def render(found: Forecast, output: TableFormat, width: int = 80) -> str:
    """As a page or JSON, with a line end after the last line.

    Raises:
        UserError: Another format.
    """
    match output:
        case "table":
            return "\n".join(_lines(found, width)) + "\n"
        case "json":
            return to_json(_document(found))
        case "csv" | "md":
            raise UserError(f"--dry-run prints a page; expected --format table or json, given {output}")


def _document(found: Forecast) -> dict[str, Any]:
    studies = [
        {
            "study": str(each.study.path),
            "seeds": each.study.study.seeds,
            "n_claims": each.study.study.n_claims,
            "detectable_sd": each.detectable_sd,
            "variants": [asdict(variant) for variant in each.variants],
            "claims": [
                {
                    "says": claim.claim.says,
                    "measure": of_claim(claim.claim).name,
                    **{key: getattr(claim, key) for key in ("label", "kind", "detectable", "n_on_record")},
                }
                for claim in each.claims
            ],
        }
        for each in found.studies
    ]
    totals = {key: getattr(found, key) for key in ("to_train", "done", "without_data", "workers")}
    return {"studies": studies, **totals, "time": asdict(found.time)}


def _lines(found: Forecast, width: int) -> Iterator[str]:
    for study in found.studies:
        yield from _wrapped(heading(study.study), width)
        rows = [(f"{each.to_train} to train", f"{each.done} done before", _time(each.time)) for each in study.variants]
        cells = [(f"  {each.name}", *row) for each, row in zip(study.variants, rows, strict=True)]
        yield from (line for row in aligned(cells) for line in _wrapped(row, width))
        for line in _power(study):
            yield from _wrapped(line, width, "  ")
        yield ""
    for line in found.without_data:
        yield from _wrapped(line, width)
    yield from _wrapped(f"{found.to_train} to train, {found.done} done before{_total(found)}.", width)


def _total(found: Forecast) -> str:
    if not found.to_train:
        return ""
    return f"; time with {plural(found.workers, 'worker')}: {_time(found.time)}{_ground(found.time)}"


def _time(time: TotalTime) -> str:
    """`about 3 min`; empty where there is nothing to train."""
    if not time.same_experiment + time.same_kind + time.unknown:
        return ""
    if not time.same_experiment and not time.same_kind:
        return "unknown"
    return f"{about(time.seconds)} and {time.unknown} of unknown time" if time.unknown else about(time.seconds)


def _ground(time: TotalTime) -> str:
    grounds = [
        (time.same_experiment, "other seeds of the same experiment"),
        (time.same_kind, "runs on the same data"),
    ]
    told = [f"{n} by {what}" for n, what in grounds if n]
    return f" ({', '.join(told)} on this machine)" if told else " (no finished run on the same data on this machine)"


def _power(study: StudyForecast) -> Iterator[str]:
    """How far from its bound a number has to be to be told from it."""
    seeds, m = study.study.study.seeds, study.study.study.n_claims
    of_sets = sum(each.claim.needs_training_sets for each in study.claims)
    if of_sets < len(study.claims):
        if study.detectable_sd is None:
            yield f"{plural(seeds, 'seed')} allow no verdict; at least {MIN_PAIRS} are needed."
        else:
            yield (
                f"{seeds} seeds show a distance from the bound of {study.detectable_sd:.2f} standard deviations "
                f"in 80 % of cases, at a level of {LEVEL}{f' / {m}' if m > 1 else ''}."
            )
    if of_sets:
        yield "What the training sets can show is known once they are trained."
    sizes = [
        f"  {of_claim(each.claim).name}, {each.label}: {unit_of(each.claim, each.kind).distance(each.detectable)}, "
        f"by {each.n_on_record} seeds on record"
        for each in study.claims
        if each.detectable is not None
    ]
    yield from dict.fromkeys(sizes)  # Several claims may be about the same number.


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    line = indent + one_line(text)
    if len(line) <= width:
        return [line]
    deeper = line[: len(line) - len(line.lstrip())] + "  "
    return textwrap.wrap(line.strip(), width, initial_indent=deeper[2:], subsequent_indent=deeper)
