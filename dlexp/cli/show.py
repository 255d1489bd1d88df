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
    """Show one run: status, settings, layers, scores, confusions, learning curves, worst mistakes; or why it failed.

    Example: dlexp show digits_sgd
    """
    from dlexp.console import say, width
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
    if len(runs) > 1:
        say(f"{run}: {len(runs)} runs; this is the latest{' finished' * (shown.status == 'finished')} one")
    if plot:
        if not (rows := shown.dir.diagnostics()):
            raise UserError(f"{run}: no diagnostics to draw. Try: dlexp run CONFIG --observe diagnostics")
        diagnostics_plot.draw(rows, plot, f"{shown.name}, seed {shown.seed}")
    print(render(shown, output_format, n_mistakes, width()), end="")
