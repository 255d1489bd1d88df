"""Where things are said: results on stdout, talk and progress on stderr.

Names, columns and cells come from files of anyone's. A control character among them could retitle a terminal, hide a
line or turn text around; none gets out as it is.
"""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, Literal, TextIO, cast

from dlexp.errors import DlexpError

if TYPE_CHECKING:
    from rich.console import Console

#: C0 but for tab and line end, DEL, C1, what turns the direction of text around, other line ends.
_CHARACTERS = "\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CHARACTERS}]")
_IN_LINE = re.compile(f"[\t\n{_CHARACTERS}]")


def safe(text: str) -> str:
    r"""Text with control characters written out, `\x1b`; its lines and tabs stay.

    Those above ASCII and DEL become `\u009b`. JSON may hold them as they are and means the same by that; it holds none
    of the others.
    """
    return _CONTROL.sub(_written_out, text)


def one_line(text: str) -> str:
    r"""The same for what is to stay in one line, or in one cell: tabs and line ends are written out too, `\n`."""
    return _IN_LINE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    character = found[0]
    short = {"\t": r"\t", "\n": r"\n"}
    return short.get(character) or (f"\\x{ord(character):02x}" if character < "\x7f" else f"\\u{ord(character):04x}")


def out() -> "Console":
    """The console for results."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def err() -> "Console":
    """The console for progress: control characters go to it as they are, so what it shows has to be safe."""
    from rich.console import Console

    return Console(file=cast(IO[str], exact(sys.stderr)), highlight=False, soft_wrap=True)


def say(*lines: str) -> None:
    """Print plain lines of talk on stderr."""
    for line in lines:
        print(one_line(line), file=sys.stderr, flush=True)


class CannotWrite(DlexpError):
    """The result does not get to where it is to go: a full disk, a closed stdout."""


class _Safe:
    """A stream that passes everything on, its text made safe."""

    def __init__(self, stream: TextIO, made_safe: Callable[[str], str] = safe) -> None:
        self.stream = stream
        self._made_safe = made_safe

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """As every stream's; what it gives counts the text as it was."""
        self._try(self.stream.write, self._made_safe(text))
        return len(text)

    def flush(self) -> None:
        """As every stream's."""
        self._try(self.stream.flush)

    def _try(self, call: Callable[..., Any], *arguments: str) -> None:
        raise NotImplementedError


class _Results(_Safe):
    """stdout: a result that is lost is an error, now and at the next try."""

    _lost: Exception | None = None

    def _try(self, call: Callable[..., Any], *arguments: str) -> None:
        try:
            if self._lost is None:
                call(*arguments)
        except OSError as error:
            _silence(self.stream)
            # A broken pipe: who reads it has seen enough, as `head` has.
            is_read = isinstance(error, BrokenPipeError)
            self._lost = error if is_read else CannotWrite(f"stdout: cannot be written: {error.strerror}")
        if self._lost is not None:
            raise self._lost


class _Talk(_Safe):
    """stderr: talk that nobody can hear ends nothing."""

    def _try(self, call: Callable[..., Any], *arguments: str) -> None:
        try:
            call(*arguments)
        except OSError:
            _silence(self.stream)


def exact(stream: TextIO) -> TextIO:
    """The stream to which text goes as it is."""
    return stream.stream if isinstance(stream, _Safe) else stream


def data_out() -> TextIO:
    """stdout for what another program reads: every character as it is, unless it is a terminal."""
    return sys.stdout if sys.stdout.isatty() else cast(TextIO, _Results(exact(sys.stdout), str))


@contextmanager
def safe_streams() -> Iterator[None]:
    """Make all that is printed meanwhile safe."""
    replace_closed()
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):  # A terminal or a file without a letter for ± shows a question mark.
            stream.reconfigure(errors="replace")
    sys.stdout, sys.stderr = cast(TextIO, _Results(sys.stdout)), cast(TextIO, _Talk(sys.stderr))
    try:
        yield
    finally:
        with suppress(OSError, CannotWrite):
            sys.stdout.flush()
            sys.stderr.flush()
        sys.stdout, sys.stderr = before


def replace_closed() -> None:
    """Have a place in this process, and in those that it starts, for each standard stream that is closed.

    Without one, Python prints talk as results, and the next file that is opened is taken for stdout. Every write to a
    closed stdout fails, as it should; what is said to a closed stderr is lost.
    """
    # The lowest descriptor that is free is that of the closed stream, asked for in the order of their numbers.
    sys.stdin = sys.stdin or _nowhere(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _nowhere(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _nowhere(os.O_WRONLY, "w")


def _nowhere(flags: int, mode: Literal["r", "w"]) -> TextIO:
    descriptor = os.open(os.devnull, flags)
    os.set_inheritable(descriptor, True)
    return os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)


def _silence(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere: else Python tries to write it at its own end, and complains."""
    with suppress(OSError, ValueError):
        descriptor, nowhere = stream.fileno(), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
