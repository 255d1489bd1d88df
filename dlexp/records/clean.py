"""Runs that can go: smoke runs, and what neither finished nor can be counted on. A finished run never does."""

from collections.abc import Collection, Iterator
from pathlib import Path

from dlexp.records.index import OBSERVING, SMOKE, scan
from dlexp.records.removal import Removal, remove, size, why_kept
from dlexp.records.run_dir import OWN_FILES, UNFINISHED, RunDir


def clean(
    runs_dir: Path, *, smoke: bool, failed: bool, dry_run: bool, own_files: Collection[str] = OWN_FILES
) -> Iterator[Removal]:
    """Remove all smoke runs, all that failed or broke off, or both; with `dry_run` only look at them.

    A run that holds other files than `own_files` is kept.
    """
    folder, observing = (runs_dir / hidden for hidden in (SMOKE, OBSERVING))
    chosen = [(run_dir, True) for run_dir in _own(folder)] if smoke and not folder.is_symlink() else []
    if failed:
        folders = [runs_dir] if observing.is_symlink() else [runs_dir, observing]
        chosen += [(run_dir, False) for folder in folders for run_dir in unfinished_runs(folder)]
    for run_dir, is_smoke in chosen:
        kept = why_kept(run_dir, own_files)
        status, n_bytes = run_dir.status, size(run_dir)
        if not (kept or dry_run):
            kept = remove(run_dir, own_files, None if is_smoke else _why_not_any_more)
        yield Removal(run_dir, status, n_bytes, kept)


def _why_not_any_more(run_dir: RunDir) -> str:
    if _is_unfinished(run_dir):
        return ""
    return f"{'finished' if run_dir.status == 'finished' else 'changed'} since it was listed"


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


def _own(runs_dir: Path) -> list[RunDir]:
    """The runs below a directory, except what is behind a symbolic link."""
    return [run for run in scan(runs_dir) if not run.path.is_symlink() and not run.path.parent.is_symlink()]
