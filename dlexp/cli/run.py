"""`dlexp run`: train experiments and leave their records."""

from typing import Annotated, Literal

import typer

from dlexp.cli.options import (
    RUNS_DIR,
    AllowCode,
    Configs,
    DataDir,
    Grids,
    Overrides,
    Quiet,
    RunsDir,
    Strict,
    Wait,
    Workers,
)


def run(
    configs: Configs,
    overrides: Overrides = None,
    grids: Grids = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Train with the seeds 0 to N-1.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(metavar="K", help="Train with this seed; may be repeated.  [default: 0]")
    ] = None,
    workers: Workers = "auto",
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Two epochs on a small generated stand-in, recorded under runs/.smoke/.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Train again what is done, into a new directory.")] = False,
    observe: Annotated[
        Literal["diagnostics"] | None,
        typer.Option(help="Train with diagnostics; a finished run without them again, beside its record."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show settings and their sources, layers, sizes, what is done; train nothing."),
    ] = False,
    allow_code: AllowCode = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Start no further run after one failed.")] = False,
    wait: Wait = False,
    strict: Strict = False,
    asserted: Annotated[
        list[str] | None,
        typer.Option(
            "--assert",
            metavar="CONDITION",
            help="Exit with 1 unless every run meets it: 'val_accuracy >= 0.9'; may be repeated.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["table", "lines", "json", "jsonl"] | None,
        typer.Option(
            "--format",
            help="How to print the results: a table, a line for each run, or all as one JSON document; jsonl: a JSON "
            "object for each event, as it happens.  [default: table on a terminal, else lines]",
            show_default=False,
        ),
    ] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="WORD", help="Tag the runs, those done before included.")
    ] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Give all of them this note.")] = None,
    quiet: Quiet = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Train experiments, one per config file, and record them. What is done already is not trained again.

    The order: the configs, for each the points of the grids, for each the seeds.

    Example: dlexp run configs/digits_sgd.yaml configs/digits_adam.yaml --seeds 3
    """
    from contextlib import ExitStack

    from dlexp.errors import UserError
    from dlexp.execution import arguments
    from dlexp.execution.worker import Worker

    if seeds is not None and seed:
        raise UserError("--seeds N trains the seeds 0 to N-1, --seed K the seed K alone: give one of them")
    wanted = arguments.seeds(seed or [0], "--seed") if seeds is None else arguments.seeds(seeds, "--seeds")
    if dry_run and output_format in ("lines", "jsonl"):
        raise UserError(f"--dry-run prints a page; expected --format table or json, given {output_format}")
    with ExitStack() as stack:
        # The first process starts while all else is imported and the configs are read.
        first = None if dry_run else stack.enter_context(Worker())
        from dlexp.cli.at_work import at_work

        screen = stack.enter_context(at_work("checking the configs", is_quiet=quiet or dry_run))
        from dlexp.cli.run_ending import end_run
        from dlexp.cli.trainings import events_printed, progress
        from dlexp.console import say, table_width
        from dlexp.execution.pool import Pool
        from dlexp.records.tags import Words
        from dlexp.reports.plan.commands import Asked
        from dlexp.reports.plan.dry_run import render
        from dlexp.reports.run.asserted import assertion
        from dlexp.workflows.runner import Given, Runner
        from dlexp.workflows.train import preview, train

        given = Given(
            configs=configs,
            overrides=overrides or [],
            grids=grids or [],
            runs_dir=runs_dir,
            data_dir=data_dir,
            smoke=smoke,
            warn=say,
            asserted=list(map(assertion, asserted or ())),
        )
        asked = Asked(
            configs=configs, overrides=given.overrides, grids=given.grids, runs_dir=runs_dir, data_dir=data_dir
        )
        if dry_run:
            options = {"force": force, "allow_code": allow_code, "observed": bool(observe)}
            found = preview(given, wanted, workers=workers, **options)
            print(render(found, asked, "json" if output_format == "json" else "table", table_width()), end="")
            return
        events = stack.enter_context(events_printed()) if output_format == "jsonl" else None
        started = [first]  # For the first engine; what is observed after that has one of its own.
        runner = Runner(
            engine=lambda at_once: Pool(at_once, started.pop() if started else None),
            progress=lambda plan, at_once: progress(plan, at_once, screen, events, is_quiet=quiet),
            workers=workers,
            fail_fast=fail_fast,
            wait=wait,
            words=Words(tags or (), note),
        )
        trained = train(given, wanted, runner, force=force, strict=strict, observed=bool(observe))
    end_run(trained, given.asserted, asked, output_format, gives_advice=not (smoke or quiet))
