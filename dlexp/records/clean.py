"""Runs that can go: smoke runs, and what neither finished nor can be counted on. A finished run never does."""

import contextlib
import errno
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dlexp.records.index import OBSERVING, SMOKE, scan
from dlexp.records.lock import Lost, Taken, locked
from dlexp.records.run_dir import OWN_FILES, UNFINISHED, RunDir, Status

#: What a killed process leaves beside a file: `.gpu3-4711-summary.json`; of earlier versions `.4711-summary.json`.
_BESIDE = re.compile(r"\.(?:.*[-.])?\d+-(?P<name>.+)")
#: A run that is about to start has no log yet: its directory is this young.
STARTING_SECONDS = 60.0


@dataclass(frozen=True)
class Cleaned:
    """What became of a run that was to go."""

    run_dir: RunDir
    status: Status
    n_bytes: int
    kept: str | None
    """Why it was kept; None if it is gone, or would be."""


def clean(
    runs_dir: Path, *, smoke: bool, failed: bool, dry_run: bool, own_files: Collection[str] = OWN_FILES
) -> Iterator[Cleaned]:
    """Remove all smoke runs, all that failed or broke off, or both; with `dry_run` only look at them.

    A run that holds other files than `own_files` is kept.
    """
    folder, observing = (runs_dir / hidden for hidden in (SMOKE, OBSERVING))
    chosen = [(run_dir, True) for run_dir in _own(folder)] if smoke and not folder.is_symlink() else []
    if failed:
        folders = [runs_dir] if observing.is_symlink() else [runs_dir, observing]
        chosen += [(run_dir, False) for folder in folders for run_dir in unfinished_runs(folder)]
    for run_dir, is_smoke in chosen:
        kept = "under way" if _is_under_way(run_dir) else _why_not_ours(run_dir, own_files)
        status, n_bytes = run_dir.status, size(run_dir)
        if not (kept or dry_run):
            kept = _remove(run_dir, is_smoke, own_files)
        yield Cleaned(run_dir, status, n_bytes, kept)


def unfinished_runs(runs_dir: Path) -> list[RunDir]:
    """All runs that failed, or broke off with nothing to resume; no smoke runs, no damaged ones."""
    return [run_dir for run_dir in _own(runs_dir) if _is_unfinished(run_dir)]


def damaged_runs(runs_dir: Path) -> list[RunDir]:
    """All runs with a damaged record, which may have finished: they are for the user to remove; no smoke runs."""
    return [run_dir for run_dir in _own(runs_dir) if run_dir.status == "damaged"]


def _is_unfinished(run_dir: RunDir) -> bool:
    """Whether a run failed, or broke off with nothing to resume."""
    status = run_dir.status
    return status == "failed" or (status in UNFINISHED and not run_dir.has_checkpoint)


def size(run_dir: RunDir) -> int:
    """The bytes of a run's files."""
    n_bytes = 0
    for path in _files(run_dir):
        with contextlib.suppress(FileNotFoundError):
            n_bytes += path.lstat().st_size
    return n_bytes


def _remove(run_dir: RunDir, is_smoke: bool, own_files: Collection[str]) -> str | None:
    """Delete a run and the directories around it that this leaves empty; why it was kept, or None if it is gone.

    The list that it stands on may be old: it is looked at again while its lock is held, so that nothing can finish it
    in between.
    """
    try:
        with locked(run_dir.lock_path) as held:
            if not (is_smoke or _is_unfinished(run_dir)):
                return f"{'finished' if run_dir.status == 'finished' else 'changed'} since it was listed"
            if reason := _why_not_ours(run_dir, own_files):
                return reason
            # These last: the run keeps its status to the end, should this be killed.
            last = (run_dir.config_path, run_dir.failure_path, run_dir.lock_path)
            for path in sorted(_files(run_dir), key=lambda path: last.index(path) if path in last else -1):
                held.check()
                path.unlink(missing_ok=True)
            run_dir.path.rmdir()
    except (Taken, Lost):
        return "under way"
    except OSError as error:
        # Not empty: another process began it just now.
        return "under way" if error.errno == errno.ENOTEMPTY else f"cannot be removed: {error.strerror}"
    name = run_dir.path.parent
    for folder in (name, name.parent) if name.parent.name in (SMOKE, OBSERVING) else (name,):
        with contextlib.suppress(OSError):  # It is not empty, or gone.
            folder.rmdir()
    return None


def _files(run_dir: RunDir) -> list[Path]:
    """What a run's directory holds; nothing where it is gone."""
    try:
        return list(run_dir.path.iterdir())
    except FileNotFoundError:
        return []


def _own(runs_dir: Path) -> list[RunDir]:
    """The runs below a directory, except what is behind a symbolic link."""
    return [run for run in scan(runs_dir) if not run.path.is_symlink() and not run.path.parent.is_symlink()]


def _why_not_ours(run_dir: RunDir, own_files: Collection[str]) -> str | None:
    """The first of the files in a run's directory that dlexp did not write, in words; None if there is none."""
    for path in sorted(_files(run_dir)):
        beside = _BESIDE.fullmatch(path.name)
        name = beside["name"] if beside else path.name
        if path.is_symlink() or not path.is_file() or name not in own_files:
            return f"holds {path.name}, which dlexp did not write"
    return None


def _is_under_way(run_dir: RunDir) -> bool:
    """A worker holds its lock, or is about to."""
    if run_dir.owner is not None:
        return True
    is_empty = run_dir.status == "interrupted" and not run_dir.log_path.exists()
    try:
        return is_empty and time.time() - run_dir.path.stat().st_mtime < STARTING_SECONDS
    except FileNotFoundError:  # Another command has removed it.
        return False
