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

    A damaged run may have finished, and stays too: it is named, for you to remove its folder by hand.

    A removed run that had diverged is no longer counted by `compare`, and the next `run` trains it again.

    Example: dlexp clean --smoke --failed --dry-run
    """
    from dlexp.console import one_line, say
    from dlexp.errors import UserError
    from dlexp.records import clean as records
    from dlexp.records.run_dir import OWN_FILES
    from dlexp.reports.run import removal
    from dlexp.workflows.training import AFTER

    if not (smoke or failed):
        raise UserError("say what to remove: --smoke, --failed, or both; with --dry-run nothing is removed yet")
    gone = []
    own_files = {*OWN_FILES, *(each.file for each in AFTER)}
    for run in records.clean(runs_dir, smoke=smoke, failed=failed, dry_run=dry_run, own_files=own_files):
        if run.kept:
            say(f"{run.run_dir.path}: kept: {run.kept}")
        else:
            print(one_line(removal.line(run)))
            gone.append(run)
    say(*removal.summary(gone, records.damaged_runs(runs_dir) if failed else [], dry_run))
