"""Commands that train: what trains, its progress, Ctrl-C and SIGTERM meanwhile, and how they end."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import typer

from dlexp.cli.at_work import at_work
from dlexp.cli.highlights import CLOSING
from dlexp.console import data_out, say
from dlexp.errors import Elsewhere, Interrupted
from dlexp.execution.arguments import Auto
from dlexp.execution.at_once import AtOnce
from dlexp.execution.plan import Plan
from dlexp.format import to_json_line
from dlexp.reports.plan.events import Event, Events
from dlexp.reports.plan.progress import Progress
from dlexp.reports.plan.screen import Screen
from dlexp.reports.run.asserted import Assertion
from dlexp.reports.run.closing import Closing, closing
from dlexp.reports.run.without_result import without_result
from dlexp.workflows.runner import Runner, Trained


@contextmanager
def interruptible(n_done: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C or SIGTERM stops the running epochs and ends the command by `Interrupted`; the second one at once.

    Args:
        n_done: How far the command is, in words.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted: {n_done()}; the same command resumes the rest") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(
    plan: Plan,
    at_once: AtOnce,
    screen: Screen | None = None,
    events: Events | None = None,
    *,
    is_quiet: bool = False,
) -> Iterator[Progress]:
    """Shows how far the runs of a plan are, which can be interrupted meanwhile."""
    shown = Progress(plan, at_once, screen, events, is_quiet=is_quiet)
    with interruptible(lambda: shown.n_done), shown:
        yield shown


@contextmanager
def training(
    checking: str, workers: int | Auto, *, is_quiet: bool, fail_fast: bool = False, wait: bool = False
) -> Iterator[Runner]:
    """What trains the runs of a command, that many at once; until it does, what the command is doing is shown."""
    from dlexp.execution.pool import Pool

    with at_work(checking, is_quiet=is_quiet) as screen:
        shown = partial(progress, screen=screen, is_quiet=is_quiet)
        yield Runner(engine=Pool, progress=shown, workers=workers, fail_fast=fail_fast, wait=wait)


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


@contextmanager
def events_printed() -> Iterator[Events]:
    """Prints all that happens within on stdout, a JSON object in each line, the last one as it is left."""

    def printed(event: Event) -> None:
        print(to_json_line(event), file=data_out(), flush=True)

    events = Events(printed)
    try:
        yield events
    finally:
        events.end()


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
    say(*(line for line in found.left if line not in said), *found.lines, highlights=CLOSING)
    if found.exit_code == Elsewhere.exit_code:
        raise Elsewhere("nothing to do here: other processes have all the runs; --wait waits for them")
    if found.exit_code:
        raise typer.Exit(found.exit_code)
