"""Tables whose rows come in the order of time: which column says so."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from dlexp.components.data import Array, TimeOrder
from dlexp.components.datasets.user import dates
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.rows import Rows

#: Fewer rows or different times than these may be in order by chance.
_MIN_ROWS, _MIN_TIMES = 10, 4
#: The share of cells that has to be times, and of steps that has to lead the same way.
_MOST = 0.98
#: So many rows, evenly spread, tell whether more are looked at, and so many more of these.
_N_SAMPLED, _N_LOOKED_AT = 50, 20_000
#: Words in the names of columns that hold times as numbers.
_TIME_WORD = re.compile(
    "date|datetime|datum|fecha|times?|timestamp|unix|unixtime|epoch|ts|zeit|uhrzeit|hora|heure|tiempo|temps|created|"
    "day|dia|jour|tag|week|woche|semaine|semana|month|monat|mois|mes|quarter|year|yr|jahr|annee|ano|"
    "hour|stunde|minute|seconds?|secs?|ms",
    re.IGNORECASE,
)
#: The names of columns that hold the parts of a moment, of which the first two have to be there.
_PARTS = [
    re.compile(each, re.IGNORECASE)
    for each in ("year|yr|jahr", "month|mon|mnth|monat", "day|dom|tag", "hour|hr|stunde")
]
#: Seconds, milliseconds, microseconds and nanoseconds since 1970, from 1975 to 2100.
_UNIX = [(1.6e8 * unit, 4.1e9 * unit) for unit in (1, 1e3, 1e6, 1e9)]


def found(rows: Rows, columns: Iterable[str], rules: CellRules) -> TimeOrder | None:
    """The first of these columns by which the rows ascend or descend in time; None if there is none.

    A column is one of times if its cells are dates, or if its name says so and its numbers are moments, or never the
    same. Numbers of rows and ids are none.
    """
    if len(rows) < _MIN_ROWS:
        return None
    if len(rows) > _N_LOOKED_AT:
        rows = rows.take(np.linspace(0, len(rows) - 1, _N_LOOKED_AT).astype(int))
    columns = list(columns)
    for column in columns:
        if way := _direction(Cells(rows, column, rules)):
            return TimeOrder((column,), way > 0)
    parts = [column for pattern in _PARTS for column in columns if pattern.fullmatch(column)]
    if len(parts) < 2 or not _PARTS[0].fullmatch(parts[0]):
        return None
    way = _way(_joined([Cells(rows, column, rules).numbers.values for column in parts]))
    return TimeOrder(tuple(parts), way > 0) if way else None


def _joined(parts: Sequence[Array]) -> Array:
    """One number each in the order of years, then months, days and hours."""
    joined = np.zeros_like(parts[0])
    for part in parts:
        joined = 100 * joined + part
    return joined


def _direction(cells: Cells) -> int:
    """1 where the rows ascend by a column of times, -1 where they descend, else 0."""
    if cells.are_moments:
        return _way(dates.read(cells.given, dates.ISO).values.to_numpy("datetime64[us]").astype(np.float64))
    some = cells.rows.take(np.linspace(0, len(cells.rows) - 1, _N_SAMPLED).astype(int))
    sampled = some.given(cells.column).dropna()
    words = list(dict.fromkeys(sampled.astype(str).str.strip()))
    days = [word for word in words if dates.looks_like_one(word)]
    if len(days) >= max(2, _MOST * len(words) - 1):
        ways = (_way_of_dates(cells.given, sampled, form) for form in _forms(cells, days))
        return next(filter(None, ways), 0)
    return _way_of_numbers(cells) if _is_called_time(cells.column) else 0


def _forms(cells: Cells, days: Sequence[str]) -> list[str]:
    """How dates may be written: of several ways, any may show their order."""
    if form := cells.rules.format_of(cells.column):
        return [form]
    is_iso = dates.read(pd.Series(days, dtype=object), dates.ISO).values.notna().all()
    return [dates.ISO] if is_iso else dates.formats(days)


def _way_of_dates(given: pd.Series, sampled: pd.Series, form: str) -> int:
    """The way of dates in a format: of the sample first, since most columns of dates are in no order."""
    return _way(_seconds(given, form)) if _way(_seconds(sampled, form), least=2) else 0


def _seconds(given: pd.Series, form: str) -> Array:
    return dates.read(given, form).made("seconds")[""]


def _way_of_numbers(cells: Cells) -> int:
    """The way of numbers whose name says that they are times: they are moments, or each is another one."""
    numbers = cells.numbers.values
    known = numbers[np.isfinite(numbers)]
    if len(known) < _MOST * len(numbers) or not len(known):
        return 0
    low, high = known.min(), known.max()
    is_compact = dates.is_compact(f"{low:.0f}") and dates.is_compact(f"{high:.0f}")
    are_moments = is_compact or any(least <= low and high <= most for least, most in _UNIX)
    return _way(numbers) if are_moments or len(np.unique(known)) == len(numbers) else 0


def _is_called_time(column: str) -> bool:
    return any(_TIME_WORD.fullmatch(word) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column))


def _way(times: Array, least: int = _MIN_TIMES) -> int:
    """1 where times hardly ever fall, -1 where they hardly ever rise, else 0; NaN is passed over."""
    known = times[~np.isnan(times)]
    if len(known) < _MOST * len(times) or len(np.unique(known)) < least:
        return 0
    steps = np.diff(known)
    for way in (1, -1):
        if (steps * way >= 0).mean() >= _MOST and (known[-1] - known[0]) * way > 0:
            return way
    return 0
