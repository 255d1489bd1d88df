"""How a run is removed: under its lock, only what dlexp wrote, and in an order that stands a kill at any moment."""

import contextlib
import errno
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dlexp.records.index import OBSERVING, SMOKE
from dlexp.records.lock import Held, Lost, Taken, locked
from dlexp.records.run_dir import RunDir, Status
from dlexp.whole_files import sync

#: What a killed process leaves beside a file: `.gpu3-4711-summary.json`; of earlier versions `.4711-summary.json`.
_BESIDE = re.compile(r"\.(?:.*[-.])?\d+-(?P<name>.+)")
#: A run that is about to start has no log yet: its directory is this young.
STARTING_SECONDS = 60.0
#: Why a run is kept that another process has.
UNDER_WAY = "under way"


@dataclass(frozen=True)
class Removal:
    """A run that is to go, and what became of it."""

    run_dir: RunDir
    status: Status
    n_bytes: int
    kept: str
    """Why it was kept; empty if it is gone, or would be."""


def why_kept(run_dir: RunDir, own_files: Collection[str]) -> str:
    """Why a run cannot be removed: another process has it, or it holds what dlexp did not write; empty if it can."""
    parts = _parts(run_dir)
    if any(part.owner is not None or _is_starting(part) for part in parts):
        return UNDER_WAY
    return _why_not_ours(parts, own_files)


def size(run_dir: RunDir) -> int:
    """The bytes of a run's files, those of its repetition included."""
    n_bytes = 0
    for path in (path for part in _parts(run_dir) for path in _files(part)):
        with contextlib.suppress(FileNotFoundError):
            n_bytes += path.lstat().st_size
    return n_bytes


def remove(run_dir: RunDir, own_files: Collection[str], why_not: Callable[[RunDir], str] | None = None) -> str:
    """Delete a run with its repetition, and the directories around it that this leaves empty.

    The list that it stands on may be old: it is looked at again while its lock is held, so that nothing can change it
    in between. Its result goes first: what is left by whoever kills this is a run that broke off. Then the user's own
    words, which are for no run that is begun here again.

    Args:
        run_dir: The run.
        own_files: The names of files that dlexp writes.
        why_not: Asked then: why the run is to be kept as it is now; empty if it can go.

    Returns:
        Why it was kept; empty if it is gone, also where another process has removed it.
    """
    try:
        with contextlib.ExitStack() as stack:
            held = [(part, stack.enter_context(locked(part.lock_path))) for part in _parts(run_dir)]
            if reason := (why_not(run_dir) if why_not else "") or _why_not_ours(_parts(run_dir), own_files):
                return reason
            _unlink((run_dir.summary_path, run_dir.tags_path, run_dir.note_path), held[0][1])
            sync(run_dir.path)
            for part, lock in reversed(held):
                _unlink(_in_order(part), lock)
                part.path.rmdir()
    except (Taken, Lost):
        return UNDER_WAY
    except OSError as error:
        if run_dir.path.exists():  # Not empty: another process began it just now.
            return UNDER_WAY if error.errno == errno.ENOTEMPTY else f"cannot be removed: {error.strerror}"
    for folder in _folders_around(run_dir):
        with contextlib.suppress(OSError):  # It is not empty, or gone.
            folder.rmdir()
    return ""


def _in_order(run_dir: RunDir) -> list[Path]:
    """A run's files as they can go.

    First what it could be resumed or continued from, while its history is there; last what says how it stands, which it
    keeps to the end.
    """
    first = (run_dir.checkpoint_path, run_dir.previous_checkpoint_path, run_dir.state_path)
    last = (run_dir.config_path, run_dir.failure_path, run_dir.lock_path)
    files = _files(run_dir)
    others = [path for path in files if path not in (*first, *last)]
    return [*(path for path in first if path in files), *others, *(path for path in last if path in files)]


def _unlink(paths: Iterable[Path], held: Held) -> None:
    for path in paths:
        held.check()
        path.unlink(missing_ok=True)


def _parts(run_dir: RunDir) -> list[RunDir]:
    """A run, and what belongs to it alone: its repetition that was observed, and one that is being observed."""
    observing = run_dir.path.parent.parent / OBSERVING / run_dir.path.parent.name / run_dir.path.name
    repetitions = (run_dir.repetition, RunDir(observing))
    return [run_dir, *(each for each in repetitions if each.path.is_dir() and not each.path.is_symlink())]


def _folders_around(run_dir: RunDir) -> Iterator[Path]:
    """The folders around a run, the inner ones first, and those around what was observed."""
    name = run_dir.path.parent
    observing = name.parent / OBSERVING
    yield from (observing / name.name, observing, name)
    if name.parent.name in (SMOKE, OBSERVING):
        yield name.parent


def _files(run_dir: RunDir) -> list[Path]:
    """What a run's directory holds; nothing where it is gone."""
    try:
        return list(run_dir.path.iterdir())
    except FileNotFoundError:
        return []


def _why_not_ours(parts: Collection[RunDir], own_files: Collection[str]) -> str:
    """The first of the files in a run's directories that dlexp did not write, in words; empty if there is none."""
    for path in (path for part in parts for path in sorted(_files(part))):
        beside = _BESIDE.fullmatch(path.name)
        name = beside["name"] if beside else path.name
        if path.is_symlink() or not path.is_file() or name not in own_files:
            return f"holds {path.name}, which dlexp did not write"
    return ""


def _is_starting(run_dir: RunDir) -> bool:
    """Whether a worker is about to hold its lock; a repetition lies beside its run only when it has finished."""
    try:
        is_empty = not any(map(Path.exists, (run_dir.log_path, run_dir.summary_path, run_dir.failure_path)))
        return is_empty and time.time() - run_dir.path.stat().st_mtime < STARTING_SECONDS
    except FileNotFoundError:  # Another command has removed it.
        return False
