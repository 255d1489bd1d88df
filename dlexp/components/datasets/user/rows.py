"""Rows of the user's own tables: each value with its place, what counts as missing, which rows train and which test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlexp.components.data import Array, Frame
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.user.labels import Coded
from dlexp.components.remarks import Remark

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.components.datasets.reading.compact import Column, Compact


@dataclass(frozen=True)
class Rows:
    """Rows of one file, which are counted from 1, and the columns of it that are left."""

    path: Path
    table: "Frame | Compact"
    remarks: tuple[Remark, ...] = ()
    """How the file was read."""
    positions: "Array | None" = field(default=None, kw_only=True)
    """Which rows of the table they are, from 0; None for all."""
    left: Sequence[int] | None = field(default=None, kw_only=True)
    """Which of its columns they have; None for all."""

    def __len__(self) -> int:
        return len(self.table) if self.positions is None else len(self.positions)

    @cached_property
    def compact(self) -> "Compact | None":
        """The table, if it is kept in little memory."""
        from dlexp.components.datasets.reading.compact import Compact

        return self.table if isinstance(self.table, Compact) else None

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns."""
        names = list(self._frame.columns) if self.compact is None else self.compact.names
        return names if self.left is None else [names[k] for k in self.left]

    @property
    def numbers(self) -> Array:
        """Where each row stands in its file, from 1, `(n,)`."""
        import numpy as np

        return np.arange(1, len(self) + 1) if self.positions is None else self.positions + 1

    @property
    def _frame(self) -> Frame:
        """The table, if it is a frame."""
        frame: Any = self.table
        return frame

    def _k(self, i: int) -> int:
        """Where the i-th column stands in the table."""
        return i if self.left is None else self.left[i]

    def given(self, column: str) -> "pd.Series[Any]":
        """The cells of a column as they were read."""
        return self.at(self.columns.index(column))

    def at(self, i: int) -> "pd.Series[Any]":
        """The cells of the i-th column, of which another one may have the name."""
        if self.compact is not None:
            return self.compact.texts(self._k(i), self.positions)
        cells = self._frame.iloc[:, self._k(i)]
        return cells if self.positions is None else cells.iloc[self.positions]

    def row(self, i: int) -> list[Any]:
        """The cells of one row."""
        import numpy as np

        return list(next(self.take(np.array([i])).frame.itertuples(index=False, name=None)))

    @property
    def frame(self) -> Frame:
        """All cells; for a compact table this reads their text again, so ask it of few rows."""
        import pandas as pd

        if self.compact is not None:
            return pd.DataFrame({i: self.at(i).array for i in range(len(self.columns))}).set_axis(self.columns, axis=1)
        frame = self._frame if self.left is None else self._frame.iloc[:, list(self.left)]
        return frame if self.positions is None else frame.iloc[self.positions]

    def values(self, i: int) -> "Array | None":
        """The numbers of the i-th column, NaN where one is missing, `(n,)`; None if only its text says them."""
        from dlexp.components.datasets.reading.compact import NumberColumn

        if not isinstance(found := self._kept(i), NumberColumn):
            return None
        return found.at(self.positions)

    def is_whole(self, i: int) -> bool:
        """Whether the i-th column has whole numbers of which each is written in one way."""
        from dlexp.components.datasets.reading.compact import NumberColumn

        return isinstance(found := self._kept(i), NumberColumn) and found.is_whole

    def coded(self, i: int) -> "Coded | None":
        """The words of the i-th column, each once; None if they are not kept so."""
        import pandas as pd

        from dlexp.components.datasets.reading.compact import WordColumn

        if not isinstance(found := self._kept(i), WordColumn):
            return None
        codes, used = pd.factorize(found.codes if self.positions is None else found.codes[self.positions])
        return Coded([found.words[code] for code in used], codes)

    def _kept(self, i: int) -> "Column | None":
        return self.compact.columns[self._k(i)] if self.compact is not None else None

    def where(self, i: int, column: str) -> str:
        """The place of a value, for messages."""
        return f"{self.path}: row {self.number(i)}, column {column}"

    def number(self, i: int) -> int:
        """Where a row stands in its file, from 1."""
        return 1 + (i if self.positions is None else int(self.positions[i]))

    def remarked(self, *remarks: Remark) -> "Rows":
        """The same rows, with more remarks on how they were read."""
        return replace(self, remarks=(*self.remarks, *remarks))

    def take(self, positions: Array) -> "Rows":
        """The rows at these positions, or those that are marked as true."""
        import numpy as np

        all_of_them = np.arange(len(self.table)) if self.positions is None else self.positions
        return replace(self, positions=all_of_them[positions])

    def first(self, n: int) -> "Rows":
        """The first rows."""
        import numpy as np

        return self.take(np.arange(min(n, len(self))))

    def having(self, is_left: Callable[[str], bool]) -> "Rows":
        """The rows with some of their columns, by name."""
        chosen = [i for i, name in enumerate(self.columns) if is_left(name)]
        return self if len(chosen) == len(self.columns) else replace(self, left=[self._k(i) for i in chosen])

    def texts(self, columns: Sequence[str]) -> Iterator[str]:
        """The texts of these columns, joined."""
        cells = [self.given(column).fillna("").astype(str) for column in columns]
        return (" ".join(each) for each in zip(*cells, strict=True))

    def shown(self, columns: Sequence[str], texts: Sequence[str], positions: Sequence[int]) -> list[str]:
        """The rows at these positions in one line each, for the eye: the first of the columns, then the text."""
        import numpy as np

        rows = self.take(np.array(positions, np.int64))
        more = f", ... ({len(columns)} columns in all)" if len(columns) > MAX_SHOWN else ""
        lines = [
            ", ".join(f"{column} {row[column]}" for column in columns[:MAX_SHOWN]) + more
            for _, row in rows.frame.iterrows()
        ]
        if not texts:
            return lines
        said = (" ".join(text.split()) for text in rows.texts(texts))
        return [f"{beside}: {text}" if beside else text for beside, text in zip(lines, said, strict=True)]
