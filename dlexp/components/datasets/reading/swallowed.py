"""Rows that a quoted cell has swallowed: its quotation mark was a character of a text, or its second one is missing."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from dlexp.components.data import Array, Frame
from dlexp.components.datasets.reading.first_row import is_number
from dlexp.components.datasets.reading.lines import BREAK, SPACES, Marks

#: So many rows say what the cells of a column look like.
N_LOOKED_AT = 1000
#: Delimiters that stand in texts too.
_IN_TEXTS = (",", ";", SPACES)
#: A column has few different words up to this share of its rows.
_FEW = 0.2


@dataclass(frozen=True)
class Swallowed:
    """A cell of several lines of which each looks as a row does."""

    position: int
    """Of its row, from 0."""
    n_lines: int
    n_cells: int
    """How many such cells there are in the table."""
    is_likely: bool
    """Whether their lines look as rows do, not only by the number of delimiters."""


def swallowed(frame: Frame, marks: Marks) -> Swallowed | None:
    """The first cell that has whole rows in it, if there is one.

    Each of its lines has as many delimiters as a row, and in all of them what stands between these looks as the cells
    of a column do: numbers, or one of a few words. Where no column has such cells, the number of delimiters has to do,
    if texts seldom have them, or if there are three columns and lines.
    """
    found = [(i, k) for k in range(frame.shape[1]) for i in _of_many_lines(frame, k, marks)]
    if not found:
        return None
    alike = _recognizers(frame, set(found))
    are_rows = [(i, k) for i, k in found if _are_rows(frame.iat[i, k], k, frame.shape[1], marks, alike)]
    if not are_rows:
        return None
    i, k = min(are_rows)
    n_lines, is_likely = len(BREAK.findall(frame.iat[i, k])) + 1, any(each is not None for each in alike)
    return Swallowed(position=i, n_lines=n_lines, n_cells=len(are_rows), is_likely=is_likely)


def n_within(frame: Frame, pattern: str) -> int:
    """How often something stands in the cells of a table, all together."""
    return sum(int(frame[column].str.count(pattern).sum()) for column in frame.columns)


def _of_many_lines(frame: Frame, k: int, marks: Marks) -> Array:
    """The positions of the cells in a column whose lines have as many delimiters as rows, on the whole."""
    import numpy as np

    cells = frame.iloc[:, k].str
    n_breaks = cells.count(BREAK.pattern).to_numpy()
    positions = np.flatnonzero(n_breaks)
    delimiter = r"[ \t]+" if marks.delimiter == SPACES else re.escape(marks.delimiter)
    n_delimiters = frame.iloc[positions, k].str.count(delimiter).to_numpy()
    found: Array = positions[n_delimiters == (frame.shape[1] - 1) * n_breaks[positions]]
    return found


def _recognizers(frame: Frame, left_out: Collection[tuple[int, int]]) -> list[Callable[[str], bool] | None]:
    """What tells whether a text may be a cell of each column; None for a column in which anything may stand."""
    columns = [enumerate(frame.iloc[:N_LOOKED_AT, k].str.strip()) for k in range(frame.shape[1])]
    kept = ([cell for i, cell in column if cell and (i, k) not in left_out] for k, column in enumerate(columns))
    return [_recognizer(column) for column in kept]


def _recognizer(column: Sequence[str]) -> Callable[[str], bool] | None:
    if not column:
        return None
    if sum(map(is_number, column)) >= 0.9 * len(column):
        return is_number
    words = set(column)
    return words.__contains__ if len(words) <= max(2, _FEW * len(column)) else None


def _are_rows(cell: str, k: int, width: int, marks: Marks, alike: Sequence[Callable[[str], bool] | None]) -> bool:
    """Whether the lines of the cell in column k are each a row: the first from there on, the last up to there."""
    parts = [_divided(line, marks) for line in BREAK.split(cell)]
    (first, *middle, last) = parts
    if len(first) != width - k or len(last) != k + 1 or any(len(part) != width for part in middle):
        return False
    # Of the first and the last row the cell itself is in column k, which may hold any text.
    seen = [*enumerate(first[1:], k + 1), *enumerate(last[:-1])]
    seen += [pair for part in middle for pair in enumerate(part)]
    votes: dict[int, list[bool]] = {}
    for j, text in seen:
        if (is_alike := alike[j]) is not None and text.strip():
            votes.setdefault(j, []).append(is_alike(text.strip()))
    if not votes:
        return marks.delimiter not in _IN_TEXTS or (width > 2 and len(parts) > 2)
    is_denied = any(alike[j] is is_number and not all(of_column) for j, of_column in votes.items())
    return not is_denied and any(map(all, votes.values()))


def _divided(line: str, marks: Marks) -> list[str]:
    return line.split() if marks.delimiter == SPACES else line.split(marks.delimiter)
