"""Colour and bold, laid over finished plain text: they never change what it says or how wide it is."""

import os
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TextIO

Style = Literal["bold", "dim", "red", "green", "blue", "magenta"]

#: The numbers by which a terminal knows them (ECMA-48, 8.3.117). These colours can be read on light and on dark.
_NUMBERS: dict[Style, int] = {"bold": 1, "dim": 2, "red": 31, "green": 32, "blue": 34, "magenta": 35}


class Highlight(NamedTuple):
    """What is shown in a style: each match of a pattern, or of its group, `^` and `$` at the ends of lines.

    A pattern says where it has to match, by what stands around it: a name of the user's may be any word.
    """

    style: Style
    pattern: str
    within: str = ""
    """The parts of the text that are searched, as a pattern; empty for all of it."""


#: The place that an error begins with, or what else it is about.
ERROR = (Highlight("red", r"\A[^:\n]+(?::\d+)?:(?= )"),)
#: The same of a warning, and the word.
WARNING = (
    Highlight("magenta", r"\A[^:\n]+(?::\d+)?: (?:[\w.]+: )?(warning):(?= )"),
    Highlight("bold", r"\A[^:\n]+(?::\d+)?:(?= (?:[\w.]+: )?warning: )"),
)


def has_colour(stream: TextIO) -> bool:
    """Whether a stream is shown with colour: where a terminal can, unless NO_COLOR is set; always, if FORCE_COLOR is.

    As https://no-color.org and https://force-color.org have it: whatever the variables are set to, except nothing.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") not in ("dumb", None))


def highlighted(text: str, highlights: Iterable[Highlight]) -> str:
    """The text with what changes the style for a terminal; of highlights that overlap, the first one holds."""
    taken: list[tuple[int, int, Style]] = []
    for style, pattern, within in highlights:
        for start, end in _matches(text, pattern, within):
            if start < end and all(end <= other[0] or other[1] <= start for other in taken):
                taken.append((start, end, style))
    parts, done = [], 0
    for start, end, style in sorted(taken):
        parts += [text[done:start], f"\x1b[{_NUMBERS[style]}m", text[start:end], "\x1b[0m"]
        done = end
    return "".join([*parts, text[done:]])


def _matches(text: str, pattern: str, within: str) -> Iterator[tuple[int, int]]:
    """Where a pattern matches: its group if that is part of the match."""
    searched = re.compile(pattern, re.MULTILINE)
    parts = (part.span() for part in re.finditer(within, text, re.MULTILINE)) if within else [(0, len(text))]
    for start, end in parts:
        for match in searched.finditer(text, start, end):
            yield match.span(match.lastindex or 0)
