"""`dlexp compare --until-sure`: trains what an answer takes."""

from dlexp.cli.trained_comparison import TrainedComparison


def compare_until_sure(given: TrainedComparison, max_seeds: int, *, first_seed: int, margin: str | None) -> None:
    """Train and print the comparison; raises as `dlexp.cli.trainings.close` where runs have no result."""
    from dlexp import console
    from dlexp.cli.highlights import comparison
    from dlexp.cli.trainings import close, training
    from dlexp.execution import arguments
    from dlexp.reports.comparison.stops import Design
    from dlexp.reports.comparison.table import render
    from dlexp.reports.plan import until_sure_page
    from dlexp.workflows import until_sure as workflow

    arguments.seed(first_seed, "--first-seed")
    asked = workflow.AskedUntilSure(
        words=given.words,
        design=Design(
            max_seeds,
            first_seed,
            None if margin is None else arguments.margin(margin, "--margin"),
            margin_in_points=arguments.is_in_points(margin),
        ),
        metrics=given.metrics,
        runs_dir=given.runs_dir,
        data_dir=given.data_dir,
    )
    output = given.output_format
    if given.dry_run:
        print(until_sure_page.render(workflow.preview(asked, given.workers), output, console.width()), end="")
        return
    with training("checking the experiments", given.workers, is_quiet=given.quiet) as runner:
        found, trained = workflow.compare_until_sure(asked, runner)
    text = render(found, output, console.width(), console.table_width())
    names = [each.label for each in found.experiments]
    console.show(text, comparison(text, names) if output == "table" else ())
    close(trained, divergence_fails=False)
