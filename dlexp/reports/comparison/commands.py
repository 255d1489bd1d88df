"""Commands that train the seeds a comparison lacks, as the user can type them, and how long they take."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import chain, count, pairwise
from pathlib import Path

from dlexp.config.names import CONFIG_SUFFIXES
from dlexp.errors import DlexpError
from dlexp.records.index import Run
from dlexp.reports.comparison.compared import Compared

#: Words of a command line.
Command = tuple[str, ...]

#: Where `dlexp run` leaves its records by default.
_RUNS_DIR = Path("runs")


def training(experiments: Sequence[Compared], seeds: Sequence[str], runs_dir: Path | None = None) -> Command:
    """`dlexp run A B --seeds 5`, with the folders of their records and data.

    Args:
        experiments: At least one seed of each finished.
        seeds: The options that say which seeds.
        runs_dir: Where the records go; by default, where those of the first experiment lie.
    """
    first = next(iter(experiments[0].runs.values()))
    configs = dict.fromkeys(str(config_of(each)) for each in experiments)
    return ("dlexp", "run", *configs, *seeds, *in_runs_dir(runs_dir or runs_dir_of(first)), *_data_dir(first))


def in_runs_dir(runs_dir: Path) -> Command:
    """The option that names a runs directory; none for the usual one."""
    return () if runs_dir == _RUNS_DIR else ("--runs-dir", str(runs_dir))


def runs_dir_of(run: Run) -> Path:
    """The runs directory that a run lies in."""
    return run.dir.path.parent.parent


def new_runs_dir(beside: Path) -> Path:
    """A runs directory beside another that does not exist yet: `runs-confirmed`, then `runs-confirmed-2`."""
    first = f"{beside if beside.name else _RUNS_DIR}-confirmed"  # `.` has no name.
    names = chain([first], (f"{first}-{i}" for i in count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def config_of(experiment: Compared) -> Path:
    """The file that its runs were trained from, if it still holds the experiment, else the config in a run's folder."""
    runs = list(experiment.runs.values())
    typed = {Path(word) for run in runs for word in _words_of(run) if word.endswith(CONFIG_SUFFIXES)}
    # Each is loaded: the likely one first.
    likely_first = sorted(typed, key=lambda path: (path.stem != runs[0].name, path))
    return next((path for path in likely_first if _holds(path, experiment)), runs[0].dir.config_path)


def _holds(path: Path, experiment: Compared) -> bool:
    """Whether a file is a config of this very experiment."""
    from dlexp.config.identity import identities_of
    from dlexp.config.load import load_unchecked

    try:
        identities = identities_of(load_unchecked(path), [experiment.data_digest])
    except DlexpError:  # It is no such config any more.
        return False
    return identities.own == experiment.identity


def _words_of(run: Run) -> list[str]:
    """The words of the command that trained a run; none if it is not on record."""
    try:
        recorded = (run.dir.environment() or {}).get("command")
        return shlex.split(recorded) if isinstance(recorded, str) else []
    except (DlexpError, ValueError):  # Damaged, or a quote without its partner.
        return []


def _data_dir(run: Run) -> Iterator[str]:
    """The option `--data-dir`, as that run was given it."""
    for word, value in pairwise([*_words_of(run), ""]):
        if word == "--data-dir":
            yield from (word, value)
        elif word.startswith("--data-dir="):
            yield word
