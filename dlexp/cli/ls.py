"""`dlexp ls`: runs, one row each."""

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
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Order by a setting, a column of the records or what else --where knows: best or smallest first.",
        ),
    ] = None,
    best: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="The N best runs, by --sort or else by their main metric."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="KEY,KEY",
            help="Show these beside the run: settings, columns of the records, tags and what else --where knows.",
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every row of a long table.")] = False,
    output_format: TableFormat = "table",
    runs_dir: RunsDir = RUNS_DIR,
) -> None:
    """List runs, the newest last: how each stands, the settings that differ, its main validation score.

    The score is that of the last epoch. A table has the newest 40 runs, with --sort the first 40; json, csv and md have
    all, json and csv with every setting and metric.

    Example: dlexp ls --since 7d --best 5
    """
    from dlexp import console
    from dlexp.cli.highlights import STATUS, in_column
    from dlexp.errors import UserError, shown
    from dlexp.near_words import did_you_mean
    from dlexp.records.index import read_all, walk, without_bias_variance
    from dlexp.records.query import filters
    from dlexp.records.selection import select
    from dlexp.records.summary_csv import staleness
    from dlexp.reports.run.listing import listing

    if runs_dir != RUNS_DIR and not runs_dir.exists():
        beside = [path.name for path in runs_dir.parent.iterdir()] if runs_dir.parent.is_dir() else []
        raise UserError(f"--runs-dir {runs_dir}: there is no such folder.{did_you_mean(runs_dir.name, beside)}")
    passing = filters(where or (), status or (), since, tags or ())
    run_dirs, foreign = walk(runs_dir) if runs_dir.exists() else ([], [])
    stale = staleness(runs_dir, run_dirs)
    run_dirs, others = without_bias_variance([] if words else run_dirs)
    runs = select(runs_dir, words, filters=passing) if words else passing.apply(read_all(run_dirs))
    if others:
        console.say(others)
    elif not (runs or run_dirs or words):
        console.say(f"no runs in {runs_dir} yet. Try: dlexp run configs/digits_sgd.yaml")
    chosen = [key.strip() for key in columns.split(",")] if columns else []
    found = listing(
        runs, output_format, console.table_width(), chosen=chosen, sort=sort, n_best=best, show_all=show_all
    )
    is_table = output_format == "table"
    console.show(found.text, in_column(found.text, "status", STATUS) if is_table else ())
    damaged = [run.what for run in runs if run.status == "damaged"]
    more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
    no_runs = [f"{foreign[0]}{more}: no run, passed over"] if foreign and not words else []
    console.say(*found.said, *shown(damaged), *no_runs, *filter(None, [stale]))
