"""What is kept of test rows to be shown: as lines of text, of which a few are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.reading.compact import Compact
from dlexp.components.datasets.reading.lines import Marks, cells
from dlexp.components.datasets.user.rows import Rows


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
        import pandas as pd

        marks = Marks(delimiter=self.delimiter, quote="")
        rows = [cells(self._line(position), marks) for position in positions]
        frame = pd.DataFrame(rows, columns=list(self.names), dtype=str)
        return Rows(self.path, frame).shown(columns, texts, range(len(frame)))

    def _line(self, i: int) -> str:
        start = int(self.ends[i - 1]) if i else 0
        return bytes(self.text[start : self.ends[i]]).decode()


def kept(rows: Rows, columns: Sequence[str]) -> Shown:
    """What is kept of rows to show some of their columns: not the whole table."""
    if not isinstance(rows.table, Compact):
        return Rows(rows.path, rows.having(lambda name: name in columns).frame)
    positions = np.arange(len(rows)) if rows.positions is None else rows.positions
    lines = rows.table.lines(positions)
    return Lines(
        path=rows.path,
        text=np.frombuffer(b"".join(lines), np.uint8),
        ends=np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines))),
        delimiter=rows.table.layout.marks.delimiter,
        names=rows.table.names,
    )
