"""`dlexp try`: changes to an incumbent, which keeps those that are better twice."""

from pathlib import Path
from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, Quiet, RunsDir, TableFormat, Wait, Workers, config_file


def try_changes(
    over: Annotated[
        Path,
        typer.Option(parser=config_file, metavar="CONFIG", help="The incumbent: the config that is to be improved."),
    ],
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHANGE",
            help="KEY=VALUE as --set takes it, several of one change in one word with spaces between them, or a "
            "config in the incumbent's place. They are tried in this order; without any, the ledger is shown.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The column that decides.  [default: the first metric on the validation split, in the last epoch]",
            show_default=False,
        ),
    ] = None,
    max_seeds: Annotated[int, typer.Option(metavar="N", help="The most seeds that a change is screened with.")] = 12,
    workers: Workers = "auto",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be trained at most, and how long; train nothing.")
    ] = False,
    wait: Wait = False,
    output_format: TableFormat = "table",
    quiet: Quiet = False,
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Try changes to a config one after the other, and keep what is better twice: screened, then confirmed.

    A change is trained seed by seed beside the incumbent until the difference tells; what is better then is trained
    on 8 new seeds. If it is better again, it is the incumbent that the next change is laid over. Each step is written
    into a ledger, runs/ledgers/NAME.jsonl, from which the same or another command goes on.

    Example: dlexp try optimizer=adam training.batch_size=16 --over configs/digits_sgd.yaml
    """
    from dlexp import console
    from dlexp.cli.highlights import campaign
    from dlexp.cli.trainings import close, training
    from dlexp.execution.plan import Request
    from dlexp.reports.ratchet import forecast, page
    from dlexp.workflows import ratchet
    from dlexp.workflows.campaigning import Tries

    request = Request(runs_dir=runs_dir, data_dir=data_dir)
    tries = Tries(changes=changes or (), over=over, by=by, max_seeds=max_seeds, request=request)
    trained = None
    if dry_run:
        print(forecast.render(ratchet.preview(tries, workers), output_format, console.width()), end="")
        return
    if changes:
        with training("checking the changes", workers, is_quiet=quiet, wait=wait) as runner:
            found, trained = ratchet.try_changes(tries, runner)
    else:
        found = ratchet.campaign_of(over, runs_dir)
    text = page.render(found, output_format, console.width())
    console.show(text, campaign(text) if output_format == "table" else ())
    if trained:
        close(trained, divergence_fails=False)
