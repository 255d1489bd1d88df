"""Tables in little memory: numbers as numbers, each word once; the text of a cell is read again on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from dlexp.components import snapshot
from dlexp.components.data import Array
from dlexp.components.datasets.reading import blocks
from dlexp.components.datasets.reading.layout import Layout, column_names
from dlexp.components.datasets.reading.lines import cells

#: The text of so many rows is read row by row.
_FEW_ROWS = 2000
#: What a missing number and -0.0 are among whole ones.
_GAP = np.iinfo(np.int32).min
_MINUS_ZERO = _GAP + 1
_MAX_DECIMALS = 9


@dataclass(frozen=True)
class Scaled:
    """Numbers as whole ones and how many of their digits are decimals: m / 10**d is the float64 nearest to the text."""

    whole: Array
    decimals: int

    @classmethod
    def of(cls, values: Array, decimals: int) -> "Scaled | None":
        """From float64, with at least so many decimals; None if that does not give exactly the same numbers."""
        is_gap = np.isnan(values)
        known = np.where(is_gap, 0.0, values)
        for n in range(decimals, _MAX_DECIMALS + 1):
            first = known[:_FEW_ROWS]
            if (np.rint(first * 10.0**n) / 10.0**n != first).any():
                continue
            whole = np.rint(known * 10.0**n)
            if np.abs(whole).max(initial=0) >= -float(_MINUS_ZERO):
                return None
            if (whole / 10.0**n == known).all():
                whole[is_gap] = _GAP
                whole[(known == 0) & np.signbit(known)] = _MINUS_ZERO
                return cls(whole.astype(np.int32), n)
        return None

    def values(self) -> Array:
        """As float64, NaN where one is missing."""
        found: Array = self.whole / 10.0**self.decimals
        if self.whole.min(initial=0) <= _MINUS_ZERO:
            found[self.whole == _GAP] = np.nan
            found[self.whole == _MINUS_ZERO] = -0.0
        return found


Part: TypeAlias = "Scaled | Array"


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers."""

    part: Part
    is_whole: bool
    """Whether each is a whole number without a sign before it, a dot or an exponent: then no two texts are one
    number."""

    def at(self, positions: "Array | None") -> Array:
        """Those of some rows, or of all, as float64, `(n,)`; NaN where one is missing."""
        if isinstance(self.part, Scaled):
            whole = self.part.whole if positions is None else self.part.whole[positions]
            return Scaled(whole, self.part.decimals).values()
        return self.part.copy() if positions is None else self.part[positions]


@dataclass(frozen=True)
class WordColumn:
    """A column of words, each of which is there once."""

    words: Sequence[str]
    codes: Array
    """Which word each cell is, `(n,)`."""

    def texts(self, codes: Array) -> "pd.Series[str]":
        """Words by their codes."""
        return pd.Series(np.array(self.words, object)[codes], dtype=str)


Column: TypeAlias = "NumberColumn | WordColumn | pd.Series[str]"


@dataclass(frozen=True, kw_only=True)
class Compact:
    """A CSV file whose columns are kept in little memory."""

    path: Path
    layout: Layout
    columns: Sequence[Column]
    ends: Array
    """Where each row begins in the file, in bytes, and behind them the end of the last one, `(n + 1,)`."""
    _seen: dict[bytes, list[list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ends) - 1

    @cached_property
    def names(self) -> list[str]:
        """What the columns are called."""
        return column_names(self.layout)

    def texts(self, k: int, positions: "Array | None") -> "pd.Series[str]":
        """The cells of a column as they stand in the file, of all rows or of some."""
        column = self.columns[k]
        if isinstance(column, WordColumn):
            return column.texts(column.codes if positions is None else column.codes[positions])
        if isinstance(column, pd.Series):
            return column if positions is None else column.iloc[positions]
        if positions is not None and len(positions) <= _FEW_ROWS:
            return pd.Series([row[k] for row in self.rows(positions)], dtype=str)
        parts = blocks.texts(self.path, self.layout, k, int(self.ends[0]), int(self.ends[-1]))
        whole = pd.concat(list(parts), ignore_index=True)
        return whole if positions is None else whole.iloc[positions]

    def rows(self, positions: Array) -> list[list[str]]:
        """The cells of a few rows: the same rows are asked for column by column."""
        key = np.asarray(positions, np.int64).tobytes()
        if key not in self._seen:
            while len(self._seen) > 3:
                del self._seen[next(iter(self._seen))]
            text, ends = self.lines(positions)
            lines = (text[begin:end].decode() for begin, end in pairwise([0, *ends.tolist()]))
            self._seen[key] = [cells(line, self.layout.marks) for line in lines]
        return self._seen[key]

    def lines(self, positions: Array) -> tuple[bytes, Array]:
        """Rows in ascending order as they stand in the file, and where each ends in that text."""
        begins, ends = self.ends[:-1][positions], self.ends[1:][positions]
        found, i = [], 0
        with snapshot.opened(self.path) as file:
            while i < len(begins):
                start = int(begins[i])
                j = max(i + 1, int(np.searchsorted(ends, start + blocks.BLOCK_BYTES)))
                file.seek(start)
                block = file.read(int(ends[j - 1]) - start)
                of_block = zip((begins[i:j] - start).tolist(), (ends[i:j] - start).tolist(), strict=True)
                found.append(b"".join([block[begin:end] for begin, end in of_block]))
                i = j
        lengths = ends - begins
        text = b"".join(found)
        lengths[-1:] -= int(lengths.sum()) - len(text)  # The last line of a file may have no end.
        return text, np.cumsum(lengths)


def joined(parts: Sequence[Part]) -> Part:
    """Parts of one column together: of one scale, if all are scaled and there is room for it."""
    scaled = [part for part in parts if isinstance(part, Scaled)]
    decimals = max((part.decimals for part in scaled), default=0)
    factors = [10 ** (decimals - part.decimals) for part in scaled]
    largest = (int(np.abs(part.whole[part.whole > _MINUS_ZERO]).max(initial=0)) for part in scaled)
    if len(scaled) == len(parts) and all(n * by < -_MINUS_ZERO for n, by in zip(largest, factors, strict=True)):
        # The float64 nearest to m / 10**d is that of 10 * m / 10**(d + 1).
        return Scaled(np.concatenate([_times(*each) for each in zip(scaled, factors, strict=True)]), decimals)
    return np.concatenate([part.values() if isinstance(part, Scaled) else part for part in parts])


def _times(part: Scaled, factor: int) -> Array:
    whole: Array = part.whole
    return whole if factor == 1 else np.where(whole > _MINUS_ZERO, whole * np.int32(factor), whole)
