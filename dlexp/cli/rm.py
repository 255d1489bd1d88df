"""`dlexp rm`: remove runs, finished ones too."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, RunsDir, Selection, Since, StatusIs, Tagged, Where


def rm(
    words: Selection = None,
    where: Where = None,
    status: StatusIs = None,
    since: Since = None,
    tags: Tagged = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Remove them without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")] = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Remove runs, finished ones too: they are listed, and you are asked.

    A run that is under way stays, and one whose folder holds a file that dlexp did not write. Then the exit code is 1,
    or 3 where other processes have all of them.

    Example: dlexp rm --status failed --dry-run
    """
    from dlexp import console
    from dlexp.errors import Elsewhere, shown
    from dlexp.format import plural
    from dlexp.records.query import filters
    from dlexp.records.removal import UNDER_WAY, Removal
    from dlexp.reports.numbers import file_size
    from dlexp.reports.run.removals import counted, listing
    from dlexp.workflows import rm as workflow

    passing = filters(where or (), status or (), since, tags or ())
    chosen = workflow.chosen(words or [], passing, runs_dir, data_dir)
    runs = [run for run, each in chosen if not each.kept]
    going = [each for _, each in chosen if not each.kept]
    kept = [each for _, each in chosen if each.kept]
    if going:
        sizes = [each.n_bytes for each in going]
        print("\n".join(listing(runs, sizes, console.table_width())))
        console.say(counted(runs, sum(sizes)))
    gone: list[Removal] = []
    try:
        if going and not dry_run and (yes or _agrees(len(going))):
            for each in workflow.remove(going):
                (kept if each.kept else gone).append(each)
    finally:  # Also where it is interrupted.
        console.say(*shown([f"{each.run_dir.path}: kept: {each.kept}" for each in kept]))
        if dry_run:
            console.say(f"would remove {plural(len(going), 'run')}; removed nothing")
        else:
            console.say(f"removed {plural(len(gone), 'run')}, {file_size(sum(each.n_bytes for each in gone))}")
    if kept and not dry_run:
        if not gone and all(each.kept == UNDER_WAY for each in kept):
            raise Elsewhere("nothing to remove here: other processes have all these runs")
        raise typer.Exit(1)


def _agrees(n_runs: int) -> bool:
    """Whether the user wants them removed; without a terminal there is nobody to ask."""
    import sys

    from dlexp.errors import UserError
    from dlexp.format import plural

    if not sys.stdin.isatty():
        raise UserError(f"there is no terminal to ask on; --yes removes {plural(n_runs, 'run')} unasked")
    print(f"Remove {plural(n_runs, 'run')}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
