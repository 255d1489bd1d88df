"""`dlexp predict`: what a trained model says of examples."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, RunsDir


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
) -> None:
    """Write a run's predictions as CSV: class and probabilities, number and interval, quantiles; a row an example.

    Numbers come as the columns that the model learned from; texts a line each of a .txt file, in the column text of a
    .csv file, or as the .txt files of a folder. They are encoded as the training data were; categories
    that those do not have, and gaps that are filled, are said on stderr.

    Example: dlexp predict digits_sgd test
    """
    import shlex
    from functools import partial

    from dlexp.components import snapshot
    from dlexp.config.load import load
    from dlexp.console import say
    from dlexp.errors import UserError, shown
    from dlexp.records import manifest
    from dlexp.records.index import identities_in, latest, select
    from dlexp.records.record_files import DamagedRecord
    from dlexp.reports.run.predictions_table import write
    from dlexp.training.prediction import Question, ask

    if data != "test" and not Path(data).exists():
        raise UserError(f"{data}: no such file or folder; or say test, for the test split")
    if output is not None and output.suffix not in (".csv", ".parquet"):
        raise UserError(f"--output {output}: expected a name that ends in .csv or .parquet")
    runs = select(runs_dir, [run], partial(identities_in, data_dir=data_dir))
    asked = latest(each for each in runs if each.status == "finished")
    if asked is None:
        raise UserError(f"{run}: no finished run, so no model to ask")
    if len(runs) > 1:
        say(f"{run}: {len(runs)} runs; this is {asked.dir.path}")
    try:
        manifest.require(asked.dir, asked.record, asked.dir.model_path)
    except DamagedRecord as error:
        raise DamagedRecord(f"{error}; dlexp verify --files {shlex.quote(str(asked.dir.path))} names all") from error
    experiment = load(asked.dir.config_path).experiment
    digest = asked.record.get("data_digest")
    if digest not in experiment.dataset.digests(data_dir):
        raise UserError(f"{asked.dir.path}: the data are not those that it was trained on, which its encoding needs")
    examples: Path | Literal["test"] = "test" if data == "test" else Path(data)
    known = snapshot.large_digests()
    question = Question(experiment, asked.dir.model_path, examples, data_dir, digest, known)
    answer = ask(question)
    for line in shown(list(answer.notes)):
        say(line)
    write(answer.columns, output)
