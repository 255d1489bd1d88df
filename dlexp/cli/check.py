"""`dlexp check`: find the mistakes in config files before anything is loaded or trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from dlexp.config.problems import Problem


def check(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG", help="Config files.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key: optimizer.learning_rate=1e-2."),
    ] = None,
    grids: Annotated[
        list[str] | None,
        typer.Option("--grid", metavar="KEY=[A, B]", help="Check with each value; several: each combination."),
    ] = None,
    output_format: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help="json: every problem of every file, as one document."),
    ] = "table",
) -> None:
    """Check config files: every key at every depth, and what has to fit together. Loads no data.

    Exits with 0 if all are fine, else with 2.

    Example: dlexp check configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    import json

    from dlexp.config.load import load_all
    from dlexp.config.problems import ConfigError

    found: dict[str, list[Problem]] = {}
    for path in configs:
        try:
            load_all([path], overrides or [], grids or [])
            found[str(path)] = []
        except ConfigError as error:
            found[str(path)] = error.problems
    problems = [problem for file_problems in found.values() for problem in file_problems]
    if output_format == "json":
        files = [{"file": file, "problems": [_record(p) for p in of_file]} for file, of_file in found.items()]
        print(json.dumps({"ok": not problems, "files": files}, indent=2))
        raise typer.Exit(2 if problems else 0)
    for file, of_file in found.items():
        if not of_file:
            print(f"{file}: ok", flush=True)
    if problems:
        raise ConfigError(dict.fromkeys(problems))  # A shared base has its problems once.


def _record(problem: "Problem") -> dict[str, str | int | None]:
    source = problem.source
    return {
        "file": source.label if source else None,
        "line": source.line if source else None,
        "path": problem.path,
        "message": problem.message,
    }
