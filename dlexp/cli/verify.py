"""`dlexp verify`: train runs again and say how well they repeat."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dlexp.cli.interruptible import interruptible
from dlexp.cli.options import RUNS_DIR, DataDir, RunsDir, Workers

if TYPE_CHECKING:
    from dlexp.studies.verification import Verification


def verify(
    words: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names (all their runs), NAME/sSEED-ID, directories, configs.")
    ],
    workers: Workers = 1,
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="json: one document.")] = "table",
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Train finished runs again, beside the records, and grade how well they repeat.

    Grades: identical to the byte; equal to the last digits (every number within 1e-4 of itself); within the spread of
    the seeds (every score where another seed's would be, 95 %, from at least 2 others on record); different. What
    differs between the places is named. Exit code 1 where one is different or cannot be trained.

    Example: dlexp verify digits_sgd
    """
    import json
    import tempfile
    from dataclasses import asdict
    from functools import partial
    from pathlib import Path

    from dlexp.console import one_line, say
    from dlexp.errors import UserError
    from dlexp.execution import arguments
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import again
    from dlexp.reports.curves import draw
    from dlexp.reports.progress import Progress
    from dlexp.runs.index import identities_in, of_experiment, select
    from dlexp.studies import verification

    arguments.count(workers, "--workers")
    named = select(runs_dir, words, partial(identities_in, data_dir=data_dir))
    runs = [run for run in named if run.status == "finished"]
    if not runs:
        raise UserError(f"{', '.join(words)}: no finished run to verify")
    if len(runs) < len(named):
        say(f"left out: {len(named) - len(runs)} that have not finished")
    with tempfile.TemporaryDirectory(prefix="dlexp-verify-") as scratch:
        planned = again(runs, Path(scratch), data_dir)
        with interruptible(), Progress(len(planned.to_train)) as progress:
            repeated = carry_out(planned, draw, progress, workers)
        found = [
            verification.verify(
                run, beside, [other for other in of_experiment(runs_dir, run) if other.status == "finished"]
            )
            for run, beside in zip(runs, repeated, strict=True)
        ]
    if output == "json":
        print(json.dumps([asdict(each) for each in found], indent=2))
    else:
        print("\n".join(one_line(line) for each in found for line in _lines(each)))
    if not all(each.holds for each in found):
        raise typer.Exit(1)


def _lines(found: "Verification") -> list[str]:
    head = f"{found.run}: {found.grade or 'no grade'}: {found.detail}"
    return [
        head,
        *(f"  {key}: {_shown(then)} then, {_shown(now)} now" for key, then, now in found.environment),
    ]


def _shown(value: Any) -> str:
    from dlexp.config.flat import format_value

    return "not set" if value is None else format_value(value)
