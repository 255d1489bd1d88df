"""A text on its way to the reader of its rows: what stands in it is counted as it passes."""

import io
from collections.abc import Iterator

from dlexp.components.datasets.reading.lines import lines

_SPACES = (" ", "\t", "\xa0")


class CountedText(io.TextIOBase):
    """A text that is read in the pieces in which it comes."""

    def __init__(self, pieces: Iterator[str], delimiter: str, quote: str) -> None:
        self._pieces = filter(None, pieces)
        self._delimiter, self._quote, self._last = delimiter, quote, "\n"
        self._spaces = tuple(each for each in _SPACES if each != delimiter)
        self.n_delimiters = 0
        self.has_quotes = False
        self.has_nul = False
        self.has_spaces = False
        self._n_breaks = 0

    @property
    def n_lines(self) -> int:
        """How many lines have passed; the last one may have no end."""
        return self._n_breaks + (self._last not in "\r\n")

    def readable(self) -> bool:
        """True: the text can be read."""
        return True

    def read(self, n: int | None = -1) -> str:
        """The next piece, of whatever length; empty at the end."""
        piece = next(self._pieces, "")
        if piece:
            self._count(piece)
        return piece

    def _count(self, piece: str) -> None:
        self._n_breaks += piece.count("\n")
        if "\r" in piece:
            self._n_breaks += piece.count("\r") - piece.count("\r\n")
        if self._last == "\r" and piece[0] == "\n":
            self._n_breaks -= 1
        self._last = piece[-1]
        self.n_delimiters += piece.count(self._delimiter)
        self.has_quotes = self.has_quotes or (bool(self._quote) and self._quote in piece)
        self.has_nul = self.has_nul or "\0" in piece
        self.has_spaces = self.has_spaces or any(each in piece for each in self._spaces)


def behind(pieces: Iterator[str], start: int) -> Iterator[str]:
    """A text without its first characters."""
    for piece in pieces:
        yield piece[start:]
        start = max(0, start - len(piece))


def whole_lines(pieces: Iterator[str]) -> Iterator[str]:
    """A text in pieces that end with a line."""
    rest = ""
    for piece in pieces:
        rest += piece
        end = max(rest.rfind("\n"), rest.rfind("\r", 0, len(rest) - 1)) + 1  # Not between \r and \n.
        yield rest[:end]
        rest = rest[end:]
    yield rest


def numbered_lines(pieces: Iterator[str], first: int) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers."""
    number = first
    for piece in whole_lines(pieces):
        for line in lines(piece):
            yield number, line
            number += 1


def without_comments(pieces: Iterator[str], comment: str) -> Iterator[str]:
    """A text without the lines that begin with a character."""
    for piece in whole_lines(pieces):
        has_some = piece.startswith(comment) or f"\n{comment}" in piece or f"\r{comment}" in piece
        yield "".join(line for line in lines(piece) if not line.startswith(comment)) if has_some else piece
