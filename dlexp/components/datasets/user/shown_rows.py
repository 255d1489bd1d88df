"""What is kept of test rows to be shown: as lines of text, of which a few are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from dlexp.components.data import Array, Frame
from dlexp.components.datasets.reading.compact import Compact
from dlexp.components.datasets.reading.lines import Marks, cells
from dlexp.components.datasets.user.rows import Rows

#: Parts the cells of rows that are no lines of a file: ASCII's unit separator.
_BETWEEN = "\x1f"


class Shown(Protocol):
    """Rows that can be shown."""

    def shown(self, columns: Sequence[str], texts: Sequence[str], positions: Sequence[int]) -> list[str]:
        """See `Rows.shown`."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Rows as lines of text, each of which is parted when it is shown."""

    path: Path
    text: Array
    """All lines, in bytes of UTF-8."""
    ends: Array
    """Where each ends, `(n,)`."""
    delimiter: str
    names: Sequence[str]
    """What the columns are called."""

    def shown(self, columns: Sequence[str], texts: Sequence[str], positions: Sequence[int]) -> list[str]:
        """See `Rows.shown`."""
        marks = Marks(delimiter=self.delimiter, quote="")
        rows = [cells(self._line(position), marks) for position in positions]
        frame = pd.DataFrame(rows, columns=list(self.names), dtype=str)
        return Rows(self.path, frame).shown(columns, texts, range(len(frame)))

    def _line(self, i: int) -> str:
        start = int(self.ends[i - 1]) if i else 0
        return bytes(self.text[start : self.ends[i]]).decode()


def _lines_of(path: Path, frame: Frame) -> Lines | None:
    """Texts as lines; None if there are other values, or a text has the character that would part them."""
    if not all(isinstance(dtype, pd.StringDtype) for dtype in frame.dtypes):
        return None
    if frame.isna().any(axis=None):
        return None
    columns = [frame.iloc[:, k].to_list() for k in range(frame.shape[1])]
    if any(_BETWEEN in cell for column in columns for cell in column):
        return None
    # A last empty cell: line ends behind a cell are a part of it.
    lines = [f"{_BETWEEN.join(row)}{_BETWEEN}".encode() for row in zip(*columns, strict=True)]
    ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)))
    return _as_lines(path, b"".join(lines), ends, _BETWEEN, [*frame.columns, ""])


def kept(rows: Rows, columns: Sequence[str]) -> Shown:
    """What is kept of rows to show some of their columns: not the whole table."""
    if not isinstance(rows.table, Compact):
        frame = rows.having(lambda name: name in columns).frame
        return _lines_of(rows.path, frame) or Rows(rows.path, frame)
    positions = np.arange(len(rows)) if rows.positions is None else rows.positions
    text, ends = rows.table.lines(positions)
    return _as_lines(rows.path, text, ends, rows.table.layout.marks.delimiter, rows.table.names)


def _as_lines(path: Path, text: bytes, ends: Array, delimiter: str, names: Sequence[str]) -> Lines:
    return Lines(path=path, text=np.frombuffer(text, np.uint8), ends=ends, delimiter=delimiter, names=names)
