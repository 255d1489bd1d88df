"""Which runs the user's word means: one rule for every command."""

import fnmatch
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dlexp.config.files import CONFIGS, HERE, by_stem
from dlexp.config.identity import Identities, identities_of
from dlexp.config.names import BIAS_VARIANCE, CONFIG_SUFFIXES, OBSERVED, PREFIX_LENGTH
from dlexp.errors import UserError
from dlexp.format import joined
from dlexp.near_words import did_you_mean
from dlexp.records.index import (
    Run,
    entries,
    is_directory,
    is_of_bias_variance,
    read_all,
    scan,
    with_identity,
    without_bias_variance,
)
from dlexp.records.query import ALL, Filters
from dlexp.records.run_dir import FolderName, RunDir

log = logging.getLogger(__name__)

#: How many names an error message lists.
_SHOWN_NAMES = 10
#: The start of a run's id, or of its experiment's: `s0-3fa9c1`, `3fa9c1`, each in a name or in all; `-2` of an attempt.
_ID = re.compile(
    rf"(?:(?P<name>.+)/)?(?:s(?P<seed>[0-9]+)-)?(?P<identity>[0-9a-f]{{4,{PREFIX_LENGTH}}})(?:-(?P<attempt>[0-9]+))?"
)


def select(
    runs_dir: Path,
    words: Sequence[str],
    data_dir: Path | None = None,
    order: Callable[[Iterable[Run]], Iterable[Run]] = list,
    filters: Filters = ALL,
) -> list[Run]:
    """The runs that the user's words mean, as `find` tells, and that pass filters: in their order, each once.

    Without words they are all except those of bias-variance, which are counted in a log.

    A config file means the runs of its experiment as it is now, under every name: by identity, for which the data's
    digest is taken.

    Raises:
        UserError: A word means nothing, or a filter names what no run has.
    """
    if not words:
        run_dirs, others = without_bias_variance(scan(runs_dir))
        if others:
            log.info(others)
        return filters.apply(order(read_all(run_dirs)))
    selected: dict[Path, Run] = {}
    for word in words:
        found = find(runs_dir, word)
        if isinstance(found, Path):
            runs = with_identity(scan(runs_dir), identities_in(found, data_dir))
            if not runs:
                _require_sound(found)
                raise UserError(f"{found}: no run of it in {runs_dir} as it is now. Try: dlexp run {found}")
            if found != Path(word):
                names = joined(list(dict.fromkeys(run.name for run in runs)))
                log.info(f"{word}: no run has this name; {found} was trained as {names}")
        else:
            runs = read_all(found)
        for run in order(runs):
            selected.setdefault(run.dir.path.resolve(), run)
    return filters.apply(selected.values())


def find(runs_dir: Path, word: str) -> Path | list[RunDir]:
    """What a word means: a config file, or runs on record, of which there is at least one.

    The first of these that there is: a file that ends as configs do; the directory of a run or of a name, below the
    runs directory or as a path; a name, a run as `NAME/s0-3fa9c1d2e0`, or a glob of either; any other file, or the
    stem of a config, here or in `configs`; the start of an id that begins only one, `NAME/s0-3fa9` or `3fa9`.

    Raises:
        UserError: It means nothing, or begins several ids.
    """
    paths = (runs_dir / word, Path(word))
    if word.endswith(CONFIG_SUFFIXES) and not any(map(is_directory, paths)):
        return Path(word)
    for path in filter(is_directory, paths):
        own = [entry for entry in entries(path) if FolderName.parse(entry.name) and is_directory(entry)]
        if own:
            return sorted((RunDir(Path(entry.path)) for entry in own), key=lambda run_dir: run_dir.folder)
        if FolderName.parse(path.name):
            # Resolved only where the name is needed: `.` and `..` have none of their own.
            return [RunDir(path if path.parent.name else path.resolve())]
    run_dirs = scan(runs_dir)
    if matching := _matching(run_dirs, word):
        return matching
    if config := by_stem(word, HERE, CONFIGS):
        return config
    if begun := _beginning(run_dirs, word):
        return begun
    raise _unknown(runs_dir, word, run_dirs)


def identities_in(config: Path, data_dir: Path | None) -> Identities:
    """The identities of the experiment that a config file holds; reads the data's digest."""
    from dlexp.config.load import load_unchecked

    experiment = load_unchecked(config)
    return identities_of(experiment, experiment.dataset.digests(data_dir))


def _require_sound(config: Path) -> None:
    """Refuse a config with mistakes: that nothing was trained with it is no wonder."""
    from dlexp.config.load import load

    load(config)


def _matching(run_dirs: Iterable[RunDir], glob: str) -> list[RunDir]:
    """The runs whose name, or name and folder, a glob describes; a name itself holds none of a glob's signs.

    Those on resampled training sets only where the glob says so.
    """
    pattern = re.compile(fnmatch.translate(glob))
    return [
        run_dir
        for run_dir in run_dirs
        if BIAS_VARIANCE.strip() in glob or not is_of_bias_variance(run_dir)
        if pattern.match(run_dir.name) or pattern.match(run_dir.label)
    ]


def _beginning(run_dirs: Iterable[RunDir], word: str) -> list[RunDir]:
    """The runs of the one experiment whose id begins like this; several are the user's mistake."""
    if not (said := _ID.fullmatch(word)):
        return []
    found = [
        run_dir
        for run_dir in run_dirs
        if run_dir.folder.prefix.startswith(said["identity"])
        if said["name"] in (None, run_dir.name) and said["seed"] in (None, str(run_dir.seed))
        if said["attempt"] in (None, str(run_dir.folder.attempt))
    ]
    if len({run_dir.folder.prefix for run_dir in found}) > 1:
        raise UserError(f"{word}: several ids begin like this. Choose from: {_listed([run.label for run in found])}")
    return found


def _unknown(runs_dir: Path, word: str, run_dirs: Sequence[RunDir]) -> UserError:
    if not run_dirs:
        return UserError(f"{word}: no runs in {runs_dir} yet. Try: dlexp run configs/digits_sgd.yaml")
    own = word.rstrip("/").removesuffix(OBSERVED)
    if of_run := next((each for each in run_dirs if own != word and own in (each.label, str(each.path))), None):
        return UserError(
            f"{word}: no run, but a repetition that was observed. Its run is {of_run.label}; name that one"
        )
    names = list(dict.fromkeys(run_dir.name for run_dir in run_dirs))
    name, _, folder = word.rstrip("/").removeprefix(f"{runs_dir}/").partition("/")
    if folder and name in names:
        names = [run_dir.label for run_dir in run_dirs if run_dir.name == name]
    nearest = did_you_mean(word, [*names, *_near_globs(word, run_dirs)])
    return UserError(f"{word}: no such run, name or config in {runs_dir}.{nearest} Choose from: {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def _near_globs(word: str, run_dirs: Sequence[RunDir]) -> list[str]:
    """A glob that matches nothing, with the start of each name in place of its own, where it matches then."""
    if not (signs := re.search(r"[*?[]", word)):
        return []
    start = signs.start()
    globs = dict.fromkeys(run_dir.name[:start] + word[start:] for run_dir in run_dirs)
    return [glob for glob in globs if _matching(run_dirs, glob)]
