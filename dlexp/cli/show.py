"""`dlexp show`: one run in full."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A name (its latest finished run), NAME/sSEED-ID, a run directory, or a config."
        ),
    ],
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print the run.")] = "table",
    runs_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where the runs lie.")] = Path("runs"),
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where a config's data lie.  [default: $DLEXP_DATA, else Keras's cache]"),
    ] = None,
) -> None:
    """Show one run: how it stands, its settings, its scores, and why it failed if it did.

    Example: dlexp show digits_sgd
    """
    from functools import partial

    from dlexp.console import say
    from dlexp.errors import UserError
    from dlexp.reports.run_page import render
    from dlexp.runs.index import identity_of, latest, select

    runs = select(runs_dir, [run], partial(identity_of, data_dir=data_dir))
    shown = latest(run for run in runs if run.status == "finished") or latest(runs)
    if shown is None:
        raise UserError(f"{run}: no run to show")
    if len(runs) > 1:
        say(f"{run}: {len(runs)} runs; this is the latest{' finished' * (shown.status == 'finished')} one")
    print(render(shown, output), end="")
