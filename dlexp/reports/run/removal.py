"""Runs that were removed, and damaged ones that were not."""

from collections.abc import Sequence

from dlexp.format import plural
from dlexp.records.clean import Cleaned
from dlexp.records.run_dir import RunDir


def line(run: Cleaned) -> str:
    """A line for a run that was removed."""
    return f"{run.run_dir.path}: {run.status}, {_readable(run.n_bytes)}"


def summary(gone: Sequence[Cleaned], damaged: Sequence[RunDir], dry_run: bool) -> list[str]:
    """Which damaged runs were kept, and how many runs were removed."""
    removed = f"{'would remove' if dry_run else 'removed'} {plural(len(gone), 'run')}"
    lines = [f"{removed}, {_readable(sum(run.n_bytes for run in gone))}"]
    if len(damaged) == 1:
        how = "once you need nothing in its folder, remove it by hand"
        lines.insert(0, f"kept 1 damaged run, {damaged[0].path}: {how}")
    elif damaged:
        how = "once you need nothing in their folders, remove them by hand"
        lines.insert(0, f"kept {len(damaged)} damaged runs, the first of them {damaged[0].path}: {how}")
    return lines


def _readable(n_bytes: int) -> str:
    """`1.2 MB`."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.1f} kB"
