"""`dlexp control`: whether the set-up of an experiment can be trusted."""

from typing import Annotated

import typer

from dlexp.cli.options import RUNS_DIR, Configs, DataDir, Grids, Overrides, PageFormat, Quiet


def control(
    configs: Configs,
    overrides: Overrides = None,
    grids: Grids = None,
    seed: Annotated[int, typer.Option(metavar="K", help="Train with this seed.")] = 0,
    output_format: PageFormat = "table",
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> None:
    """Ask whether a set-up can be trusted, by short trainings that are not recorded.

    The first loss is what theory says, one batch can be learned by heart, a short training beats the best constant
    prediction, shuffled labels score as chance does, and no single input tells the target. Exits with 1 if one fails,
    unless the config says that it may: `allow: [beats_guessing]`.

    Example: dlexp control configs/digits_sgd.yaml
    """
    from dlexp import console
    from dlexp.cli.at_work import at_work
    from dlexp.execution import arguments
    from dlexp.reports.control.page import render
    from dlexp.workflows.control import control as carry_out
    from dlexp.workflows.runner import Given

    arguments.seeds([seed], "--seed")
    given = Given(
        configs=configs,
        overrides=overrides or [],
        grids=grids or [],
        runs_dir=RUNS_DIR,
        data_dir=data_dir,
        smoke=False,
        warn=console.say,
    )
    found = []
    with at_work("short trainings", is_quiet=quiet):
        for subject in carry_out(given, seed):
            found.append(subject)
            if output_format == "table":
                print(render([subject], output_format, console.width()), end="", flush=True)
    if output_format == "json":
        print(render(found, output_format, console.width()), end="")
    if any(each.has_failed for each in found):
        raise typer.Exit(1)
