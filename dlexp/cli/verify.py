"""`dlexp verify`: train runs again and say how well they repeat."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.interruptible import interruptible
from dlexp.cli.options import RUNS_DIR, DataDir, PageFormat, RunsDir, Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dlexp.records.index import Run
    from dlexp.records.run_dir import RunDir
    from dlexp.reports.verification.facts import Verification
    from dlexp.reports.verification.integrity import Integrity


def verify(
    words: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Names (all their runs), NAME/sSEED-ID, directories, configs.")
    ],
    files: Annotated[
        bool, typer.Option("--files", help="Check the files alone; train nothing, and start no TensorFlow.")
    ] = False,
    workers: Workers = 1,
    output_format: PageFormat = "table",
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

    from dlexp.console import say
    from dlexp.errors import UserError
    from dlexp.execution import arguments
    from dlexp.records.index import identities_in, select
    from dlexp.reports.verification import integrity
    from dlexp.reports.verification.table import render

    arguments.count(workers, "--workers")
    named = select(runs_dir, words, partial(identities_in, data_dir=data_dir))
    runs = [run for run in named if run.status in ("finished", "damaged")]
    if not runs:
        raise UserError(f"{', '.join(words)}: no finished run to verify")
    if len(runs) < len(named):
        say(f"left out: {len(named) - len(runs)} that have not finished")
    looked_at = [integrity.check(run) for run in runs]
    found = looked_at if files else _repeated(runs, looked_at, workers, runs_dir, data_dir)
    print(render(found, output_format), end="")
    if not all(each.holds for each in found):
        raise typer.Exit(1)


def _repeated(
    runs: "Sequence[Run]", looked_at: "Sequence[Integrity]", workers: int, runs_dir: "Path", data_dir: "Path | None"
) -> "list[Verification]":
    """Train the runs again whose files are whole, and whose data and code are those that they were trained with."""
    import tempfile
    from pathlib import Path

    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import again
    from dlexp.records.index import of_experiment
    from dlexp.reports.plan.progress import Progress
    from dlexp.reports.verification import facts as verification
    from dlexp.reports.verification.facts import Verification

    whole = [run for run, each in zip(runs, looked_at, strict=True) if each.holds]
    with tempfile.TemporaryDirectory(prefix="dlexp-verify-") as scratch:
        planned, left_out = again(whole, Path(scratch), data_dir)
        trained: list[RunDir] = []
        if planned.to_train:
            with interruptible(), Progress(len(planned.to_train)) as progress:
                trained = carry_out(planned, [], progress, workers)
        repeatable = [run.dir.path for run in whole if run.dir.path not in left_out]
        repeated = dict(zip(repeatable, trained, strict=True))

        def graded(run: "Run", files: "Integrity") -> Verification:
            if files.damage:
                return Verification(files.run, None, files.detail, damage=files.damage)
            if why := left_out.get(run.dir.path):
                return Verification(files.run, None, f"not verified: {why}")
            same = [other for other in of_experiment(runs_dir, run) if other.status == "finished"]
            return verification.verify(run, repeated[run.dir.path], same)

        return [graded(run, files) for run, files in zip(runs, looked_at, strict=True)]
