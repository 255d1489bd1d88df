"""That a command works, shown from its first moment: it imports next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

from dlexp.console import quieted
from dlexp.reports.plan.screen import Screen


@contextmanager
def at_work(what: str, *, is_quiet: bool = False) -> Iterator[Screen]:
    """Shows on a terminal what the command does, from now on; a quiet one shows and logs nothing but warnings."""
    with quieted(is_quiet), Screen(is_shown=not is_quiet) as screen:
        screen.show(what)
        yield screen
