"""What a worker does with one job: train it, and record it when it fails."""

import contextlib
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TextIO

from dlexp import regular_files
from dlexp.components import keras_settings
from dlexp.components.user_code import exits_raised
from dlexp.console import descriptors_into, log_said
from dlexp.execution import failures
from dlexp.execution.engine import Ending
from dlexp.records.index import read
from dlexp.records.lock import Lost, Taken, locked
from dlexp.records.run_dir import RunDir
from dlexp.training.after import make_missing
from dlexp.training.device import unrepeatable_named
from dlexp.training.epochs import Stopped
from dlexp.training.job import Job
from dlexp.training.stages import enter
from dlexp.training.threads import set_threads


def execute(job: Job) -> Ending:
    """Train a job, or resume it; what ends it early is recorded instead of raised.

    It returns at once where the run is finished, or another process trains it. What goes wrong around the training, on
    the disk or with memory, interrupts the run: it keeps its checkpoints and can be resumed.

    Returns:
        How the run ended; it may be left to another process from the start, or because that took it over.

    Raises:
        OSError: Nothing can be recorded: the disk is full, say.
        DamagedRecord: Whether the run has ended cannot be read.
    """
    run_dir = RunDir(job.path)
    try:
        with locked(run_dir.lock_path) as held:
            if run_dir.summary() is None and run_dir.failure() is None:
                if job.seal:
                    run_dir.put_seal(job.seal)
                with said_into(run_dir.log_path):
                    if held.before:
                        print(f"taken over from {held.before.described}, which ended without a word")
                    try:
                        _attempt(replace(job, fence=held.check))
                    except Lost as lost:
                        print(lost)
                        raise
    except (Taken, Lost):
        return "left"
    return "finished" if run_dir.status == "finished" else "failed"


def _attempt(job: Job) -> None:
    """Train a job whose lock is held."""
    run_dir = job.run_dir
    earlier = run_dir.interruption()
    try:
        run_dir.remove_interruption()
        with exits_raised():  # Layers of the user's own are called in every step.
            _train(job)
    except Stopped as stopped:
        print(stopped)
    except Lost:
        raise
    except Exception as error:
        with contextlib.suppress(OSError):  # The log may have no more room either.
            traceback.print_exc()
        if not failures.is_outside(error) or not failures.record_interruption(run_dir, error, earlier):
            failures.record_failure(job, error)
    run = read(run_dir)
    if run.status == "finished" or run.has_diverged:
        run_dir.remove_checkpoints()
    enter("drawing")
    with contextlib.suppress(OSError):
        for line in make_missing([run_dir], job.after):
            print(line)


def _train(job: Job) -> None:
    run_dir = job.run_dir
    if job.earlier and not run_dir.has_checkpoint:
        print(f"with the checkpoint of {job.earlier}")
        run_dir.take_progress(RunDir(job.earlier))
    set_threads(*job.experiment.training.process_settings)
    if ignored := keras_settings.ignored():
        print(ignored)
    from dlexp.training.run import train

    with unrepeatable_named():
        train(job)


@cache
def _stream(descriptor: int) -> TextIO:
    """Text to wherever a descriptor leads: TensorFlow's logger keeps the stream of the first run for all later ones."""
    return open(descriptor, "w", encoding="utf-8", buffering=1, closefd=False)


@contextlib.contextmanager
def said_into(path: Path) -> Iterator[None]:
    """Within, all that this process says ends up in a file: Python's streams, and what C++ writes below them."""
    with regular_files.appended(path) as log:
        sys.stdout.flush()
        sys.stderr.flush()
        with (
            descriptors_into(log),
            contextlib.redirect_stdout(_stream(1)),
            contextlib.redirect_stderr(_stream(2)),
            log_said(),
        ):
            yield
