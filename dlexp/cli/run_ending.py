"""How `dlexp run` ends: the results on stdout, what to do next on stderr, and the exit code."""

import sys
from collections.abc import Sequence
from typing import Literal

from dlexp.cli.highlights import RESULTS_PAGE
from dlexp.cli.trainings import end, gathered
from dlexp.console import err, one_line, say, show, table_width
from dlexp.format import to_json
from dlexp.records.conditions import Condition
from dlexp.reports.plan.commands import Asked
from dlexp.reports.run.asserted import judged
from dlexp.reports.run.next_steps import advice, wrapped
from dlexp.reports.run.results import document, result_lines
from dlexp.reports.run.results_page import page
from dlexp.workflows.runner import Trained


def end_run(
    trained: Trained,
    asserted: Sequence[Condition],
    asked: Asked,
    output: Literal["table", "lines", "json", "jsonl"] | None,
    *,
    gives_advice: bool,
) -> None:
    """Print what came of the runs; raises as `end`.

    Args:
        trained: What was trained.
        asserted: What every run is to meet.
        asked: What the command was asked for.
        output: How the results are printed; events (`jsonl`) were, as they happened. None for a table on a terminal,
            else a line for each run, which programs read.
        gives_advice: Whether it is said what to do next.
    """
    outcomes = trained.outcomes()
    ending = gathered(trained, judged(asserted, outcomes, trained.not_started))
    if output is None:
        output = "table" if sys.stdout.isatty() else "lines"
    if output == "json":
        before = {str(run_dir.path) for run_dir in trained.plan.done}
        print(to_json(document(outcomes, ending, before, trained.not_started)), end="")
    elif output != "jsonl":
        lines = page(outcomes, trained.plan.labelled, table_width()) if output == "table" else result_lines(outcomes)
        show("".join(f"{one_line(line)}\n" for line in lines), RESULTS_PAGE if output == "table" else ())
    if gives_advice:
        terminal = err()
        width = terminal.width if terminal.is_terminal else None
        say(*wrapped(advice(outcomes, trained.labelled_configs, asked), width))
    end(ending, trained.said)
