"""`dlexp compare`: experiments against each other, over their seeds."""

from pathlib import Path
from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, DataDir, Quiet, RunsDir, Since, StatusIs, TableFormat, Tagged, Where, Workers
from dlexp.cli.trained_comparison import TrainedComparison, require_alone, require_training


def compare(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN_OR_NAME_OR_CONFIG",
            help="Names or globs of names, runs as NAME/sSEED-ID, run directories or configs. "
            "The first experiment is the baseline that the others are compared with; without words, the one that "
            "was started first.  "
            "[default: every run, except those of bias-variance]",
            show_default=False,
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="M",
            help="Show this column of the records, such as val_loss or seconds, instead of the usual ones; may be "
            "repeated. The answer is on the first of them by which one can be better: no seconds, no training score.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="M", help="Best mean of this metric first; of two or three experiments it is the baseline."
        ),
    ] = None,
    best: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Compare only the best N, by --sort or else the metric that decides, with the baseline; the verdicts "
            "still share their level with all experiments that these were picked from.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Show the first N rows of a table of many experiments, and the baseline.  [default: 40]",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Show the means by this setting, a row for each value; a second --by gives the columns, else the "
            "setting that tells most.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all rows of such a table.")] = False,
    where: Where = None,
    status: StatusIs = None,
    since: Since = None,
    tags: Tagged = None,
    max_seeds: Annotated[
        int | None,
        typer.Option(
            "--until-sure",
            metavar="N",
            help="Train one seed after the other, at most N (3 to 24), until each experiment is told from the first "
            "one or given up.",
            show_default=False,
        ),
    ] = None,
    first_seed: Annotated[int, typer.Option(metavar="K", help="Of --until-sure: the first seed.")] = 0,
    margin: Annotated[
        str | None,
        typer.Option(
            metavar="X",
            help="Of --until-sure: stop, too, where the difference is within it: 0.02, or '2 points'.",
            show_default=False,
        ),
    ] = None,
    is_explained: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Split the difference between two experiments over the keys in which they differ: trains the configs "
            "in between.",
        ),
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="Of --explain: all combinations of the keys, also of more than four."),
    ] = False,
    n_seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            help="Of --explain: the seeds 0 to N-1.  [default: those of both on record if at least 3, else 5]",
            show_default=False,
        ),
    ] = None,
    workers: Workers = "auto",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say how many runs --until-sure or --explain takes, and how long; train nothing."
        ),
    ] = False,
    quiet: Quiet = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the learning curves of all of them there.")
    ] = None,
    output_format: TableFormat = "table",
    runs_dir: RunsDir = RUNS_DIR,
    data_dir: DataDir = None,
) -> None:
    """Compare experiments: which one is better, the settings that differ, then every metric over the seeds.

    The answer is on the test metric of the head where there is one. With fewer than 3 common seeds it ends with the
    command that trains more. Nothing is trained, except with --until-sure and --explain.

    Example: dlexp compare digits_sgd digits_adam
    """
    choosing: dict[str, object] = {"--sort": sort, "--best": best, "--by": by, "--where": where, "--status": status}
    choosing |= {"--tag": tags, "--since": since, "--plot": plot, "--top": top, "--all": everything}
    of_looks: dict[str, object] = {"--first-seed": first_seed, "--margin": margin}
    of_shares = {"--full": full, "--seeds": n_seeds}
    trained = TrainedComparison(
        words=words or [],
        metrics=metrics or [],
        workers=workers,
        dry_run=dry_run,
        quiet=quiet,
        output_format=output_format,
        runs_dir=runs_dir,
        data_dir=data_dir,
    )
    if is_explained:
        from dlexp.cli.explain import explain

        require_alone("--explain", choosing | of_looks | {"--until-sure": max_seeds})
        explain(trained, n_seeds=n_seeds, is_full=full)
        return
    if max_seeds is not None:
        from dlexp.cli.until_sure import compare_until_sure

        require_alone("--until-sure", choosing | of_shares)
        compare_until_sure(trained, max_seeds, first_seed=first_seed, margin=margin)
        return
    require_training(of_looks | of_shares | {"--workers": workers != "auto", "--dry-run": dry_run})
    from dlexp import console
    from dlexp.cli.highlights import comparison
    from dlexp.records.query import filters
    from dlexp.reports.comparison.ranked_table import MAX_ROWS
    from dlexp.reports.comparison.table import render
    from dlexp.workflows import compare as workflow

    compared = workflow.compare(
        words or [],
        metrics or [],
        sort=sort,
        best=best,
        filters=filters(where or (), status or (), since, tags or ()),
        runs_dir=runs_dir,
        data_dir=data_dir,
        needs_result=True,
    )
    if plot:
        from dlexp.reports.comparison.plot import draw

        draw(compared, plot)
        console.say(f"learning curves: {plot}")
    if by:
        from dlexp.reports.comparison import pivot

        found = pivot.pivots(compared, by)
        print(pivot.render(found, output_format, console.width(), console.table_width()), end="")
        return
    rows = None if everything else top or MAX_ROWS
    text = render(compared, output_format, console.width(), console.table_width(), rows)
    names = [each.label for each in compared.experiments]
    console.show(text, comparison(text, names) if output_format == "table" else ())
