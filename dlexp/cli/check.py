"""`dlexp check`: find the mistakes in config files before anything is loaded or trained."""

from typing import Annotated

import typer

from dlexp.cli.options import ConfigsOrStudies, Grids, Overrides, PageFormat


def check(
    configs: ConfigsOrStudies,
    overrides: Overrides = None,
    grids: Grids = None,
    output_format: PageFormat = "table",
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings as problems.")] = False,
) -> None:
    """Check config files and studies: every key at every depth, what has to fit, what is unwise. Loads no data.

    Exits with 0 if all are fine, warnings on stderr or not, else with 2.

    Example: dlexp check configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    from dlexp.cli.highlights import FILES_PAGE
    from dlexp.config.load import replaced
    from dlexp.config.problems import ConfigError
    from dlexp.console import say, show
    from dlexp.errors import CHECK_ALL, shown
    from dlexp.execution import arguments
    from dlexp.reports import configs as report

    changes = overrides or [], grids or []
    arguments.require_few_runs(1, len(configs), grids or [])
    checked = [report.check(path, *changes) for path in dict.fromkeys(configs)]
    say(*replaced([each for file in checked for each in file.experiments], *changes))
    failed = [file for file in checked if file.problems or (strict and file.warnings)]
    show(report.render(checked, failed, output_format), FILES_PAGE if output_format == "table" else ())
    if output_format == "json":
        raise typer.Exit(2 if failed else 0)
    # A shared base has its problems once.
    found = dict.fromkeys(
        [*(each for file in checked for each in file.problems), *(each for file in checked for each in file.warnings)]
    )
    if failed:
        raise ConfigError(found)
    say(*shown(list(map(str, found)), CHECK_ALL))
