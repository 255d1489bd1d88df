"""Runs that can go: smoke runs, and what neither finished nor can be counted on. A finished run never does."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from dlexp.runs.index import scan, smoke_dir
from dlexp.runs.run_dir import OWN_FILES, UNFINISHED, RunDir

#: What a killed process leaves beside a file: `.gpu3-4711-summary.json`; of earlier versions `.4711-summary.json`.
_BESIDE = re.compile(r"\.(?:.*[-.])?\d+-(?P<name>.+)")
#: A run that is about to start has no log yet: its directory is this young.
STARTING_SECONDS = 60.0


def smoke_runs(runs_dir: Path) -> list[RunDir]:
    """All smoke runs, however they ended; nothing behind a symbolic link."""
    folder = smoke_dir(runs_dir)
    return [] if folder.is_symlink() else _own(folder)


def unfinished_runs(runs_dir: Path) -> list[RunDir]:
    """All runs that failed, or broke off with nothing to go on from.

    Neither smoke runs nor damaged records nor anything behind a symbolic link.
    """
    runs = [run_dir for run_dir in _own(runs_dir) if run_dir.status in (*UNFINISHED, "failed")]
    return [run_dir for run_dir in runs if run_dir.status == "failed" or not run_dir.has_checkpoint]


def why_kept(run_dir: RunDir) -> str | None:
    """Why a run cannot be removed: it is under way, or holds what dlexp did not write; none where it can be."""
    if _is_under_way(run_dir):
        return "under way"
    foreign = sorted(path.name for path in run_dir.path.iterdir() if not _is_own(path))
    return f"holds {foreign[0]}, which dlexp did not write" if foreign else None


def size(run_dir: RunDir) -> int:
    """The bytes of a run's files."""
    return sum(path.lstat().st_size for path in run_dir.path.iterdir())


def remove(run_dir: RunDir) -> None:
    """Delete a run's files and directory, and the directories around it that this leaves empty."""
    # These last: the run keeps its status to the end, should this be killed.
    for path in sorted(run_dir.path.iterdir(), key=lambda path: path in (run_dir.config_path, run_dir.failure_path)):
        path.unlink()
    run_dir.path.rmdir()
    for folder in _around(run_dir):
        if any(folder.iterdir()):
            return
        folder.rmdir()


def _own(runs_dir: Path) -> list[RunDir]:
    return [run for run in scan(runs_dir) if not run.path.is_symlink() and not run.path.parent.is_symlink()]


def _is_own(path: Path) -> bool:
    beside = _BESIDE.fullmatch(path.name)
    return not path.is_symlink() and path.is_file() and (beside["name"] if beside else path.name) in OWN_FILES


def _is_under_way(run_dir: RunDir) -> bool:
    """A worker holds its lock, or is about to."""
    if run_dir.owner is not None:
        return True
    is_empty = run_dir.status == "interrupted" and not run_dir.log_path.exists()
    return is_empty and time.time() - run_dir.path.stat().st_mtime < STARTING_SECONDS


def _around(run_dir: RunDir) -> Iterator[Path]:
    name = run_dir.path.parent
    yield name
    if name.parent.name == smoke_dir(Path()).name:
        yield name.parent
