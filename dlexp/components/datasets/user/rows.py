"""Rows of the user's own tables: each value with its place, what counts as missing, which rows train and which test."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components.data import Array, Frame
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.remarks import Remark
from dlexp.errors import DataError


@dataclass(frozen=True)
class Rows:
    """Rows of one file; the frame's index counts that file's rows from 1."""

    path: Path
    frame: Frame
    remarks: tuple[Remark, ...] = ()
    """How the file was read."""

    @classmethod
    def of(cls, path: Path, frame: Frame) -> "Rows":
        """All rows of a file."""
        frame.index = range(1, len(frame) + 1)
        return cls(path, frame)

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, i: int, column: str) -> str:
        """The place of a value, for messages."""
        return f"{self.path}: row {self.frame.index[i]}, column {column}"

    def remarked(self, *remarks: Remark) -> "Rows":
        """The same rows, with more remarks on how they were read."""
        return replace(self, remarks=(*self.remarks, *remarks))

    def take(self, positions: Array) -> "Rows":
        """The rows at these positions, or those that are marked as true."""
        return replace(self, frame=self.frame.iloc[positions])

    def texts(self, columns: Sequence[str]) -> Iterator[str]:
        """The texts of these columns, joined."""
        cells = self.frame[list(columns)].fillna("").astype(str)
        return (" ".join(each) for each in cells.itertuples(index=False, name=None))

    def shown(self, columns: Sequence[str], texts: Sequence[str], positions: Sequence[int]) -> list[str]:
        """The rows at these positions in one line each, for the eye: the first of the columns, then the text."""
        rows = Rows(self.path, self.frame.iloc[list(positions)])
        more = f", ... ({len(columns)} columns in all)" if len(columns) > MAX_SHOWN else ""
        lines = [
            ", ".join(f"{column} {row[column]}" for column in columns[:MAX_SHOWN]) + more
            for _, row in rows.frame.iterrows()
        ]
        if not texts:
            return lines
        said = (" ".join(text.split()) for text in rows.texts(texts))
        return [f"{beside}: {text}" if beside else text for beside, text in zip(lines, said, strict=True)]


@dataclass(frozen=True)
class Gaps:
    """What stands for a missing value, and what is done about it."""

    missing: str
    """refuse, drop, mean or median."""
    words: Sequence[str]
    """What stands for one in columns of words or numbers."""
    texts: Collection[str]
    """The columns of text, in which only the empty text is one."""

    @property
    def are_filled(self) -> bool:
        """Whether a missing value of a feature is filled."""
        return self.missing not in ("refuse", "drop")

    def of(self, rows: Rows, column: str) -> Array:
        """Where a column has a gap, `(n,)`."""
        cells = rows.frame[column]
        words = [""] if column in self.texts else self.words
        gaps: Array = (cells.isna() | cells.isin(list(words))).to_numpy(bool)
        return gaps

    def without(self, rows: Rows, targets: Sequence[str], features: Sequence[str]) -> Rows:
        """The rows that are kept: a gap drops its row, or stays if it is filled, which no target is."""
        import numpy as np

        kept = np.ones(len(rows), bool)
        for column in dict.fromkeys([*targets, *([] if self.are_filled else features)]):
            gaps = self.of(rows, column)
            if self.missing != "drop" and gaps.any():
                more = f", and {gaps.sum() - 1} more in this column" if gaps.sum() > 1 else ""
                advice = "drop" if column in targets else "drop, mean or median"
                raise DataError(
                    f"{rows.where(int(gaps.argmax()), column)}: missing{more}; see dataset.missing: {advice}"
                )
            kept &= ~gaps
        return rows.take(kept)
