"""Lines of a text and the records in them: a record is one line, or more where a quoted cell goes on."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: The word for any number of spaces and tabs between two columns.
SPACES = "spaces"
#: What ends a line: a record, or a line within a quoted cell.
BREAK = re.compile(r"\r\n|\n|\r")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_NOT_SHOWN = " \t\r\n"


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The characters that divide a text into cells."""

    delimiter: str
    """One character, or `SPACES`."""
    quote: str
    """Empty if there is none."""
    comment: str = ""
    """What a line begins with that is no record; empty if there is none."""
    skips_spaces: bool = False
    """Whether a quotation mark behind a delimiter and a space opens a cell."""

    def is_blank(self, line: str) -> bool:
        """Whether nothing stands in a line."""
        return not line.strip(_NOT_SHOWN.replace(self.delimiter, ""))

    def is_comment(self, line: str) -> bool:
        """Whether a line is left out."""
        return bool(self.comment) and line.startswith(self.comment)


@dataclass(frozen=True)
class Record:
    """What one row of a table is read from."""

    line: int
    """Its first line, from 1."""
    last_line: int
    text: str


def lines(text: str) -> list[str]:
    """A text line by line, each with its end: other than for `str.splitlines`, a form feed ends none."""
    return _LINE.findall(text)


def records(numbered: Iterable[tuple[int, str]], marks: Marks) -> Iterator[Record]:
    """The records in numbered lines, without blank ones and comments, as pandas finds them."""
    parts: list[str] = []
    first = number = 0
    for number, line in numbered:
        if not parts:
            if marks.is_blank(line) or marks.is_comment(line):
                continue
            first = number
        is_open = bool(parts)
        parts.append(line)
        if not (marks.quote and (is_open or marks.quote in line) and _is_open_after(line, marks, is_open)):
            yield Record(first, number, "".join(parts))
            parts = []
    if parts:
        yield Record(first, number, "".join(parts))


def cells(text: str, marks: Marks) -> list[str]:
    """The cells of a record."""
    text = text.rstrip("\r\n")
    if marks.delimiter == SPACES:
        return text.split()
    if not marks.quote or marks.quote not in text:
        return text.split(marks.delimiter)
    found, position = [], 0
    while True:
        cell, position = "", _behind_spaces(text, marks, position)
        if text.startswith(marks.quote, position):
            end = _closing(text, marks.quote, position + 1)
            cell = text[position + 1 : end].replace(marks.quote * 2, marks.quote)
            position = end + 1
        end = text.find(marks.delimiter, position)
        found.append(cell + text[position : end if end >= 0 else len(text)])
        if end < 0:
            return found
        position = end + 1


def opens_at_end(text: str, marks: Marks) -> bool:
    """Whether a quoted cell of a record has no closing quotation mark."""
    return _is_open_after(text, marks, is_open=False)


def _is_open_after(line: str, marks: Marks, is_open: bool) -> bool:
    """Whether a quoted cell goes on behind a line."""
    position = 0
    while True:
        if not is_open:
            position = _behind_spaces(line, marks, position)
        if is_open or line.startswith(marks.quote, position):
            position = _closing(line, marks.quote, position if is_open else position + 1)
            if position == len(line):
                return True
            position += 1
        is_open = False
        position = line.find(marks.delimiter if marks.delimiter != SPACES else " ", position) + 1
        if not position:
            return False


def _behind_spaces(text: str, marks: Marks, position: int) -> int:
    """Where a cell begins."""
    while marks.skips_spaces and text.startswith(" ", position):
        position += 1
    return position


def _closing(text: str, quote: str, position: int) -> int:
    """Where the quotation mark is that closes a cell; the length of the text if there is none."""
    while (found := text.find(quote, position)) >= 0:
        if not text.startswith(quote, found + 1):
            return found
        position = found + 2
    return len(text)
