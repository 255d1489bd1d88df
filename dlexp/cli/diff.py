"""`dlexp diff`: in which keys two experiments differ."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, PageFormat, RunsDir


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A config file, a run directory, or a run as NAME/sSEED-ID.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The same, to compare with it.")],
    runs_dir: RunsDir = RUNS_DIR,
    output_format: PageFormat = "table",
) -> None:
    """Show the keys in which two experiments differ, every default filled in; a name is not part of it.

    Example: dlexp diff configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    from dlexp.config.flat import differences
    from dlexp.reports.verification.diff import render, settings

    print(render(a, b, differences(settings(a, runs_dir), settings(b, runs_dir)), output_format), end="")
