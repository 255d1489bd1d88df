"""What studies would do as a page of any width, or JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dlexp.config.study import Study
from dlexp.errors import UserError
from dlexp.format import TableFormat, aligned, paragraph, plural, to_json
from dlexp.reports.comparison.families import LARGE_EFFECT
from dlexp.reports.plan.pace import expected_time, ground
from dlexp.reports.study.answered import Answered
from dlexp.reports.study.forecast import (
    Forecast,
    NumberForecast,
    StudyForecast,
    VariantForecast,
    detectable_by,
)
from dlexp.reports.study.sentences import heading
from dlexp.statistics.looks import Looks, why_not
from dlexp.statistics.paired import LEVEL, MIN_PAIRS

#: Where seeds are too few, what so many would show.
_MORE_SEEDS = (5, 8, 12, 20, 50)
_N_MORE = 2


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
            "seeds": each.study.study.n_seeds,
            "first_seed": each.study.study.planned_seeds.start,
            "is_until_sure": each.study.study.until_sure is not None,
            "n_claims": each.study.study.n_claims,
            "detectable_sd": each.detectable_sd,
            "goal_detectable_sd": each.goal_detectable_sd,
            "variants": [asdict(variant) for variant in each.variants],
            "numbers": [_number(number) for number in each.numbers],
        }
        for each in found.studies
    ]
    totals = {
        key: getattr(found, key) for key in ("to_train", "optional", "done", "to_observe", "without_data", "workers")
    }
    return {"studies": studies, **totals, "time": asdict(found.time)}


def _number(forecast: NumberForecast) -> dict[str, Any]:
    number, term = forecast.number, forecast.number.term
    return {
        **{"says": number.question, "role": number.role, "measure": number.measure, "label": term.label},
        **{"kind": term.kind, "detectable": forecast.detectable, "n_on_record": term.n},
    }


def _lines(found: Forecast, width: int) -> Iterator[str]:
    for study in found.studies:
        yield from _wrapped(heading(study.study), width)
        yield from (line for row in aligned(map(_cells, study.variants)) for line in _wrapped(row, width))
        for line in dict.fromkeys(_power(study)):  # Several claims may be about the same number.
            yield from _wrapped(line, width, "  ")
        yield ""
    for line in found.without_data:
        yield from _wrapped(line, width)
    again = f", {found.to_observe} of these to be trained again with diagnostics" if found.to_observe else ""
    to_train = _to_train(found)
    yield from _wrapped(f"{to_train}, {found.done} done before{again}{_total(found)}.", width)


def _cells(variant: VariantForecast) -> tuple[str, ...]:
    again = f", {variant.to_observe} again with diagnostics" if variant.to_observe else ""
    return (
        f"  {variant.name}",
        _to_train(variant),
        f"{variant.done} done before{again}",
        _time(variant),
    )


def _to_train(found: VariantForecast | Forecast) -> str:
    """`5 to train`; of seeds that are trained until they tell, `3 to 12 to train`."""
    least = f"{found.to_train - found.optional} to " if found.optional else ""
    return f"{least}{found.to_train} to train"


def _time(found: VariantForecast | Forecast) -> str:
    """`about 20 s`; `at most about 20 s` where not all may be needed."""
    time = expected_time(found.time)
    return f"at most {time}" if found.optional and time not in ("", "unknown") else time


def _total(found: Forecast) -> str:
    if not found.to_train + found.to_observe:
        return ""
    return f"; time with {plural(found.workers, 'worker')}: {_time(found)}{ground(found.time)}"


def _power(study: StudyForecast) -> Iterator[str]:
    """How far from its bound a number has to be to be told from it."""
    asked, claims = study.study.study, study.study.study.claims
    of_sets = any(each.needs_training_sets for each in claims)
    if not all(each.needs_training_sets for each in claims):
        yield _in_sd(asked, study.detectable_sd, "a number", "its bound", asked.n_claims)
    if of_sets:
        yield "What the training sets can show is known once they are trained."
    n_others = len(study.study.variants) - 1
    if asked.goal and n_others:
        yield _in_sd(asked, study.goal_detectable_sd, f"a difference in {asked.goal}", "0", n_others)
    told = [each for each in study.numbers if each.detectable is not None]
    for n in dict.fromkeys(each.number.term.n for each in told):
        yield f"By {plural(n, 'seed')} on record, a number has to be:"
        yield from (_in_units(each.number, each.detectable or 0.0) for each in told if each.number.term.n == n)


def _in_sd(asked: Study, in_sd: float | None, what: str, end: str, n: int) -> str:
    """How many standard deviations a number has to be from its bound; and with more seeds, where these are too few."""
    seeds, at_most = plural(asked.n_seeds, "seed"), "At most " if asked.until_sure is not None else ""
    if in_sd is None:
        return f"{seeds} allow no verdict; at least {MIN_PAIRS} are needed."
    together = f" / {n}" if n > 1 else ""
    how_often = f"in 80 % of cases, at a level of {LEVEL}{together}{' for all looks together' if at_most else ''}"
    told = f"{what} {in_sd:.2f} standard deviations from {end} {how_often}"
    if in_sd <= LARGE_EFFECT:
        return f"{at_most}{seeds} tell {told}."
    more = [f"{k} seeds: {distance:.2f}" for k in _MORE_SEEDS if (distance := _with_seeds(k, asked, n))][:_N_MORE]
    for_all = f" for {n} numbers" if n > 1 else ""
    others = f" ({', '.join(more)})" if more else ""
    return f"{at_most}{seeds} are too few{for_all}: they tell {told}{others}."


def _with_seeds(n_seeds: int, asked: Study, n_numbers: int) -> float | None:
    """How many standard deviations more seeds would tell; None of others, and if there can be no such looks."""
    if n_seeds <= asked.n_seeds:
        return None
    if asked.until_sure is None:
        return detectable_by(n_seeds, LEVEL / n_numbers)
    return None if why_not(n_seeds) else detectable_by(n_seeds, Looks(n_seeds, n_numbers))


def _in_units(number: Answered, distance: float) -> str:
    """How far a number has to be from its bound, by what runs on record tell of it."""
    term, unit = number.term, number.unit
    away = unit.away(distance, term.bound).removesuffix(",")
    hopeless = "" if unit.can_be_away(term.bound, distance) else ", and none can be so far: nothing can be told"
    return f"  {number.measure}, {term.label}: {away}{hopeless}"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    start = indent + text[: len(text) - len(text.lstrip())]
    return paragraph(text.lstrip(), width, start, f"{start}  ")
