"""Rows compared with the lines that they are read from: where a file is wrong, said by its row and its line."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from dlexp.components.datasets.reading.counted_text import behind, numbered_lines
from dlexp.components.datasets.reading.dialect import COMMENTS, named, shortened, typed
from dlexp.components.datasets.reading.layout import Layout
from dlexp.components.datasets.reading.lines import Record, cells, opens_at_end, records
from dlexp.components.datasets.reading.swallowed import Swallowed
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural


@dataclass(frozen=True)
class Doubt:
    """A cell in quotation marks that goes on over lines that may be rows."""

    place: str
    what: str
    is_likely: bool = True
    """Whether the lines look as rows do, not only by their number of cells."""

    def refusal(self) -> DataError:
        """What is said where no reading is sure."""
        return DataError(f"{self.place}: {self.what}; put the quotation mark right, or see dataset.quote: none")

    def remark(self, done: str, key: str) -> Remark:
        """What is said of what was done."""
        return Remark(rule="quote", place=self.place, found=f"{self.what}; {done}", key=key)


class Unclosed(DataError):
    """A quotation mark opens a cell, and none closes it."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(*doubt.refusal().lines)
        self.doubt = doubt


@dataclass(frozen=True)
class RowLines:
    """The rows of a file with the lines they are read from: read again, where something is wrong."""

    path: Path
    layout: Layout
    text: Callable[[], AbstractContextManager[Iterator[str]]]
    """Opens the file's text, in pieces."""

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        with self.text() as pieces:
            numbered = numbered_lines(behind(pieces, self.layout.start), self.layout.line)
            yield from enumerate(records(numbered, self.layout.marks), 1)

    def place(self, row: int, line: int) -> str:
        """A row for messages."""
        return f"{self.path}: row {row} (line {line})"

    def require_width(self) -> int:
        """How many cells the widest row has, if all that no column has a name for are empty.

        Raises:
            Unclosed: The last row has a quotation mark that opens a cell.
            DataError: A row has more cells than there are columns.
        """
        n_columns, marks, widest = len(self.layout.names), self.layout.marks, 0
        for row, record in self:
            found = cells(record.text, marks)
            widest = max(widest, len(found))
            if any(cell.strip() for cell in found[n_columns:]):
                advice = f"a cell with a {named(marks.delimiter)} in it has to stand in quotation marks"
                if record.last_line > record.line:
                    advice = f"a quotation mark in it opens a cell that goes on to line {record.last_line}"
                raise DataError(
                    f"{self.place(row, record.line)}: {plural(len(found), 'cell')} where there are "
                    f"{plural(n_columns, 'column')} ({shortened(record.text)!r}); {advice}"
                )
            if marks.quote and opens_at_end(record.text, marks):
                what = f"a quotation mark opens a cell and none closes it, down to line {record.last_line}"
                raise Unclosed(Doubt(self.place(row, record.line), what))
        return widest

    def short(self) -> Remark | None:
        """The first row that has fewer cells than there are columns."""
        n_columns = len(self.layout.names)
        found = [
            (row, record.line, n, record.text[0])
            for row, record in self
            if (n := len(cells(record.text, self.layout.marks))) < n_columns
        ]
        if not found:
            return None
        (row, line, n, mark), *others = found
        more = f", and {plural(len(others), 'more row')} too" if others else ""
        what = f"{plural(n, 'cell')} where there are {plural(n_columns, 'column')}{more}; what a row lacks is missing"
        key = f"dataset.comment: {typed(mark)}" if mark in COMMENTS else ""
        return Remark(rule="short_rows", place=self.place(row, line), found=what, key=key)

    def nul(self) -> DataError:
        """Names the row with a NUL character, which no text has."""
        for row, record in self:
            for k, cell in enumerate(cells(record.text, self.layout.marks)):
                if "\0" in cell:
                    column = f", column {self.layout.names[k]}" if k < len(self.layout.names) else ""
                    return DataError(
                        f"{self.place(row, record.line)}{column}: a NUL character in {cell!r}, which no text has; "
                        "remove it from the file"
                    )
        return DataError(f"{self.path}: a NUL character in it, which no text has; remove it from the file")

    def blank_line(self) -> Remark | None:
        """A line without anything between others, which is no row, though an empty cell would look the same."""
        behind_last = None
        for _, record in self:
            if behind_last is not None and record.line > behind_last:
                place, found = f"{self.path}: line {behind_last}", "nothing stands in this line, and it is no row"
                return Remark(rule="blank_lines", place=place, found=found)
            behind_last = record.last_line + 1
        return None

    def swallowed(self, found: Swallowed) -> Doubt:
        """What is said of a row that has whole rows in it."""
        line = next(record.line for row, record in self if row == found.position + 1)
        more = f" (as of {plural(found.n_cells - 1, 'more cell')})" if found.n_cells > 1 else ""
        what = (
            f"a cell in quotation marks goes on to line {line + found.n_lines - 1}, "
            f"and each of its {found.n_lines} lines looks like a row{more}"
        )
        return Doubt(self.place(found.position + 1, line), what, found.is_likely)
