"""Many runs, one row each."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

from dlexp.format import TableFormat, tabulated
from dlexp.records.index import Run
from dlexp.reports.numbers import fixed, known
from dlexp.reports.run.facts import Standing, standing

_HEADER = ("run", "status", "epochs", "metric", "best", "last", "seconds", "ended")
_COLUMNS = [field.name for field in fields(Standing)]


def render(runs: Sequence[Run], output: TableFormat) -> str:
    """These runs in a format, with a line end after the last line."""
    found = list(map(standing, runs))
    return tabulated(output, _HEADER, map(_cells, found), _COLUMNS, map(asdict, found))


def _cells(run: Standing) -> list[str]:
    return [
        run.run,
        run.status,
        "-" if run.epochs is None else str(run.epochs),
        run.metric or "-",
        known(run.best),
        known(run.last),
        "-" if run.seconds is None else fixed(run.seconds, 1),
        local_time(run.ended) or "-",
    ]


def local_time(iso: str) -> str:
    """A time in ISO format by the clock on the wall, to the minute; as it is where it is no time."""
    try:
        return f"{datetime.fromisoformat(iso).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):  # The first and the last year lie outside in some time zones.
        return iso
