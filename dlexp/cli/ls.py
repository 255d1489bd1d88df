"""`dlexp ls`: all runs, one line each."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, RunsDir, Since, StatusIs, TableFormat, Tagged, Where


def ls(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN_OR_NAME",
            help="Names, globs of names, or runs.  [default: every run, except those of bias-variance]",
            show_default=False,
        ),
    ] = None,
    where: Where = None,
    status: StatusIs = None,
    since: Since = None,
    tags: Tagged = None,
    output_format: TableFormat = "table",
    runs_dir: RunsDir = RUNS_DIR,
) -> None:
    """List runs: how each stands, its main validation score (best and last), when it ended.

    Example: dlexp ls --format csv
    """
    from dlexp.console import say
    from dlexp.records.index import read, walk, without_bias_variance
    from dlexp.records.query import filters
    from dlexp.records.selection import select
    from dlexp.reports.run.list import render

    passing = filters(where or (), status or (), since, tags or ())
    run_dirs, foreign = walk(runs_dir) if runs_dir.exists() and not words else ([], [])
    run_dirs, others = without_bias_variance(run_dirs)
    runs = select(runs_dir, words, filters=passing) if words else passing.apply(map(read, run_dirs))
    if others:
        say(others)
    elif not (runs or run_dirs or words):
        say(f"no runs in {runs_dir} yet. Try: dlexp run configs/digits_sgd.yaml")
    if runs or output_format != "table":
        print(render(runs, output_format), end="")
    for run in runs:
        if run.status == "damaged":
            say(run.what)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        say(f"{foreign[0]}{more}: no run, passed over")
