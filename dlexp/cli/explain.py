"""`dlexp compare --explain`: which of the keys that differ accounts for how much of the difference."""

from dlexp.cli.trained_comparison import TrainedComparison
from dlexp.errors import UserError


def explain(given: TrainedComparison, *, n_seeds: int | None, is_full: bool) -> None:
    """Train and print the shares; raises as `dlexp.cli.trainings.close` where runs have no result."""
    from dlexp import console
    from dlexp.cli.highlights import shares
    from dlexp.cli.trainings import close, training
    from dlexp.execution import arguments
    from dlexp.reports.attribution import forecast
    from dlexp.reports.attribution.table import render
    from dlexp.workflows import explain as workflow

    if len(given.metrics) > 1:
        raise UserError(f"--explain splits one number; name one --metric, given {len(given.metrics)}")
    asked = workflow.Difference(
        words=given.words,
        metric=next(iter(given.metrics), None),
        seeds=None if n_seeds is None else arguments.seeds(n_seeds, "--seeds"),
        is_full=is_full,
        runs_dir=given.runs_dir,
        data_dir=given.data_dir,
    )
    output = given.output_format
    if given.dry_run:
        print(forecast.render(workflow.preview(asked, given.workers), output, console.width()), end="")
        return
    with training("checking the experiments", given.workers, is_quiet=given.quiet) as runner:
        found, trained = workflow.explain(asked, runner)
    text = render(found, output, console.width())
    console.show(text, shares(text) if output == "table" else ())
    close(trained, divergence_fails=False)
