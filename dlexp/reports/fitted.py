"""A table that is never wider than the terminal: long texts are abbreviated, the least telling columns left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from dlexp.console import one_line

_GAP = "  "
_CUT = "…"


@dataclass(frozen=True, kw_only=True)
class FittedColumn:
    """A column as it would stand in a table of any width."""

    header: str
    cells: Sequence[str]
    """One per row."""
    is_number: bool = False
    """Flush right and never abbreviated."""
    rank: int = 0
    """The column of the highest rank is the first to be left out; one of rank 0 only where nothing else helps."""
    min_width: int = 6
    """What abbreviated texts are left at least, in columns of the terminal."""


@dataclass(frozen=True)
class Fitted:
    """The lines of a table, and the columns that it has no room for."""

    lines: list[str]
    """The header, then the rows."""
    folded: list[FittedColumn]


def fitted(columns: Sequence[FittedColumn], width: int | None) -> Fitted:
    """A table no wider than `width` columns of a terminal, or as wide as it needs.

    Texts that differ are abbreviated so far only as they still do. Where that does not suffice, columns are left out in
    the order of their ranks, then texts of rank 0 abbreviated as far as their `min_width`, then columns of rank 0 left
    out, the last one first.
    """
    shown = [_Column(column) for column in columns]
    if width is not None:
        shown = _with_room(shown, width)
    kept = {id(column.source) for column in shown}
    rows = zip(*map(_Column.texts, shown), strict=True)
    lines = [
        _GAP.join(column.padded(text) for column, text in zip(shown, row, strict=True)).rstrip()
        for row in (_headers(shown), *rows)
    ]
    return Fitted(lines, [column for column in columns if id(column) not in kept])


class _Column:
    """A column and the width that it has at present."""

    def __init__(self, source: FittedColumn) -> None:
        self.source = source
        self.header = one_line(source.header)
        self.cells = list(map(one_line, source.cells))
        self.cell_width = max(map(cell_len, self.cells), default=0)
        self.width = max(self.cell_width, cell_len(self.header))

    def narrowest(self) -> int:
        """The least width in which no two texts become the same."""
        least = min(self.width, self.source.min_width)
        if self.source.is_number:
            return max(least, self.cell_width)
        texts, high = list(dict.fromkeys(self.cells)), self.width
        while least < high:  # What is distinct stays so in more room.
            middle = (least + high) // 2
            if _n_distinct(texts, middle) == len(texts):
                high = middle
            else:
                least = middle + 1
        return least

    def texts(self) -> list[str]:
        """The cells, none wider than the column."""
        return self.cells if self.cell_width <= self.width else abbreviated(self.cells, self.width)

    def padded(self, text: str) -> str:
        """A text as wide as the column."""
        room = " " * (self.width - cell_len(text))
        return room + text if self.source.is_number else text + room


def _with_room(columns: Sequence[_Column], width: int) -> list[_Column]:
    """Those of the columns that are shown, none wider than it can be."""
    shown = list(columns)
    if _total(column.width for column in shown) <= width:
        return shown
    least = {id(column): column.narrowest() for column in shown}
    while _total(least[id(column)] for column in shown) > width and len(shown) > 1:
        last = max(reversed(shown), key=lambda column: column.source.rank)
        if not last.source.rank:
            break
        shown.remove(last)
    for column in shown:
        if _total(least[id(each)] for each in shown) > width and not column.source.is_number:
            least[id(column)] = min(column.width, column.source.min_width)
    while _total(least[id(column)] for column in shown) > width and len(shown) > 1:
        shown.pop()
    least[id(shown[0])] = min(least[id(shown[0])], max(width, 1))
    while _total(column.width for column in shown) > width:
        # The widest gives first: a short text stays whole beside a long one.
        widest = max(shown, key=lambda column: (column.width > least[id(column)], column.width))
        widest.width -= 1
    return shown


def _total(widths: Iterable[int]) -> int:
    several = list(widths)
    return sum(several) + len(_GAP) * (len(several) - 1)


def _headers(columns: Sequence[_Column]) -> Sequence[str]:
    """The headers, each as wide as its column at most, and shortened so that they differ."""
    ways = [[shorten(column.header, column.width) for column in columns] for shorten in (_at_end, shortened)]
    return max(ways, key=lambda headers: len(set(headers)))


def abbreviated(texts: Sequence[str], width: int) -> list[str]:
    """Texts in so many columns: shortened at the end, or in the middle where more of them stay distinct like that."""
    at_end, in_middle = ([shorten(text, width) for text in texts] for shorten in (_at_end, shortened))
    return at_end if len(set(at_end)) >= len(set(in_middle)) else in_middle


def _n_distinct(texts: Sequence[str], width: int) -> int:
    return len(set(abbreviated(texts, width)))


def _at_end(text: str, width: int) -> str:
    return text if cell_len(text) <= width else _start(text, width - 1).rstrip(",") + _CUT


def shortened(text: str, width: int) -> str:
    """A text in so many columns of a terminal, shortened in the middle where it needs more."""
    if cell_len(text) <= width:
        return text
    of_end = (width - 1) // 2
    return _start(text, width - 1 - of_end) + _CUT + _start(text[::-1], of_end)[::-1]


def _start(text: str, width: int) -> str:
    # Of a character that takes two columns, half is a space.
    return set_cell_size(text, width).rstrip() if width > 0 else ""
