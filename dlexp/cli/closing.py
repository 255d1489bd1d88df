"""How a command that trains ends: what has no result is said, and the exit code follows from it."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dlexp.execution.plan import Plan
    from dlexp.records.run_dir import RunDir


def close(plan: "Plan", started: "Sequence[RunDir]", said: Collection[str] = ()) -> None:
    """Say which runs of a plan have no result, now that all that it could start has ended.

    Args:
        plan: The plan.
        started: Its runs that were started, or left to other processes.
        said: Lines that the command has said before, and are not repeated.

    Raises:
        Exit: A run failed or was interrupted, or its data cannot be had.
        Elsewhere: Other processes have all the runs.
    """
    from dlexp.console import say
    from dlexp.errors import Elsewhere
    from dlexp.reports.run.results import without_result

    results = [*plan.done, *started]
    failed, interrupted, left = without_result(results)
    say(*(line for line in left if line not in said))
    failed += [f"{experiment.name}: {error}" for experiment, error in plan.without_data]
    kinds = [(failed, "failed"), (interrupted, "interrupted")]
    if counts := [f"{len(lines)} {what}" for lines, what in kinds if lines]:
        say("", f"{', '.join(counts)}:", *failed, *interrupted)
        raise typer.Exit(1)
    if left and len(left) == len(results):
        raise Elsewhere("nothing to do here: other processes have all the runs; --wait waits for them")
