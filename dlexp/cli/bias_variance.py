"""`dlexp bias-variance`: the test error decomposed into bias, variance and noise."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dlexp.cli.options import RUNS_DIR, Configs, DataDir, Grids, Overrides, Quiet, RunsDir, TableFormat, Wait, Workers


def bias_variance(
    configs: Configs,
    resamples: Annotated[int, typer.Option(metavar="N", help="Training sets for each experiment, at least 3.")] = 20,
    resampling: Annotated[
        Literal["fresh", "bootstrap", "subset"] | None,
        typer.Option(
            help="fresh: new examples, where the distribution is known; bootstrap: drawn with replacement; "
            "subset: disjoint parts.  [default: fresh, else bootstrap]"
        ),
    ] = None,
    overrides: Overrides = None,
    grids: Grids = None,
    workers: Workers = "auto",
    wait: Wait = False,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Two epochs on three training sets from a small generated stand-in.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the parts against the number of parameters there.")
    ] = None,
    output_format: TableFormat = "table",
    quiet: Quiet = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Measure bias and variance: train on many training sets, decompose the error on the test split.

    Training set i is trained with seed i, an ordinary run with `dataset.resample`; what is done already is not trained
    again. Of numbers squared loss is decomposed, of classes 0-1 loss.

    Example: dlexp bias-variance configs/sine_capacity.yaml --grid model.hidden=[[1],[4],[64]]
    """
    from dlexp.cli.trainings import close, training
    from dlexp.console import say
    from dlexp.reports.bias_variance import plot as bias_variance_plot
    from dlexp.reports.bias_variance.table import render
    from dlexp.reports.figure import require_png
    from dlexp.workflows.bias_variance import bias_variance as measure
    from dlexp.workflows.runner import Given

    if plot:
        require_png(plot, "--plot ")
    given = Given(
        configs=configs,
        overrides=overrides or [],
        grids=grids or [],
        runs_dir=runs_dir,
        data_dir=data_dir,
        smoke=smoke,
        warn=say,
    )
    with training("checking the configs", workers, is_quiet=quiet, wait=wait) as runner:
        points, trained = measure(given, resamples, resampling, runner)
    print(render(points, output_format), end="")
    if plot:
        bias_variance_plot.draw(points, plot)
        if not quiet:
            say(f"bias and variance: {plot}")
    close(trained)
