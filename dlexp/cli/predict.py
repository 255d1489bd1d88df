"""`dlexp predict`: what a trained model says of examples."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dlexp.cli.options import RUNS_DIR, AllowCode, DataDir, RunsDir


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run, or a name or config file: its latest run.")],
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="test for the run's own test split; or a .csv, .npz, .txt file or a folder of texts."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A .csv or .parquet file, instead of stdout.")
    ] = None,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
    allow_code: AllowCode = False,
) -> None:
    """Write a run's predictions as CSV: class and probabilities, number and interval, quantiles; a row an example.

    Numbers come as the columns that the model learned from; texts as the lines of a .txt file, as the .txt files of a
    folder, or in a table: in its column text, or that of the run's own table. They are encoded as the training data
    were; categories and words that those do not have, and gaps that are filled, are said on stderr. A model with layers
    of your own is built by your function again: with --allow-code, and while its file is the same.

    Example: dlexp predict digits_sgd test
    """
    from dlexp.errors import UserError
    from dlexp.reports.run.predictions_table import write
    from dlexp.workflows import predict as workflow

    if data != "test" and not Path(data).exists():
        raise UserError(f"{data}: no such file or folder; or say test, for the test split")
    if output is not None and output.suffix not in (".csv", ".parquet"):
        raise UserError(f"--output {output}: expected a name that ends in .csv or .parquet")
    examples: Path | Literal["test"] = "test" if data == "test" else Path(data)
    write(workflow.predict(run, examples, runs_dir, data_dir, allow_code=allow_code), output)
