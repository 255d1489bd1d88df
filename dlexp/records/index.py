"""All runs below a runs directory, read again from the folders each time: no index has to agree with them."""

import gc
import logging
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.config.identity import Identities
from dlexp.config.names import BIAS_VARIANCE, LEDGERS, OBSERVED, PREFIX_LENGTH, SUMMARY_CSV
from dlexp.errors import UserError
from dlexp.format import plural
from dlexp.records.ended import Ended, Failed, Finished
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import FolderName, RunDir, Status
from dlexp.records.seal import Seal

log = logging.getLogger(__name__)

#: Where smoke runs lie, beside the names' folders; part of no index.
SMOKE = ".smoke"
#: Where finished runs are trained again to be observed; each is moved beside its run when it has finished.
OBSERVING = ".observing"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is on record of one run."""

    dir: RunDir
    status: Status
    record: Ended
    """Of a run that neither finished nor failed only the seed is known, by its folder's name."""
    what: str = ""
    """What went wrong with it, in a line: why it failed, cannot be read or was interrupted, where that is known."""

    @property
    def name(self) -> str:
        """The name of the folder that it lies in."""
        return self.dir.name

    @property
    def seed(self) -> int:
        """The seed that its folder's name says."""
        return self.dir.seed

    @property
    def identity(self) -> str:
        """The recorded identity of its experiment; empty if there is none."""
        return self.record.identity

    @cached_property
    def experiment(self) -> str:
        """The identity of its experiment as this version takes it: the same whichever version recorded the run."""
        return Identities.own_of_record(self.record.raw)

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config without its name; empty if none is on record."""
        return {key: value for key, value in self.record.config.items() if key != "name"}

    @property
    def result(self) -> Finished:
        """The record of a finished run; of another there is none to ask for."""
        if not isinstance(self.record, Finished):
            raise TypeError(f"{self.dir.path} is {self.status}: it has no result")
        return self.record

    @property
    def metrics(self) -> dict[str, float]:
        """The numbers of a finished run by column, NaN for what is no number; none of another."""
        return dict(self.record.metrics) if isinstance(self.record, Finished) else {}

    @property
    def epochs(self) -> int | None:
        """How many epochs were trained, or in which one the run failed; None if that is not on record."""
        if isinstance(self.record, Failed):
            return self.record.epoch
        return self.record.epochs if isinstance(self.record, Finished) else None

    @property
    def has_diverged(self) -> bool:
        """Whether the loss became NaN or infinite."""
        return isinstance(self.record, Failed) and self.record.kind == "diverged"


def walk(runs_dir: Path) -> tuple[list[RunDir], list[Path]]:
    """All run directories by name, seed, experiment and attempt; and what lies between them and is no run's.

    Hidden entries, smoke runs among them, are passed over, and so are ledgers and the observed repetitions of the runs.

    Raises:
        UserError: There is no such directory, or it may not be read.
    """
    found, foreign = [], []
    for name in entries(runs_dir):
        try:
            own = entries(Path(name.path))
        except UserError:  # A file, or not to be read.
            if name.name != SUMMARY_CSV or is_directory(name):
                foreign.append(Path(name.path))
            continue
        runs = [RunDir(Path(entry.path)) for entry in own if FolderName.parse(entry.name) and is_directory(entry)]
        found += runs
        known = {run_dir.path.name for run_dir in runs}
        if name.name != LEDGERS:
            foreign += [Path(entry.path) for entry in own if entry.name.removesuffix(OBSERVED) not in known]
    return sorted(found, key=lambda run_dir: (run_dir.name, run_dir.folder)), sorted(foreign)


def scan(runs_dir: Path) -> list[RunDir]:
    """All run directories in the order of `walk`; empty if there is no runs directory yet."""
    return walk(runs_dir)[0] if runs_dir.exists() else []


def read(run_dir: RunDir) -> Run:
    """Read one run's record, without the test split where a study has sealed it; a damaged one is a `Run` that says so.

    This is the only place where what is sealed is left out: who reads a run by another way sees all of it.
    """
    run = as_recorded(run_dir)
    try:
        seal = run_dir.seal()
    except DamagedRecord as error:
        return Run(dir=run_dir, status="damaged", record=_unknown(run_dir), what=error.lines[0])
    return without_test(run, seal) if seal else run


def without_test(run: Run, seal: Seal) -> Run:
    """A run as its readers see it while it is sealed."""
    return replace(run, record=seal.without_test(run.record)) if isinstance(run.record, Finished) else run


def as_recorded(run_dir: RunDir) -> Run:
    """Read all of one run's record, sealed test scores included: for `verify`, which says whether they are the same."""
    status, ended, what = run_dir.standing()
    return Run(dir=run_dir, status=status, record=ended or _unknown(run_dir), what=what)


