"""`dlexp compare`: experiments against each other, over their seeds."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, RunsDir, TableFormat

if TYPE_CHECKING:
    from dlexp.records.index import Run


def compare(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN_OR_NAME_OR_CONFIG",
            help="Names or globs of names, runs as NAME/sSEED-ID, run directories or configs. "
            "The first experiment is the baseline that the others are compared with; without words, the one that "
            "was started first.  "
            "[default: every run, except those of bias-variance]",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="M", help="Compare this one, a column of the records: val_loss."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="M", help="Best mean of this metric first, as the baseline."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the learning curves of all of them there.")
    ] = None,
    output_format: TableFormat = "table",
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Compare experiments: the settings that differ, then every metric over the seeds.

    Example: dlexp compare digits_sgd digits_adam
    """
    from functools import partial

    from dlexp import console
    from dlexp.errors import UserError
    from dlexp.records.index import identities_in, in_order, read, scan, select, without_resamples
    from dlexp.reports.comparison import facts as comparison
    from dlexp.reports.comparison.table import render

    if words:
        runs = select(runs_dir, words, partial(identities_in, data_dir=data_dir), in_order)
    else:
        run_dirs, others = without_resamples(scan(runs_dir))
        runs = in_order(read(run_dir) for run_dir in run_dirs)
        if others:
            console.say(others)
    for line in _left_out(runs):
        console.say(line)
    if not any(run.status == "finished" for run in runs):
        where = f"{', '.join(words)} in {runs_dir}" if words else str(runs_dir)
        raise UserError(f"{where}: no finished run to compare. Try: dlexp run configs/digits_sgd.yaml")
    compared = comparison.compare(runs, metrics or [], sort, named=bool(words))
    if plot:
        from dlexp.reports.comparison.plot import draw

        draw(compared, plot)
        console.say(f"learning curves: {plot}")
    width = console.out().width if console.out().is_terminal else 80
    print(render(compared, output_format, width), end="")


def _left_out(runs: "Iterable[Run]") -> list[str]:
    """The runs that no comparison can count, and why."""
    unusable = [run for run in runs if run.status != "finished" and not run.has_diverged]
    damaged = [f"{run.damage} (left out)" for run in unusable if run.damage]
    counts = Counter(run.status for run in unusable if not run.damage)
    others = ", ".join(f"{count} {status}" for status, count in counts.items())
    return [*damaged, *([f"left out: {others}"] if others else [])]
