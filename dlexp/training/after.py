"""What is made of the records of a finished run once its summary is written: pictures, exports."""

from collections.abc import Callable, Iterable, Sequence
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
    """A function of a module, so that it can be sent to a worker."""

    def attempt(self, run_dir: RunDir) -> str | None:
        """Make the file; why it could not be made, else None."""
        try:
            self.make(run_dir)
        # Matplotlib's settings, fonts and caches are the user's own, and their faults raise anything.
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None


def make_all(run_dir: RunDir, after: Sequence[After]) -> None:
    """Make the files of a run that has just finished; what cannot be made is a line in its log."""
    for each in after:
        if problem := each.attempt(run_dir):
            print(f"{each.file} not {each.verb}: {problem}")


def make_missing(run_dirs: Iterable[RunDir], after: Sequence[After]) -> list[str]:
    """Make what finished runs lack, since their worker was killed before it could; a line for each failure."""
    return [
        f"{run_dir.path / each.file}: could not be {each.verb}: {problem}; the run is complete without it"
        for run_dir in run_dirs
        for each in after
        if not (run_dir.path / each.file).exists() and run_dir.status == "finished"
        if (problem := each.attempt(run_dir))
    ]
