"""What trying changes would train, as a page or JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from dlexp.errors import UserError
from dlexp.execution.plan import Plan
from dlexp.format import TableFormat, paragraph, plural, to_json
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.plan.pace import TotalTime, expected_time, ground, recorded_pace, total_time
from dlexp.statistics.ratchet import FRESH_SEEDS


@dataclass(frozen=True, kw_only=True)
class SideForecast:
    """What an incumbent, or a change to it, would train at most."""

    change: str
    """Empty of the incumbent itself."""
    remark: str
    """Why it would not be screened; empty if it would."""
    to_train: int
    done: int
    time: TotalTime


@dataclass(frozen=True, kw_only=True)
class TriesForecast:
    """What the screening of changes over the present incumbent would train at most."""

    incumbent: str
    """Its name."""
    by: str
    max_seeds: int
    sides: tuple[SideForecast, ...]
    """The incumbent, then each change."""
    to_train: int
    done: int
    to_confirm: int
    """The runs of both sides that each change would take that is better."""
    workers: int
    time: TotalTime


def forecast(
    incumbent: str, by: str, max_seeds: int, changes: Sequence[tuple[str, str, str]], plan: Plan, workers: int
) -> TriesForecast:
    """What the screening of changes would train.

    Args:
        incumbent: Its name.
        by: The column that decides.
        max_seeds: The most seeds of each side.
        changes: The identity of each change, its text, and why it would not be screened; first of them the incumbent.
        plan: All runs of what would be screened.
        workers: Runs trained at the same time.
    """
    pace = recorded_pace(plan)
    sides = []
    for own, change, remark in changes:
        runs = [] if remark else [each for each in plan.runs if each.subject.identities.own == own]
        to_train = [each for each in runs if each.recorded is None]
        time = total_time(to_train, pace)
        done = len(runs) - len(to_train)
        sides.append(SideForecast(change=change, remark=remark, to_train=len(to_train), done=done, time=time))
    return TriesForecast(
        incumbent=incumbent,
        by=by,
        max_seeds=max_seeds,
        sides=tuple(sides),
        to_train=len(plan.to_train),
        done=len(plan.done),
        to_confirm=2 * FRESH_SEEDS,
        workers=workers,
        time=total_time(plan.to_train, pace, workers),
    )


def render(found: TriesForecast, output: TableFormat, width: int = 80) -> str:
    """As a page or JSON, with a line end after the last line.

    Raises:
        UserError: Another format.
    """
    if output == "json":
        return to_json(asdict(found))
    if output != "table":
        raise UserError(f"--dry-run prints a page; expected --format table or json, given {output}")
    return "\n".join(_lines(found, width)) + "\n"


def _lines(found: TriesForecast, width: int) -> Iterator[str]:
    tried = plural(len(found.sides) - 1, "change")
    heading = f"{found.incumbent}: {tried}, screened by {found.by} with at most {found.max_seeds} seeds each"
    yield from paragraph(heading, width, below="  ")
    yield ""
    cells = list(zip(*map(_cells, found.sides), strict=True))
    headers = ("change", "to train at most", "done before", "time at most")
    columns = [FittedColumn(header=header, cells=of_it) for header, of_it in zip(headers, cells, strict=True)]
    yield from fitted(columns, width).lines
    yield ""
    for side in found.sides:
        if side.remark:
            yield from paragraph(f"{side.change}: {side.remark}.", width, below="  ")
    time = f"; time with {plural(found.workers, 'worker')}: {expected_time(found.time)}" if found.to_train else ""
    told = f"At most {found.to_train} to train, {found.done} done before{time}{ground(found.time) if time else ''}."
    yield from paragraph(told, width, below="  ")
    more = f"Each change that is better is confirmed by {found.to_confirm} new runs; the next ones are laid over it."
    yield from paragraph(more, width, below="  ")


def _cells(side: SideForecast) -> tuple[str, str, str, str]:
    return side.change or "(the incumbent)", str(side.to_train), str(side.done), expected_time(side.time) or "-"
