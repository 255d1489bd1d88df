"""`dlexp bias-variance`: the test error decomposed into bias, variance and noise."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dlexp.cli.closing import close
from dlexp.cli.interruptible import interruptible
from dlexp.cli.options import RUNS_DIR, Configs, DataDir, Grids, Overrides, RunsDir, TableFormat, Wait, Workers


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
    workers: Workers = 1,
    wait: Wait = False,
    smoke: Annotated[
        bool,
        typer.Option("--smoke", help="Two epochs on three training sets from a small generated stand-in."),
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the parts against the number of parameters there.")
    ] = None,
    output_format: TableFormat = "table",
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Measure bias and variance: train on many training sets, decompose the error on the test split.

    Training set i is trained with seed i, an ordinary run with `dataset.resample`; what is done already is not trained
    again. Of numbers squared loss is decomposed, of classes 0-1 loss.

    Example: dlexp bias-variance configs/sine_capacity.yaml --grid model.hidden=[[1],[4],[64]]
    """
    from dlexp.config.grid import values_in
    from dlexp.config.load import load_all, replaced, require_fitting
    from dlexp.console import say
    from dlexp.execution import arguments
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import Request
    from dlexp.execution.resamples import plan_resamples
    from dlexp.records.index import read
    from dlexp.reports.bias_variance import plot as bias_variance_plot
    from dlexp.reports.bias_variance.facts import point
    from dlexp.reports.bias_variance.table import render
    from dlexp.reports.figure import require_png
    from dlexp.reports.plan.progress import Progress
    from dlexp.reports.run.curves import CURVES

    arguments.count(workers, "--workers")
    arguments.require_few_runs(1 if smoke else resamples, len(configs), grids or [])
    if plot:
        require_png(plot, "--plot ")
    loaded = load_all(configs, overrides or [], grids or [])
    for line in replaced(loaded, overrides or [], grids or []):
        say(line)
    require_fitting(loaded, data_dir)
    request = Request([each.experiment for each in loaded], [], runs_dir, data_dir, smoke)
    planned = plan_resamples(request, resamples, resampling)
    if planned.plan.done:
        say(f"{len(planned.plan.done)} of {len(planned.plan.runs)} runs done before")
    with interruptible(), Progress(len(planned.plan.to_train)) as progress:
        started = carry_out(planned.plan, [CURVES], progress, workers, wait=wait)
    points = [
        point(each.experiment.name, values_in(each.sources), [read(run_dir) for run_dir in run_dirs])
        for each, run_dirs in zip(loaded, planned.recorded(), strict=True)
        if run_dirs
    ]
    print(render(points, output_format), end="")
    if plot:
        bias_variance_plot.draw(points, plot)
        say(f"bias and variance: {plot}")
    close(planned.plan, started)
