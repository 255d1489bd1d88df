"""`dlexp clean`: remove runs that nobody needs any more."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.options import RUNS_DIR, RunsDir

if TYPE_CHECKING:
    from dlexp.records.run_dir import RunDir


def clean(
    smoke: Annotated[bool, typer.Option("--smoke", help="Remove all smoke runs.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Remove runs that failed, diverged or broke off with no checkpoint.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
) -> None:
    """Remove smoke runs, or runs that never finished. What is finished, under way or can be resumed stays.

    A damaged run may have finished, and stays too: it is named, for you to remove its folder by hand.

    A removed run that had diverged is no longer counted by `compare`, and the next `run` trains it again.

    Example: dlexp clean --smoke --failed --dry-run
    """
    from dlexp.console import one_line, say
    from dlexp.errors import UserError
    from dlexp.records.clean import damaged_runs, is_unfinished, remove, size, smoke_runs, unfinished_runs, why_kept

    if not (smoke or failed):
        raise UserError("say what to remove: --smoke, --failed, or both; with --dry-run nothing is removed yet")
    chosen: list[tuple[RunDir, Callable[[RunDir], bool]]] = []
    if smoke:
        chosen += [(run_dir, lambda _: True) for run_dir in smoke_runs(runs_dir)]
    if failed:
        chosen += [(run_dir, is_unfinished) for run_dir in unfinished_runs(runs_dir)]
    n_removed = n_bytes = 0
    for run_dir, may_go in chosen:
        if reason := why_kept(run_dir):
            say(f"{run_dir.path}: kept: {reason}")
            continue
        status, of_run = run_dir.status, size(run_dir)
        if not dry_run and (reason := remove(run_dir, may_go)):
            say(f"{run_dir.path}: kept: {reason}")
            continue
        print(one_line(f"{run_dir.path}: {status}, {_readable(of_run)}"))
        n_removed, n_bytes = n_removed + 1, n_bytes + of_run
    if failed and (damaged := damaged_runs(runs_dir)):
        say(_kept(damaged))
    plural = "" if n_removed == 1 else "s"
    say(f"{'would remove' if dry_run else 'removed'} {n_removed} run{plural}, {_readable(n_bytes)}")


def _kept(damaged: "Sequence[RunDir]") -> str:
    """What is said of damaged runs."""
    first = damaged[0].path
    if len(damaged) == 1:
        return f"kept 1 damaged run, {first}: once you need nothing in its folder, remove it by hand"
    count = f"kept {len(damaged)} damaged runs, the first of them {first}"
    return f"{count}: once you need nothing in their folders, remove them by hand"


def _readable(n_bytes: int) -> str:
    """`1.2 MB`."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.1f} kB"
