"""Rows of a table that are no examples: a header in the middle, sums at the end, rows without any value."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components.data import Array
from dlexp.components.datasets.user.header import NAMELESS
from dlexp.components.datasets.user.labels import number
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark
from dlexp.errors import DataError

#: What a row of sums or means calls itself.
TOTAL = re.compile(
    r"\W*(?:(?:grand|sub)[ -]?)?(?:totals?|sums?|averages?|mean|summe|gesamt|insgesamt|somme|suma|totale)\W*",
    re.IGNORECASE,
)
#: Of fewer numbers the last may be the sum of the others by chance.
MIN_SUMMED = 5
#: In longer tables a row of sums has an empty cell, or one that says so.
MAX_FULL = 20_000
#: So many rows at the end may be sums and means of the others.
MAX_TOTALS = 3
#: Of more rows the first are named.
MAX_NAMED = 5


def without_extra_rows(rows: Rows, *, are_new: bool = False) -> Rows:
    """The rows that are examples, with remarks on those that are none; of new rows, one without values is one.

    Raises:
        DataError: A row has the names of the columns in another order: what follows it stands below wrong names.
    """
    if len(rows.columns) < 2:
        return rows
    empty, headers = np.empty(0, int) if are_new else _where_all(rows, [""]), _headers(rows)
    remarks = [
        *_remark(rows, empty, "empty_row", "no value in any column"),
        *_remark(rows, headers, "repeated_header", "the header again, as where files were joined"),
    ]
    kept = rows
    if remarks:
        kept = rows.take(np.delete(np.arange(len(rows)), np.concatenate([empty, headers])))
    for _ in range(MAX_TOTALS):
        if len(kept) <= MIN_SUMMED or not (what := _total(kept)):
            break
        remarks += _remark(kept, np.array([len(kept) - 1]), "total_row", f"{what}, not an example")
        kept = kept.take(np.arange(len(kept) - 1))
    return replace(kept, remarks=(*rows.remarks, *remarks))


def _headers(rows: Rows) -> Array:
    """The positions of rows that repeat the header."""
    columns = rows.columns
    header = ["" if NAMELESS.fullmatch(column) else _word(column) for column in columns]
    variants = {each for name in columns for each in (name, name.strip(), name.lower(), name.upper(), name.title())}
    found = []
    for i in _where_all(rows, variants | {""}):
        words = [_word(cell) for cell in rows.row(i)]
        if words == header and any(header):
            found.append(i)
        elif sorted(words) == sorted(header):
            raise DataError(
                f"{rows.path}: row {rows.number(i)} is a header with the columns in another order than in the "
                "first line: the rows after it stand below wrong names; join files by the names of their columns"
            )
    return np.array(found, int)


def _total(rows: Rows) -> str:
    """What makes the last row one of sums or means; empty if it is an example as the others."""
    last = rows.row(len(rows) - 1)
    cells = ["" if pd.api.types.is_scalar(cell) and pd.isna(cell) else str(cell).strip() for cell in last]
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(np.float64)
    is_word = [cell != "" and np.isnan(number) for cell, number in zip(cells, numbers, strict=True)]
    if sum(is_word) == 1:
        k = is_word.index(True)
        if TOTAL.fullmatch(cells[k]) and int((rows.at(k) == last[k]).sum()) == 1:
            return f"{cells[k]!r} in column {rows.columns[k]}: a row of sums or means"
    if any(is_word) or ("" not in cells and len(rows) > MAX_FULL):
        return ""
    summed = [k for k, cell in enumerate(cells) if cell]
    return "a row of sums or means" if summed and all(_is_summed(rows, k) for k in summed) else ""


def _is_summed(rows: Rows, k: int) -> bool:
    """Whether the last number of a column is the sum or the mean of those above it."""
    numbers = rows.values(k)
    if numbers is None:
        numbers = pd.to_numeric(rows.at(k), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    above, last = numbers[:-1][np.isfinite(numbers[:-1])], numbers[-1]
    if len(above) < MIN_SUMMED or last == 0 or np.ptp(above) == 0:
        return False
    return any(np.isclose(last, each, rtol=1e-6, atol=0) for each in (above.sum(), above.mean()))


def _where_all(rows: Rows, words: Collection[str]) -> Array:
    """The positions of rows of which every cell is one of these words, or has no value where that is the empty one."""
    positions = np.arange(len(rows))
    for k in range(len(rows.columns)):
        positions = positions[_may_be(rows, k, words, positions)]
        if not len(positions):
            return positions
    for k in range(len(rows.columns)):
        if rows.values(k) is not None:
            positions = positions[_are_among(rows.take(positions).at(k), words)]
    return positions


def _may_be(rows: Rows, k: int, words: Collection[str], positions: Array) -> Array:
    """Which of some cells are one of the words; of numbers, which may be."""
    if (values := rows.values(k)) is not None:
        numbers = [value for word in words if (value := number(word)) is not None]
        found: Array = (np.isnan(values) | np.isin(values, numbers))[positions]
        return found
    if (coded := rows.coded(k)) is not None:
        return _are_among(pd.Series(coded.words, dtype=str), words)[coded.codes[positions]]
    cells = rows.at(k)
    return _are_among(cells if len(positions) == len(rows) else cells.iloc[positions], words)


def _are_among(cells: "pd.Series[Any]", words: Collection[str]) -> Array:
    found: Array = (cells.isin(list(words)) | (cells.isna() & ("" in words))).to_numpy(bool)
    return found


def _remark(rows: Rows, positions: Array, rule: str, found: str) -> Iterator[Remark]:
    if len(positions):
        named = [str(rows.number(i)) for i in positions[:MAX_NAMED]]
        more = f" and {len(positions) - MAX_NAMED} more" if len(positions) > MAX_NAMED else ""
        place = f"{rows.path}: row{'s' * (len(positions) > 1)} {', '.join(named)}{more}"
        yield Remark(rule=rule, place=place, found=f"{found}; left out")


def _word(cell: object) -> str:
    return "" if pd.isna(cell) else str(cell).strip().casefold()
