"""`dlexp why`: why two experiments are one or not."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, PageFormat, RunsDir


def why(
    a: Annotated[str, typer.Argument(metavar="A", help="A config file, a run directory, or a run as NAME/sSEED-ID.")],
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="The same, to compare with it.")] = None,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
    output_format: PageFormat = "table",
) -> None:
    """Say why two experiments are the same or not: settings, data, training code, own code.

    What can change the numbers of the same experiment is named too: versions, processor, flags of TensorFlow. A config
    alone is compared with the nearest run on record, a run alone against its config and data as they are now.

    Example: dlexp why configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    from dlexp.cli.highlights import ANSWER_PAGE
    from dlexp.console import show
    from dlexp.reports.verification.why import explain

    show(explain(a, b, runs_dir, data_dir, output_format), ANSWER_PAGE if output_format == "table" else ())
