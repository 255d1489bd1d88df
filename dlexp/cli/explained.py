"""`dlexp compare --explain`: which of the keys that differ accounts for how much of the difference."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from dlexp.errors import UserError
from dlexp.format import TableFormat


def explained(
    words: Sequence[str],
    metrics: Sequence[str],
    *,
    n_seeds: int | None,
    is_full: bool,
    workers: int,
    dry_run: bool,
    quiet: bool,
    output_format: TableFormat,
    runs_dir: Path,
    data_dir: Path | None,
) -> None:
    """Train and print the shares; raises as `dlexp.cli.trainings.close` where runs have no result."""
    from dlexp import console
    from dlexp.cli.at_work import at_work
    from dlexp.cli.highlights import shares
    from dlexp.cli.trainings import close, progress
    from dlexp.execution import arguments
    from dlexp.execution.pool import Pool
    from dlexp.reports.attribution import forecast
    from dlexp.reports.attribution.table import render
    from dlexp.workflows.explain import Difference, explain, preview
    from dlexp.workflows.runner import Runner

    arguments.count(workers, "--workers")
    if len(metrics) > 1:
        raise UserError(f"--explain splits one number; name one --metric, given {len(metrics)}")
    asked = Difference(
        words=words,
        metric=next(iter(metrics), None),
        seeds=None if n_seeds is None else arguments.seeds(n_seeds, "--seeds"),
        is_full=is_full,
        runs_dir=runs_dir,
        data_dir=data_dir,
    )
    if dry_run:
        print(forecast.render(preview(asked, workers), output_format, console.width()), end="")
        return
    with at_work("checking the experiments", is_quiet=quiet) as screen:
        shown = partial(progress, workers=workers, screen=screen, is_quiet=quiet)
        found, trained = explain(asked, Runner(engine=partial(Pool, workers), progress=shown))
    text = render(found, output_format, console.width())
    console.show(text, shares(text) if output_format == "table" else ())
    close(trained, divergence_fails=False)


def require_alone(others: Mapping[str, object]) -> None:
    """Refuse options that choose from what is on record, where `--explain` decides what there is."""
    if given := [option for option, value in others.items() if value]:
        raise UserError(f"--explain decides which runs there are; leave out {', '.join(given)}")
