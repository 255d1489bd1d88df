"""The bottom of a terminal, redrawn several times a second while a command works."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.live import Live
from rich.text import Text

from dlexp import console

#: One after the other they are a wheel that turns.
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAMES_PER_SECOND = 5
#: Lines of the terminal that stay what they were, and columns in which it may echo `^C`, twice: in a full line that
#: would move all that is redrawn.
_SPARED_LINES, _SPARED_COLUMNS = 2, 4

#: Given the columns and the lines that there are, gives the lines that are shown.
Lines = Callable[[int, int], Sequence[str]]


class Screen:
    """Shows lines, the first one behind a wheel that turns; within it, all else is printed above them.

    What it shows is gone as it is left, however that happens.
    """

    def __init__(self, *, is_shown: bool = True) -> None:
        self._console = console.err()
        self.is_shown = is_shown and self._console.is_terminal and not self._console.is_dumb_terminal
        self._lines: Lines = lambda *_: ()
        self._depth = 0
        self._live = Live(
            console=self._console,
            transient=True,
            refresh_per_second=FRAMES_PER_SECOND,
            get_renderable=self._drawn,
            # What stdout has is the result, and goes to the same terminal or elsewhere.
            redirect_stdout=sys.stdout.isatty(),
        )

    def __enter__(self) -> Self:
        self._depth += 1
        if self.is_shown and self._depth == 1:
            # The thread that redraws inherits this: Ctrl-C and SIGTERM are the main thread's, when that lets them in.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            try:
                self._live.start()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self.is_shown and not self._depth:
            self._live.stop()

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self._console.width

    def show(self, lines: Lines | str) -> None:
        """Show other lines, or a single one, from now on."""
        self._lines = (lambda *_: (lines,)) if isinstance(lines, str) else lines

    def _drawn(self) -> Text:
        width, height = self._console.width - _SPARED_COLUMNS, self._console.height - _SPARED_LINES
        lines = self._lines(width, height)
        if not lines:
            return Text()
        frame = FRAMES[int(time.monotonic() * FRAMES_PER_SECOND) % len(FRAMES)]
        shown = [_cut(console.one_line(line), width) for line in (f"{frame} {lines[0]}", *lines[1:])]
        return Text("\n".join(shown), no_wrap=True, overflow="crop")


def _cut(line: str, width: int) -> str:
    return line if cell_len(line) <= width else set_cell_size(line, width - 1) + "…"
