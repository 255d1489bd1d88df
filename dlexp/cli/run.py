"""`dlexp run`: train experiments and leave their records."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.closing import close
from dlexp.cli.interruptible import interruptible
from dlexp.cli.options import RUNS_DIR, AllowCode, Configs, DataDir, Grids, Overrides, RunsDir, Wait, Workers

if TYPE_CHECKING:
    from dlexp.config.load import Loaded
    from dlexp.execution.plan import Planned, Request
    from dlexp.execution.worker import Worker
    from dlexp.records.run_dir import RunDir


def run(
    configs: Configs,
    overrides: Overrides = None,
    grids: Grids = None,
    seeds: Annotated[int | None, typer.Option(metavar="N", help="Train with the seeds 0 to N-1.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="K", help="Train with this seed.  [default: 0]")] = None,
    workers: Workers = 1,
    smoke: Annotated[
        bool,
        typer.Option("--smoke", help="Two epochs on a small generated stand-in, recorded under runs/.smoke/."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Train again what is done, into a new directory.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show settings and their sources, layers, sizes, what is done; train nothing."),
    ] = False,
    allow_code: AllowCode = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Start no further run after one failed.")] = False,
    wait: Wait = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Train experiments, one per config file, and record them. What is done already is not trained again.

    The order: the configs, for each the points of the grids, for each the seeds.

    Example: dlexp run configs/digits_sgd.yaml configs/digits_adam.yaml --seeds 3
    """
    from dlexp.errors import UserError
    from dlexp.execution import arguments
    from dlexp.execution.worker import Worker

    if seeds is not None and seed is not None:
        raise UserError("--seeds N trains the seeds 0 to N-1, --seed K the seed K alone: give one of them")
    wanted = [arguments.seed(seed or 0, "--seed")] if seeds is None else arguments.seeds(seeds, "--seeds")
    arguments.count(workers, "--workers")
    arguments.require_few_runs(len(wanted), len(configs), grids or [])
    # The first process starts while the configs are read.
    with nullcontext() if dry_run else Worker() as first:
        loaded = _load(configs, overrides or [], grids or [], data_dir)
        from dlexp.execution.plan import Request

        request = Request([each.experiment for each in loaded], wanted, runs_dir, data_dir, smoke, force)
        if dry_run:
            _preview(loaded, request, allow_code)
        else:
            _train(request, workers, fail_fast, first, wait)


def _load(
    configs: Sequence[Path], overrides: Sequence[str], grids: Sequence[str], data_dir: Path | None
) -> "list[Loaded]":
    from dlexp.config.load import load_all, replaced, require_fitting
    from dlexp.console import say
    from dlexp.errors import CHECK_ALL, shown

    loaded = load_all(configs, overrides, grids)
    for line in replaced(loaded, overrides, grids):
        say(line)
    warnings = dict.fromkeys(str(warning) for each in loaded for warning in each.warnings)
    for line in shown(list(warnings), CHECK_ALL):
        say(line)
    require_fitting(loaded, data_dir)
    return loaded


def _preview(loaded: "Sequence[Loaded]", request: "Request", allow_code: bool) -> None:
    from dlexp.execution.plan import plan, require_memory
    from dlexp.reports.plan.dry_run import render
    from dlexp.training.outline import outlines

    planned = plan(request)
    require_memory(request.experiments, request.smoke)
    layers = outlines(request.experiments, request.data_dir, allow_code)
    print(render(loaded, planned, layers), end="")


def _train(request: "Request", workers: int, fail_fast: bool, first: "Worker | None", wait: bool) -> None:
    from dlexp.console import one_line, say
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import plan
    from dlexp.reports.plan.progress import Progress
    from dlexp.reports.run.curves import CURVES
    from dlexp.reports.run.results import result_lines

    planned = plan(request)
    on_record = [line for each in planned.runs if (line := _on_record(each, wait))]
    say(*on_record)
    with interruptible(), Progress(len(planned.to_train)) as progress:
        started = carry_out(planned, [CURVES], progress, workers, fail_fast, first, wait)
    for line in result_lines([*planned.done, *started]):
        print(one_line(line))
    close(planned, started, on_record)


def _on_record(planned: "Planned", wait: bool) -> str | None:
    """What is on record of a run; None if nothing is to be said of it."""
    if planned.recorded:
        if planned.lacks_diagnostics:
            return f"{planned.recorded.path}: done before, without diagnostics; --force trains it again with them"
        return f"{planned.recorded.path}: done before; --force trains it again"
    if planned.begun:
        return _begun(planned.begun, wait)
    if planned.outdated:
        version = planned.outdated.record.get("training_version")
        return f"{planned.outdated.dir.path}: recorded by training code {version}; training again"
    return None


def _begun(run_dir: "RunDir", wait: bool) -> str | None:
    """What becomes of a run that was begun; None if it is waited for, which is said once nothing else is left to do."""
    from dlexp.reports.run.results import under_way

    if owner := run_dir.owner:
        return None if wait else under_way(run_dir, owner)
    return f"{run_dir.path}: interrupted before; {'resumed' if run_dir.has_checkpoint else 'restarted'}"
