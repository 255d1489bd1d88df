"""Commands that train the seeds a comparison lacks, as the user can type them, and how long they take."""

import re
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


class Glob(str):
    """A path of which the shell finds the folders of the runs: `runs/grid/s0-*/config.yaml`."""


#: More configs than that are told by globs.
MAX_CONFIGS = 8
#: So many seeds at most are advised where they are trained until they tell.
_ADVISED_MOST = 12
#: Where `dlexp run` leaves its records by default.
_RUNS_DIR = Path("runs")
_CONFIRMED = re.compile(r"-confirmed(?:-\d+)?$")


def training(experiments: Sequence[Compared], seeds: Sequence[str], runs_dir: Path | None = None) -> Command:
    """`dlexp run A B --seeds 5`, with the folders of their records and data.

    Args:
        experiments: At least one, and of each at least one seed finished.
        seeds: The options that say which seeds.
        runs_dir: Where the records go; by default, where those of the first experiment lie.
    """
    globs = _globs_of(experiments) if len(experiments) > MAX_CONFIGS else []
    configs = globs or dict.fromkeys(str(config_of(each)) for each in experiments)
    return ("dlexp", "run", *configs, *seeds, *_folders(experiments[0], runs_dir))


def until_sure(
    experiments: Sequence[Compared], column: str, first_seed: int = 0, runs_dir: Path | None = None
) -> Command:
    """`dlexp compare A B --until-sure 12`, of a number that decides.

    Args:
        experiments: As `training` takes them, the baseline first; at most as many as are told by their configs.
        column: What the user asked for; empty if nothing.
        first_seed: Of the seeds that are trained.
        runs_dir: As `training` takes it.
    """
    configs = dict.fromkeys(str(config_of(each)) for each in experiments)
    first = ("--first-seed", str(first_seed)) if first_seed else ()
    metric = ("--metric", column) if column else ()
    options = (*metric, "--until-sure", str(_ADVISED_MOST), *first)
    return ("dlexp", "compare", *configs, *options, *_folders(experiments[0], runs_dir))


def comparing(experiments: Sequence[Compared]) -> Command:
    """`dlexp compare configs/a.yaml`: what the present training code trained of these, and nothing older."""
    configs = dict.fromkeys(str(config_of(each)) for each in experiments)
    return ("dlexp", "compare", *configs, *_folders(experiments[0], None))


def can_be_told(experiments: Sequence[Compared]) -> bool:
    """Whether `until_sure` can name all of them."""
    return 2 <= len(experiments) <= MAX_CONFIGS


def _folders(experiment: Compared, runs_dir: Path | None) -> Command:
    """The options that name the folders of records, by default where those of the experiment lie, and of its data."""
    first = next(iter(experiment.runs.values()))
    return (*in_runs_dir(runs_dir or runs_dir_of(first)), *_data_dir(first))


def quoted(word: str) -> str:
    """A word as a shell reads it."""
    if not isinstance(word, Glob):
        return shlex.quote(word)
    folder, run, file = word.rsplit("/", 2)
    return f"{shlex.quote(folder)}/{run}/{file}"


def _globs_of(experiments: Sequence[Compared]) -> list[Glob]:
    """For each folder of a name a glob that means the configs of exactly these; none if others lie there too."""
    by_folder: dict[Path, list[Compared]] = {}
    for each in experiments:
        by_folder.setdefault(next(iter(each.runs.values())).dir.path.parent, []).append(each)
    found = []
    for folder, own in by_folder.items():
        of_seed = [{seed for seed, run in each.runs.items() if run.dir.path.parent == folder} for each in own]
        for seed in sorted(set.intersection(*of_seed)):
            if set(folder.glob(f"s{seed}-*")) == {each.runs[seed].dir.path for each in own}:
                found.append(Glob(f"{folder.as_posix()}/s{seed}-*/{own[0].runs[seed].dir.config_path.name}"))
                break
        else:
            return []
    return found


def in_runs_dir(runs_dir: Path) -> Command:
    """The option that names a runs directory; none for the usual one."""
    return () if runs_dir == _RUNS_DIR else ("--runs-dir", str(runs_dir))


def runs_dir_of(run: Run) -> Path:
    """The runs directory that a run lies in."""
    return run.dir.path.parent.parent


def new_runs_dir(beside: Path) -> Path:
    """A runs directory beside another that does not exist yet: `runs-confirmed`, then `runs-confirmed-2`."""
    first = f"{_CONFIRMED.sub('', str(beside if beside.name else _RUNS_DIR))}-confirmed"  # `.` has no name.
    names = chain([first], (f"{first}-{i}" for i in count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def is_of_confirmation(runs_dir: Path) -> bool:
    """Whether a runs directory has the name that was advised for runs that confirm others."""
    return _CONFIRMED.search(runs_dir.name) is not None


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
