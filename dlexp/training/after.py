"""What is made of the records of a finished run once its summary is written: pictures, exports."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dlexp.records.run_dir import RunDir


@dataclass(frozen=True)
class After:
    """A file that is made of a finished run's records; without it the run is finished all the same."""

    file: str
    """Its name in the run directory."""
    verb: str
    """What making it is called: `drawn`, `exported`."""
    make: Callable[[RunDir], None]
    """A function of a module, so that it can be sent to a worker. It writes the file whole or not at all."""
    prepare: Callable[[], None] = lambda: None
    """Imports what `make` needs, which does that by itself, and raises the same."""


def make_missing(run_dirs: Iterable[RunDir], after: Sequence[After]) -> Iterator[str]:
    """Make what finished runs lack: they have just ended, or were killed before; gives a line for each failure."""
    for run_dir, each in itertools.product(run_dirs, after):
        path = run_dir.path / each.file
        if path.exists() or run_dir.status != "finished":
            continue
        try:
            each.make(run_dir)
        # Matplotlib's settings, fonts and caches are the user's own, and their faults raise anything.
        except Exception as error:
            problem = f"could not be {each.verb}: {type(error).__name__}: {error}"
            yield f"{path}: {problem}; the run is complete without it"