def _unknown(run_dir: RunDir) -> Ended:
    return Ended(seed=run_dir.seed, identity="", config={})


def read_all(run_dirs: Iterable[RunDir]) -> list[Run]:
    """Read many runs' records, as `read` does each."""
    with _no_collections():
        return list(map(read, run_dirs))


@contextmanager
def _no_collections() -> Iterator[None]:
    """Within, Python looks for no cycles: records have none, and are millions of values to be looked through.

    Of 10,000 records that takes a third of the time of reading them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_of_bias_variance(run_dir: RunDir) -> bool:
    """Whether it is one of the many runs behind bias and variance, and not one that is only called so."""
    if not run_dir.name.endswith(BIAS_VARIANCE):
        return False
    try:
        return "\n  resample: null\n" not in regular_files.read_text(run_dir.config_path)
    except (OSError, UnicodeDecodeError):
        return True


def without_bias_variance(run_dirs: Iterable[RunDir]) -> tuple[list[RunDir], str]:
    """The runs on training sets as they are, and a line that counts the others; empty where there are none."""
    usual: list[RunDir] = []
    others: list[RunDir] = []
    for run_dir in run_dirs:
        (others if is_of_bias_variance(run_dir) else usual).append(run_dir)
    if not others:
        return usual, ""
    return usual, f"{plural(len(others), 'run')} of bias-variance left out. To list them: dlexp ls '{others[0].name}'"


def readable(run_dirs: Iterable[RunDir]) -> list[Run]:
    """Read these runs except the damaged ones, which are logged, a line each."""
    runs = []
    for run in read_all(run_dirs):
        if run.status == "damaged":
            log.warning(f"{run.what} (left out)")
        else:
            runs.append(run)
    return runs


def finished(runs_dir: Path) -> list[Run]:
    """All finished runs except smoke runs, those on resampled training sets included."""
    return [run for run in readable(scan(runs_dir)) if run.status == "finished"]


def latest(runs: Iterable[Run]) -> Run | None:
    """The attempt that ended last: attempts count up within one name only."""
    return max(runs, key=_end, default=None)


def latest_finished(runs: Sequence[Run]) -> Run:
    """Of at least one run the latest that finished, or the latest of all if none has."""
    return max([run for run in runs if run.status == "finished"] or runs, key=_end)


def _end(run: Run) -> tuple[str, int]:
    return run.record.ended, run.dir.folder.attempt


def recorded(runs: Iterable[Run], identities: Container[str], name: str = "") -> Run | None:
    """The attempt that stands for an experiment among runs with one seed, under whatever name and identity it lies.

    That is the latest finished one, else the latest that diverged: the same again would diverge again. Of either kind,
    those under the given name come first.
    """
    own = [run for run in runs if run.identity in identities]
    finished = [run for run in own if run.status == "finished"]
    candidates = finished or [run for run in own if run.has_diverged]
    return latest(run for run in candidates if run.name == name) or latest(candidates)


class Attempts:
    """All run directories below a runs directory, by experiment and seed, under every name."""

    def __init__(self, run_dirs: Iterable[RunDir] = ()) -> None:
        self._by_key: dict[tuple[str, int], list[RunDir]] = {}
        for run_dir in run_dirs:
            self._by_key.setdefault((run_dir.folder.prefix, run_dir.seed), []).append(run_dir)

    def of(self, identities: Iterable[str], seed: int) -> list[RunDir]:
        """What may be a record of an experiment with a seed, by the names of the folders."""
        keys = ((identity[:PREFIX_LENGTH], seed) for identity in identities)
        return [run_dir for key in keys for run_dir in self._by_key.get(key, ())]


def with_identity(run_dirs: Iterable[RunDir], identities: Identities) -> list[Run]:
    """Those of these runs that are on record of an experiment, under every name."""
    prefixes = {identity[:PREFIX_LENGTH] for identity in identities}
    near = [run_dir for run_dir in run_dirs if run_dir.folder.prefix in prefixes]
    return [run for run in readable(near) if run.identity in identities]


def in_order(runs: Iterable[Run]) -> list[Run]:
    """Runs as they were handed out, older ones as they began or ended: the points of a grid in its order."""
    return sorted(runs, key=lambda run: run.record.submitted or run.record.started or run.record.ended)


def is_directory(entry: os.DirEntry[str] | Path) -> bool:
    """Whether it is one; not a link to itself, nor what no directory can be called."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def entries(directory: Path) -> list[os.DirEntry[str]]:
    """What lies in a directory, except hidden entries."""
    try:
        with os.scandir(directory) as found:
            return [entry for entry in found if not entry.name.startswith(".")]
    except OSError as error:
        raise UserError(f"{directory}: cannot be read: {error.strerror}") from error
