"""How a CSV file is written, as far as its config says so, and the words for that in messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dlexp.components.datasets.reading.lines import SPACES

AUTO, NONE = "auto", "none"
COMMA = ","
#: What lines begin with that some programs write above a table.
COMMENTS = "#%!"
MAX_SHOWN = 40


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a file is written, as far as its config says so."""

    delimiter: str = AUTO
    """One character, `spaces` or `auto`."""
    quote: str = AUTO
    """One character, `none` or `auto`."""
    encoding: str = "utf-8"
    comment: str = NONE
    """One character or `none`."""
    header: Literal["first", "none"] = "first"
    names: Sequence[str] | None = None
    """The names of the columns, instead of those of the header if there is one."""


def named(delimiter: str, n: int = 1) -> str:
    """A character in words, for messages, or several of it."""
    words = {COMMA: "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
    word = words.get(delimiter)
    return f"{word}{'s' * (n > 1)}" if word else "white space" if delimiter == SPACES else repr(delimiter)


def typed(value: str) -> str:
    """A value as it is typed into a config."""
    return value if value.isalnum() else '"\\t"' if value == "\t" else "'\"'" if value == '"' else f'"{value}"'


def shortened(text: str) -> str:
    """A text for a message: the first characters, in one line."""
    shown = " ".join(text.split())
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
