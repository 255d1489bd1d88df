"""Commands that train: their progress, Ctrl-C and SIGTERM meanwhile, and how they end."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from dlexp.console import say
from dlexp.errors import Elsewhere, Interrupted
from dlexp.reports.plan.progress import Progress
from dlexp.reports.run.asserted import Assertion
from dlexp.reports.run.closing import Closing, closing
from dlexp.reports.run.without_result import without_result
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


def gathered(trained: Trained, assertions: Sequence[Assertion] = (), *, divergence_fails: bool = True) -> Closing:
    """How a command ends, now that all that could be started has ended."""
    return closing(
        without_result(trained.results, trained.titles),
        trained.plan.without_data,
        unsettled=list(map(str, trained.unsettled)),
        not_observed=trained.not_observed,
        assertions=assertions,
        n_runs=len(trained.results),
        divergence_fails=divergence_fails,
    )


def close(trained: Trained, *, divergence_fails: bool = True) -> None:
    """Say which runs have no result; raises as `end`.

    Args:
        trained: What was trained.
        divergence_fails: Whether the command fails where a run diverged, which tells something of its experiment.
    """
    end(gathered(trained, divergence_fails=divergence_fails), trained.said)


def end(found: Closing, said: Sequence[str] = ()) -> None:
    """Say how a command ends, except what was `said` before.

    Raises:
        Exit: A run failed, was interrupted or refused, its data cannot be had, or it does not meet what is asserted.
        Elsewhere: Other processes have all the runs.
    """
    say(*(line for line in found.left if line not in said), *found.lines)
    if found.exit_code == Elsewhere.exit_code:
        raise Elsewhere("nothing to do here: other processes have all the runs; --wait waits for them")
    if found.exit_code:
        raise typer.Exit(found.exit_code)
