"""Where things are said: results on stdout, talk and progress on stderr.

Names, columns and cells come from anyone's files. A control character in them could set a terminal's title, hide a
line or reverse the direction of text, so every one is written out as an escape.
"""

import codecs
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TextIO, cast

from dlexp import regular_files
from dlexp.colours import WARNING, Highlight, has_colour, highlighted
from dlexp.errors import DlexpError

if TYPE_CHECKING:
    from rich.console import Console

#: C0 except tab and line feed, DEL, C1, whatever reverses the direction of text, and Unicode's line separators.
_CHARACTERS = "\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CHARACTERS}]")
_IN_LINE = re.compile(f"[\t\n{_CHARACTERS}]")

#: The columns of a terminal that does not say how many it has.
_USUAL_WIDTH = 80
#: What pages draw with, and the nearest signs of ASCII, for terminals and files that have no others.
_NEAREST = {ord(sign): near for sign, near in zip("░▒▓█·●▲─│┤└…", ".+%#.o^-||+~", strict=True)}


def _nearest_signs(error: UnicodeError) -> tuple[str, int]:
    """For what an encoding lacks, a sign each: columns stay where they are."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_NEAREST.get(ord(sign), "?") for sign in lacking), error.end


codecs.register_error("dlexp.nearest_signs", _nearest_signs)


def safe(text: str) -> str:
    r"""Write control characters as escapes, `\x1b`; line feeds and tabs stay.

    DEL and everything above it become `\u009b`: an escape of JSON too, so a document that holds such a character still
    means the same. Of those below DEL, JSON itself allows none.
    """
    return _CONTROL.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""The same for text that has to stay in one line or cell: line feeds and tabs become `\n` and `\t`."""
    return _IN_LINE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return {"\t": r"\t", "\n": r"\n"}.get(found[0]) or (f"\\x{code:02x}" if code < 0x7F else f"\\u{code:04x}")


def width() -> int:
    """How many columns a line on stdout may have: those of the terminal, or 80 if stdout is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _USUAL_WIDTH


def table_width() -> int | None:
    """How wide a table on stdout may be: None for as wide as it needs, as in a pipe or file, unless COLUMNS says it."""
    columns = os.environ.get("COLUMNS", "")
    return width() if sys.stdout.isatty() else int(columns) if columns.isdecimal() and int(columns) else None


def err() -> "Console":
    """The console for progress. Control characters pass through it unchanged: make safe what it is to show."""
    from rich.console import Console

    # By itself, rich takes everything for a terminal that is to have colours.
    is_terminal, is_plain = sys.stderr.isatty(), not has_colour(sys.stderr)
    file = cast(IO[str], exact(sys.stderr))
    return Console(file=file, force_terminal=is_terminal, no_color=is_plain, highlight=False, soft_wrap=True)


def show(text: str, highlights: Iterable[Highlight] = ()) -> None:
    """Print a result that ends its own lines, on a terminal with its highlights."""
    _print(text, highlights, sys.stdout, is_result=True)


def say(*lines: str, highlights: Sequence[Highlight] = WARNING) -> None:
    """Print lines of talk on stderr, on a terminal with their highlights: by default those of warnings among them.

    A terminal has lines that are wider than it is in several, the others indented.
    """
    talk_width = _talk_width()
    for line in lines:
        text = "\n".join(broken_at_spaces(one_line(line), talk_width))
        _print(f"{text}\n", highlights, sys.stderr, is_result=False)


def _talk_width() -> int | None:
    """How many columns the terminal has that shows stderr; None if no terminal does."""
    if not sys.stderr.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):  # A stream that only looks like a terminal.
        return _USUAL_WIDTH


def broken_at_spaces(line: str, columns: int | None) -> list[str]:
    """A line in several where it is wider than so many columns; a word that is wider stays whole."""
    if columns is None or len(line) <= columns:
        return [line]
    import textwrap

    below = f"{line[: len(line) - len(line.lstrip())]}  "
    return textwrap.wrap(line, columns, subsequent_indent=below, break_long_words=False, break_on_hyphens=False)


def _print(text: str, highlights: Iterable[Highlight], stream: TextIO, *, is_result: bool) -> None:
    if has_colour(stream):
        # What changes the style is no text to be made safe.
        text = highlighted(safe(text), highlights)
        stream = cast(TextIO, _Safe(exact(stream), is_result=is_result, made_safe=str))
    print(text, end="", file=stream, flush=True)


class _Said(logging.Handler):
    """Says what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


