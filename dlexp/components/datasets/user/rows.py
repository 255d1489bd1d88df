"""Rows of the user's own tables: each value with its place, what counts as missing, which rows train and which test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components.data import Array, Frame
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.reading.read import Read
from dlexp.components.remarks import Remark


@dataclass(frozen=True)
class Rows:
    """Rows of one file; the frame's index counts that file's rows from 1."""

    path: Path
    frame: Frame
    remarks: tuple[Remark, ...] = ()
    """How the file was read."""

    @classmethod
    def of(cls, path: Path, read: Read) -> "Rows":
        """All rows of a file."""
        read.frame.index = range(1, len(read.frame) + 1)
        return cls(path, read.frame, tuple(read.remarks))

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
