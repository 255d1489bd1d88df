"""From a plan to records: what `dlexp run` and `dlexp.run` share."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dlexp.components import keras_settings
from dlexp.console import say
from dlexp.errors import DlexpError, shown
from dlexp.execution.plan import Plan, require_memory
from dlexp.execution.pool import Pool
from dlexp.execution.schedule import Watcher, run_all
from dlexp.execution.worker import Worker
from dlexp.records.run_dir import RunDir
from dlexp.records.summary_csv import rebuild
from dlexp.training.after import After, make_missing
from dlexp.training.job import Job


def carry_out(
    plan: Plan,
    after: Sequence[After],
    watcher: Watcher,
    workers: int = 1,
    fail_fast: bool = False,
    first: Worker | None = None,
    wait: bool = False,
) -> list[RunDir]:
    """Train what a plan has left to train, in processes of this machine, and bring summary.csv up to date.

    Args:
        plan: What is to be trained.
        after: What every finished run has beside its records.
        watcher: Is told what happens.
        workers: Runs trained at the same time.
        fail_fast: Start no further run after one failed.
        first: The first of the processes, where it has started already.
        wait: Wait for runs that other processes train, and take over those whose process ends.

    Returns:
        Every run that was started, in that order. A run that failed says so in its records.

    Raises:
        UserError: An experiment needs more memory than there is; nothing is begun.
    """
    require_memory([planned.experiment for planned in plan.to_train], plan.request.smoke)
    started: list[RunDir] = []

    def noted(jobs: Iterator[Job]) -> Iterator[Job]:
        for job in jobs:
            started.append(RunDir(job.path))
            yield job

    if plan.to_train and (ignored := keras_settings.ignored()):
        say(ignored)
    say(*(f"{planned.lost}; training again, into a new directory" for planned in plan.to_train if planned.lost))
    engine = Pool(min(workers, max(1, len(plan.to_train))), first)
    try:
        run_all(noted(plan.jobs(after)), engine, watcher, fail_fast, wait)
    finally:
        # Also when all is done: an idle worker has nothing to save, and TensorFlow takes a second to end by itself.
        engine.close(kill=True)
        if started and not plan.request.smoke:
            _rebuild(plan.request.runs_dir)
    say(*shown(make_missing([*plan.done, *started], after)))
    return started


def _rebuild(runs_dir: Path) -> None:
    """A table that cannot be written hides no result: it is derived from the records."""
    try:
        rebuild(runs_dir)
    except DlexpError as error:
        say(str(error))
