"""Remove runs on record, finished ones too."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from dlexp.errors import UserError
from dlexp.records.index import Run, read
from dlexp.records.query import Filters
from dlexp.records.removal import Removal, size, why_kept
from dlexp.records.removal import remove as remove_one
from dlexp.records.run_dir import UNFINISHED, RunDir, Status
from dlexp.records.selection import select
from dlexp.records.summary_csv import refresh
from dlexp.workflows.runner import own_files


def chosen(words: Sequence[str], filters: Filters, runs_dir: Path, data_dir: Path | None) -> list[tuple[Run, Removal]]:
    """The runs that words and filters select, each with what would become of it.

    Raises:
        UserError: Neither a word nor a filter is given; or as `select`.
    """
    if not words and filters.is_empty:
        raise UserError(
            "choose what to remove: names, runs or configs, or a filter such as --status failed; "
            "dlexp ls shows what a selection means"
        )
    runs, own = select(runs_dir, words, data_dir, filters=filters), own_files()
    kept = [_behind_a_link(run.dir) or why_kept(run.dir, own) for run in runs]
    return [(run, Removal(run.dir, run.status, size(run.dir), why)) for run, why in zip(runs, kept, strict=True)]


def remove(chosen: Iterable[Removal]) -> Iterator[Removal]:
    """Remove runs one by one, then write `summary.csv` again where it lies beside them, also if that is interrupted."""
    own, folders = own_files(), dict[Path, None]()
    try:
        for each in chosen:
            kept = remove_one(each.run_dir, own, partial(_changed, each.status))
            folders[each.run_dir.path.parent.parent] = None
            yield Removal(each.run_dir, each.status, each.n_bytes, kept)
    finally:
        for folder in folders:
            refresh(folder)


def _behind_a_link(run_dir: RunDir) -> str:
    """Why a run behind a symbolic link is kept: what lies elsewhere is removed by its own path alone."""
    is_link = run_dir.path.is_symlink() or run_dir.path.parent.is_symlink()
    return f"lies behind a symbolic link; its own path is {run_dir.path.resolve()}" if is_link else ""


def _changed(was: Status, run_dir: RunDir) -> str:
    """Whether a run stands otherwise than when it was chosen, in words; its lock is held by this process."""
    now = read(run_dir).status  # As it was listed: a damaged seal counts, too.
    is_same = now == was or (now in UNFINISHED and was in UNFINISHED)
    return "" if is_same else f"{now} since it was listed"
