"""`dlexp compare --until-sure`: trains what an answer takes."""

import re

from dlexp.cli.trained_comparison import TrainedComparison
from dlexp.errors import UserError


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

    arguments.count(given.workers, "--workers")
    arguments.seed(first_seed, "--first-seed")
    asked = workflow.AskedUntilSure(
        words=given.words,
        design=Design(max_seeds, first_seed, _margin(margin)),
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


def _margin(text: str | None) -> float | None:
    """A size in the unit of the column: 0.02, of an accuracy also `2 points`."""
    if text is None:
        return None
    from dlexp.config.points import SIZE_IN_POINTS, in_unit

    try:
        size = in_unit(text) if re.match(SIZE_IN_POINTS, text) else float(text)
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise UserError(f"--margin: expected a size above 0, such as 0.02 or '2 points', given {text!r}")
    return size