@contextmanager
def log_said() -> Iterator[None]:
    """Within, everything that dlexp logs is said, and passed on to no other handler."""
    log = logging.getLogger("dlexp")
    level, propagates, handler = log.level, log.propagate, _Said()
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagates


@contextmanager
def quieted(is_quiet: bool = True) -> Iterator[None]:
    """Within, of what dlexp logs only warnings are said, if it is to be quiet."""
    log = logging.getLogger("dlexp")
    level = log.level
    try:
        if is_quiet:
            log.setLevel(logging.WARNING)
        yield
    finally:
        log.setLevel(level)


@contextmanager
def descriptors_into(file: IO[Any]) -> Iterator[None]:
    """Within, what C++ writes to stdout and stderr, to the descriptors themselves, goes to a file.

    `sys.stderr` stays what it is: loggers that are made meanwhile keep it.
    """
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        for descriptor in saved:
            os.dup2(file.fileno(), descriptor)
        yield
    finally:
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)


@contextmanager
def streams_into(path: Path) -> Iterator[TextIO]:
    """Gives a file to add to; within, so is what Python prints, warns of, and logs where nobody listens."""
    with (
        regular_files.appended(path) as file,
        io.TextIOWrapper(file, "utf-8", line_buffering=True) as text,
        redirect_stdout(text),
        redirect_stderr(text),
    ):
        yield text


class CannotWrite(DlexpError):
    """The result cannot be written: the disk is full, or stdout is closed."""


class _Safe:
    """A stream that makes text safe before it passes it on.

    A lost result is an error, now and at every later write; lost talk stops nothing.
    """

    def __init__(self, stream: TextIO, *, is_result: bool, made_safe: Callable[[str], str] = safe) -> None:
        self.stream = stream
        self._is_result = is_result
        self._made_safe = made_safe
        self._lost: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write text; returns the length of the original."""
        self._try(self.stream.write, self._made_safe(text))
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        self._try(self.stream.flush)

    def _try(self, call: Callable[..., Any], *arguments: str) -> None:
        try:
            if self._lost is None:
                call(*arguments)
        except OSError as error:
            # What is buffered is discarded: otherwise Python tries to write it at exit, and complains.
            with suppress(OSError, ValueError):
                descriptor, nowhere = self.stream.fileno(), os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            # A broken pipe: the reader has seen enough, as `head` has.
            is_read = isinstance(error, BrokenPipeError)
            self._lost = error if is_read else CannotWrite(f"stdout: cannot be written: {error.strerror}")
        if self._lost is not None and self._is_result:
            raise self._lost


def exact(stream: TextIO) -> TextIO:
    """The stream below, which takes text unchanged."""
    return stream.stream if isinstance(stream, _Safe) else stream


def data_out() -> TextIO:
    """stdout for another program: every character unchanged, unless it is a terminal."""
    unchanged = _Safe(exact(sys.stdout), is_result=True, made_safe=str)
    return sys.stdout if sys.stdout.isatty() else cast(TextIO, unchanged)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Make everything printed within the context safe."""
    replace_closed()
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):  # In place of ± it may get a question mark.
            stream.reconfigure(errors="dlexp.nearest_signs")
    sys.stdout = cast(TextIO, _Safe(sys.stdout, is_result=True))
    sys.stderr = cast(TextIO, _Safe(sys.stderr, is_result=False))
    try:
        yield
    finally:
        with suppress(OSError, CannotWrite):
            sys.stdout.flush()
            sys.stderr.flush()
        sys.stdout, sys.stderr = before


def replace_closed() -> None:
    """Replace closed standard streams, in this process and in those that it starts.

    Otherwise Python would print talk to stdout, and the next file opened would get the descriptor of a standard stream.
    Every write to the replaced stdout fails, as it should; text written to the replaced stderr is discarded.
    """
    # In the order of their numbers: `open` returns the lowest free descriptor.
    sys.stdin = sys.stdin or _nowhere(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _nowhere(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _nowhere(os.O_WRONLY, "w")


def _nowhere(flags: int, mode: Literal["r", "w"]) -> TextIO:
    descriptor = os.open(os.devnull, flags)
    os.set_inheritable(descriptor, True)
    return os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)
