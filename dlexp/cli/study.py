"""`dlexp study`: train what studies need, and judge their claims."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, Quiet, RunsDir, Strict, Studies, TableFormat, Wait, Workers


def study(
    files: Studies,
    workers: Workers = "auto",
    smoke: Annotated[
        bool,
        typer.Option("--smoke", help="Two epochs on a small generated stand-in, one seed a variant; judges no claim."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what is to be trained, how long it takes and what it can show; train nothing."
        ),
    ] = False,
    open_test: Annotated[
        bool,
        typer.Option("--open-test", help="Open the test scores that a study seals, once and for good, and judge them."),
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Start no further run after one failed.")] = False,
    wait: Wait = False,
    strict: Strict = False,
    output_format: TableFormat = "table",
    quiet: Quiet = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Answer questions: train what studies need, and say of each claim whether it holds, fails or cannot be told.

    A study is one file: variants of a config, the number of seeds, claims about their scores. Its runs are those of
    `dlexp run`: what is done already is not trained again. Exit code 1 if a claim does not come out as its `expect`
    says. Claims on test scores that the study seals wait for --open-test.

    Example: dlexp study configs/studies/optimizer.yaml
    """
    from dlexp import console
    from dlexp.cli.highlights import STUDY_PAGE
    from dlexp.cli.trainings import close, training
    from dlexp.errors import UserError
    from dlexp.execution.plan import Request
    from dlexp.reports.study import forecast_page, table
    from dlexp.workflows import study as workflow

    if open_test and (dry_run or smoke):
        raise UserError(f"--open-test opens for good; leave out {'--dry-run' if dry_run else '--smoke'}")
    request = Request(runs_dir=runs_dir, data_dir=data_dir, smoke=smoke, strict=strict, observe=not smoke)
    if dry_run:
        found = workflow.preview(files, request, workers)
        print(forecast_page.render(found, output_format, console.width()), end="")
        return
    with training("checking the studies", workers, is_quiet=quiet, fail_fast=fail_fast, wait=wait) as runner:
        studied = workflow.study(files, request, runner, open_test=open_test)
    if smoke:
        print(table.render_smoke(studied.studies, output_format), end="")
        close(studied.trained)
        return
    page = table.render(studied.studies, output_format, console.width())
    console.show(page, STUDY_PAGE if output_format == "table" else ())
    close(studied.trained, divergence_fails=False)
    if not studied.came_out:
        raise typer.Exit(1)
