"""`dlexp verify`: train runs again and say how well they repeat."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, PageFormat, Quiet, RunsDir, Workers


def verify(
    words: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names (all their runs), NAME/sSEED-ID, directories, configs.")
    ],
    files: Annotated[
        bool, typer.Option("--files", help="Check the files alone; train nothing, and start no TensorFlow.")
    ] = False,
    workers: Workers = "auto",
    output_format: PageFormat = "table",
    quiet: Quiet = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Check the files of finished runs, train the runs again, beside the records, and grade how well they repeat.

    The files are compared with their digests in manifest.json, the identity and the scores with what settings and
    history give. Grades: identical to the byte; equal to the last digits (every number within 1e-4 of itself); within
    the spread of the seeds (every score where another seed's would be, 95 %, from at least 2 others on record);
    different. What differs between the places is named. A run whose data or own code have changed since is not trained.
    Exit code 1 where a file is damaged, or a run is different or cannot be verified.

    Example: dlexp verify digits_sgd
    """
    from functools import partial

    from dlexp.cli.at_work import at_work
    from dlexp.cli.highlights import GRADES_PAGE
    from dlexp.cli.trainings import progress
    from dlexp.console import show
    from dlexp.execution.pool import Pool
    from dlexp.reports.verification.facts import render
    from dlexp.workflows import verify as workflow
    from dlexp.workflows.runner import Runner

    with at_work("checking the files", is_quiet=quiet) as screen:
        shown = partial(progress, screen=screen, is_quiet=quiet)
        runner = None if files else Runner(engine=Pool, progress=shown, workers=workers)
        found = workflow.verify(words, runs_dir, data_dir, runner)
    show(render(found, output_format), GRADES_PAGE if output_format == "table" else ())
    if not all(each.holds for each in found):
        raise typer.Exit(1)
