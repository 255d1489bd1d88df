"""What studies would do as a page of any width, or JSON."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dlexp.console import one_line
from dlexp.errors import UserError
from dlexp.format import TableFormat, aligned, plural, to_json
from dlexp.reports.numbers import about
from dlexp.reports.plan.pace import TotalTime
from dlexp.reports.study.forecast import Forecast, StudyForecast
from dlexp.reports.study.measures import of_claim
from dlexp.reports.study.sentences import heading
from dlexp.reports.study.units import unit_of
from dlexp.statistics.paired import LEVEL, MIN_PAIRS


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
            "goal_detectable_sd": each.goal_detectable_sd,
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
    totals = {key: getattr(found, key) for key in ("to_train", "done", "to_observe", "without_data", "workers")}
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
    again = f", {found.to_observe} of these to be trained again with diagnostics" if found.to_observe else ""
    yield from _wrapped(f"{found.to_train} to train, {found.done} done before{again}{_total(found)}.", width)


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
            yield _shown(seeds, "distance from the bound", study.detectable_sd, m)
    if of_sets:
        yield "What the training sets can show is known once they are trained."
    if study.goal_detectable_sd is not None:
        goal = study.study.study.goal
        yield _shown(seeds, f"difference in {goal}", study.goal_detectable_sd, len(study.variants) - 1)
    sizes = [
        f"  {of_claim(each.claim).name}, {each.label}: {unit_of(each.claim, each.kind).distance(each.detectable)}, "
        f"by {each.n_on_record} seeds on record"
        for each in study.claims
        if each.detectable is not None
    ]
    yield from dict.fromkeys(sizes)  # Several claims may be about the same number.


def _shown(seeds: int, what: str, in_sd: float, n: int) -> str:
    level = f"{LEVEL}{f' / {n}' if n > 1 else ''}"
    return f"{seeds} seeds show a {what} of {in_sd:.2f} standard deviations in 80 % of cases, at a level of {level}."


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    line = indent + one_line(text)
    if len(line) <= width:
        return [line]
    deeper = line[: len(line) - len(line.lstrip())] + "  "
    return textwrap.wrap(line.strip(), width, initial_indent=deeper[2:], subsequent_indent=deeper)
