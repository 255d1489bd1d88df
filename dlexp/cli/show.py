"""`dlexp show`: one run in full."""

from pathlib import Path
from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, PageFormat, RunsDir

#: A run keeps no more of them.
MAX_MISTAKES = 20


def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A name (its latest finished run), NAME/sSEED-ID, a run directory, or a config."
        ),
    ],
    output_format: PageFormat = "table",
    in_full: Annotated[
        bool,
        typer.Option(
            "--all", help="Show all settings, metrics and layers, the confusions as a table, and what it ran on."
        ),
    ] = False,
    n_mistakes: Annotated[
        int,
        typer.Option(
            "--mistakes",
            metavar="N",
            min=0,
            max=MAX_MISTAKES,
            help="Show so many of the worst test mistakes on each target, with their examples.",
        ),
    ] = 3,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw its diagnostics; with activations for RUN, all hidden units."),
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Show one run: why it failed; or its scores, learning curves, diagnosis and mistakes, then its settings.

    Example: dlexp show digits_sgd
    """
    import shlex

    from dlexp import console
    from dlexp.cli.highlights import RUN_PAGE
    from dlexp.errors import UserError
    from dlexp.records.index import latest_finished
    from dlexp.records.selection import select
    from dlexp.reports.activations import plot as activations_plot
    from dlexp.reports.run import diagnostics_plot
    from dlexp.reports.run.page import render

    if run == "activations" and not (runs_dir / run).is_dir():
        if not plot:
            raise UserError("activations: all hidden units are drawn to a file; say --plot units.png")
        activations_plot.draw(plot)
        return
    runs = select(runs_dir, [run], data_dir)
    shown = latest_finished(runs)
    observed = [each.dir for each in runs if each is not shown and each.dir.has_diagnostics]
    if len(runs) > 1:
        elsewhere = "" if shown.dir.has_diagnostics or not observed else f"; {observed[0].label} has diagnostics"
        latest = f"the latest{' finished' * (shown.status == 'finished')} one"
        console.say(f"{run}: {len(runs)} runs; this is {latest}, {shown.dir.label}{elsewhere}")
    if plot:
        if not (rows := shown.dir.diagnostics()):
            again = f"dlexp run CONFIG --seed {shown.seed} --observe diagnostics"
            words = ["dlexp", "show", str(observed[0].path), "--plot", str(plot)] if observed else []
            raise UserError(f"{shown.dir.label}: no diagnostics to draw. Try: {shlex.join(words) or again}")
        diagnostics_plot.draw(rows, plot, f"{shown.name}, seed {shown.seed}")
    page = render(shown, output_format, n_mistakes, console.width(), in_full=in_full)
    console.show(page, RUN_PAGE if output_format == "table" else ())
