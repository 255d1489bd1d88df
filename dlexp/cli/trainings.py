"""Commands that train: their progress, Ctrl-C and SIGTERM meanwhile, and how they end."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from dlexp.console import say
from dlexp.errors import Elsewhere, Interrupted, UserError
from dlexp.reports.plan.progress import Progress
from dlexp.reports.run.results import without_result
from dlexp.workflows.runner import Trained


@contextmanager
def interruptible() -> Iterator[None]:
    """Either stops the running epochs and ends the command by `Interrupted`; the second one at once."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted: what is finished stays; the same command resumes the rest") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(n_runs: int) -> Iterator[Progress]:
    """Shows how far so many runs are, which can be interrupted meanwhile."""
    with interruptible(), Progress(n_runs) as shown:
        yield shown


def close(trained: Trained, *, divergence_fails: bool = True) -> None:
    """Say which runs have no result, now that all that could be started has ended.

    Args:
        divergence_fails: Whether the command fails where a run diverged, which tells something of its experiment.

    Raises:
        Exit: A run failed, was interrupted or refused, or its data cannot be had.
        Elsewhere: Other processes have all the runs.
    """
    found = without_result(trained.results)
    left = found.left
    say(*(line for line in left if line not in trained.said))
    without_data = (f"{experiment.name}: {error}" for experiment, error in trained.plan.without_data)
    failed = [*found.failed, *dict.fromkeys(without_data)]  # Variants of a study have one name.
    kinds: list[tuple[Sequence[str], str]] = [
        (failed, "failed"),
        (found.interrupted, "interrupted"),
        (found.unfit, "refused, as the settings do not fit the data"),
        ([*found.refused, *map(str, trained.unsettled)], "refused by --strict"),
        (trained.not_observed, "not observed"),
    ]
    if counts := [f"{len(lines)} {what}" for lines, what in kinds if lines]:
        say("", f"{', '.join(counts)}:", *(line for lines, _ in kinds for line in lines))
        fatal = [line for line in failed if divergence_fails or line not in found.diverged]
        if fatal or found.interrupted or trained.not_observed:
            raise typer.Exit(1)
        if len(counts) > bool(failed):
            raise typer.Exit(UserError.exit_code)
    if left and len(left) == len(trained.results):
        raise Elsewhere("nothing to do here: other processes have all the runs; --wait waits for them")
