"""How many runs an answer takes that is asked for until it is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from dlexp.format import TableFormat, joined, paragraph, plural, tabulated
from dlexp.reports.plan.pace import TotalTime, expected_time, ground


@dataclass(frozen=True, kw_only=True)
class UntilSureForecast:
    """How many runs there will be."""

    experiments: Sequence[str]
    seeds: range
    """At most."""
    at_least: int
    """The runs that the first look takes."""
    at_most: int
    done: int
    """How many of these are on record."""
    time_at_least: TotalTime
    time_at_most: TotalTime
    workers: int


def render(found: UntilSureForecast, output: TableFormat, width: int) -> str:
    """The forecast in a format, with a line end after the last line."""
    if output == "table":
        return "\n".join(line for text in _said(found) for line in paragraph(text, width)) + "\n"
    row = {
        "experiments": len(found.experiments),
        "first_seed": found.seeds.start,
        "max_seeds": len(found.seeds),
        "runs_at_least": found.at_least,
        "runs_at_most": found.at_most,
        "done": found.done,
        "seconds_at_least": found.time_at_least.seconds,
        "seconds_at_most": found.time_at_most.seconds,
    }
    return tabulated(output, list(row), [list(map(str, row.values()))], list(row), [row])


def _said(found: UntilSureForecast) -> list[str]:
    seeds = f"seeds {found.seeds.start} to {found.seeds[-1]} at most"
    left = found.at_most - found.done
    least, most = expected_time(found.time_at_least), expected_time(found.time_at_most)
    known = [f"{each} at {bound}" for each, bound in ((least, "least"), (most, "most")) if each not in ("", "unknown")]
    times = f"{' and '.join(known)} with {plural(found.workers, 'worker')}" if known else "for how long is not known"
    told = f", {times}{ground(found.time_at_most)}" if left else ""
    return [
        f"{joined(list(found.experiments))}, {seeds}.",
        f"At least {found.at_least} runs, at most {found.at_most}, of which {found.done} are done; "
        f"{left} to train at most{told}.",
        "It ends as soon as each experiment is told from the first one, or given up.",
    ]
