"""`dlexp compare --until-sure`: trains what an answer takes."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dlexp.errors import UserError
from dlexp.format import TableFormat


def until_sure(
    words: Sequence[str],
    max_seeds: int,
    *,
    first_seed: int,
    margin: str | None,
    metrics: Sequence[str],
    workers: int,
    dry_run: bool,
    quiet: bool,
    output_format: TableFormat,
    runs_dir: Path,
    data_dir: Path | None,
) -> None:
    """Train and print the comparison; raises as `dlexp.cli.trainings.close` where runs have no result."""
    from dlexp import console
    from dlexp.cli.at_work import at_work
    from dlexp.cli.highlights import comparison
    from dlexp.cli.trainings import close, progress
    from dlexp.execution import arguments
    from dlexp.execution.pool import Pool
    from dlexp.reports.comparison.stops import Design
    from dlexp.reports.comparison.table import render
    from dlexp.reports.plan import until_sure_page
    from dlexp.workflows.runner import Runner
    from dlexp.workflows.until_sure import AskedUntilSure, compare_until_sure, preview

    arguments.count(workers, "--workers")
    arguments.seed(first_seed, "--first-seed")
    asked = AskedUntilSure(
        words=words,
        design=Design(max_seeds, first_seed, _margin(margin)),
        metrics=metrics,
        runs_dir=runs_dir,
        data_dir=data_dir,
    )
    if dry_run:
        print(until_sure_page.render(preview(asked, workers), output_format, console.width()), end="")
        return
    with at_work("checking the experiments", is_quiet=quiet) as screen:
        shown = partial(progress, workers=workers, screen=screen, is_quiet=quiet)
        found, trained = compare_until_sure(asked, Runner(engine=partial(Pool, workers), progress=shown))
    text = render(found, output_format, console.width(), console.table_width())
    names = [each.label for each in found.experiments]
    console.show(text, comparison(text, names) if output_format == "table" else ())
    close(trained, divergence_fails=False)


def _margin(text: str | None) -> float | None:
    """A size in the unit of the column: 0.02, of an accuracy also `2 points`."""
    if text is None:
        return None
    from dlexp.config.study import SIZE_IN_POINTS, in_unit

    try:
        size = in_unit(text) if re.match(SIZE_IN_POINTS, text) else float(text)
    except ValueError:
        size = 0.0
    if not 0 < size < float("inf"):
        raise UserError(f"--margin: expected a size above 0, such as 0.02 or '2 points', given {text!r}")
    return size


def require_alone(others: dict[str, object]) -> None:
    """Refuse options that choose from what is on record, which is what `--until-sure` trains."""
    if given := [option for option, value in others.items() if value]:
        raise UserError(f"--until-sure decides which runs there are; leave out {', '.join(given)}")


def require_training(options: dict[str, object]) -> None:
    """Refuse options of a command that trains."""
    if given := [option for option, value in options.items() if value]:
        raise UserError(f"{given[0]}: nothing is trained without --until-sure or --explain")
