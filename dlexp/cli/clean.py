"""`dlexp clean`: remove runs that nobody needs any more."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, RunsDir


def clean(
    smoke: Annotated[bool, typer.Option("--smoke", help="Remove all smoke runs.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Remove runs that failed, diverged or broke off with no checkpoint.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
) -> None:
    """Remove smoke runs, or runs that never finished. What is finished, under way or can be resumed stays.

    A damaged run may have finished, and stays too: it is named, for `dlexp rm`.

    A removed run that had diverged is no longer counted by `compare`, and the next `run` trains it again.

    Example: dlexp clean --smoke --failed --dry-run
    """
    from dlexp.console import one_line, say
    from dlexp.errors import UserError
    from dlexp.format import plural
    from dlexp.records import clean as records
    from dlexp.records.summary_csv import refresh
    from dlexp.reports.numbers import file_size
    from dlexp.workflows.runner import own_files

    if not (smoke or failed):
        raise UserError("say what to remove: --smoke, --failed, or both; with --dry-run nothing is removed yet")
    gone = []
    for run in records.clean(runs_dir, smoke=smoke, failed=failed, dry_run=dry_run, own_files=own_files()):
        if run.kept:
            say(f"{run.run_dir.path}: kept: {run.kept}")
        else:
            print(one_line(f"{run.run_dir.path}: {run.status}, {file_size(run.n_bytes)}"))
            gone.append(run)
    if not dry_run:
        refresh(runs_dir)
    damaged = records.damaged_runs(runs_dir) if failed else []
    if len(damaged) == 1:
        how = f"once you need nothing in its folder: dlexp rm {damaged[0].path}"
        say(f"kept 1 damaged run, {damaged[0].path}: {how}")
    elif damaged:
        where = "" if runs_dir == RUNS_DIR else f" --runs-dir {runs_dir}"
        how = f"once you need nothing in their folders: dlexp rm --status damaged{where}"
        say(f"kept {len(damaged)} damaged runs, the first of them {damaged[0].path}: {how}")
    freed = file_size(sum(run.n_bytes for run in gone))
    say(f"{'would remove' if dry_run else 'removed'} {plural(len(gone), 'run')}, {freed}")
