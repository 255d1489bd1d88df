"""How a command that trains ends: what has no result is said, and the exit code follows from it."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dlexp.workflows.training import Trained


def close(trained: "Trained") -> None:
    """Say which runs have no result, now that all that could be started has ended.

    Raises:
        Exit: A run failed or was interrupted, or its data cannot be had.
        Elsewhere: Other processes have all the runs.
    """
    from dlexp.console import say
    from dlexp.errors import Elsewhere
    from dlexp.reports.run.results import without_result

    failed, interrupted, left = without_result(trained.results)
    say(*(line for line in left if line not in trained.said))
    failed += [f"{experiment.name}: {error}" for experiment, error in trained.plan.without_data]
    kinds = [(failed, "failed"), (interrupted, "interrupted")]
    if counts := [f"{len(lines)} {what}" for lines, what in kinds if lines]:
        say("", f"{', '.join(counts)}:", *failed, *interrupted)
        raise typer.Exit(1)
    if left and len(left) == len(trained.results):
        raise Elsewhere("nothing to do here: other processes have all the runs; --wait waits for them")
