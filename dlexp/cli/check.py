"""`dlexp check`: find the mistakes in config files before anything is loaded or trained."""

from typing import TYPE_CHECKING, Annotated

import typer

from dlexp.cli.options import Configs, Grids, Overrides, PageFormat

if TYPE_CHECKING:
    from dlexp.config.lint import Finding
    from dlexp.config.problems import Problem


def check(
    configs: Configs,
    overrides: Overrides = None,
    grids: Grids = None,
    output_format: PageFormat = "table",
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings as problems.")] = False,
) -> None:
    """Check config files: every key at every depth, what has to fit together, what is unwise. Loads no data.

    Exits with 0 if all are fine, warnings on stderr or not, else with 2.

    Example: dlexp check configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    import itertools

    from dlexp.config.load import Loaded, load_all, replaced
    from dlexp.config.problems import ConfigError
    from dlexp.console import one_line, say
    from dlexp.errors import CHECK_ALL, shown
    from dlexp.execution import arguments
    from dlexp.format import to_json

    arguments.require_few_runs(1, len(configs), grids or [])
    found: dict[str, list[Problem]] = {}
    warned: dict[str, list[Finding]] = {}
    notes: dict[str, list[str]] = {}
    fine: list[Loaded] = []
    for path in configs:
        try:
            loaded = load_all([path], overrides or [], grids or [])
            fine += loaded
            named = [part for each in loaded for part in (each.experiment.dataset, each.experiment.model)]
            notes[str(path)] = list(dict.fromkeys(note for part in named for note in part.notes()))
            found[str(path)], warned[str(path)] = [], list(dict.fromkeys(w for each in loaded for w in each.warnings))
        except ConfigError as error:
            found[str(path)], warned[str(path)] = error.problems, []
    for line in replaced(fine, overrides or [], grids or []):
        say(line)
    failed = [file for file in found if found[file] or (strict and warned[file])]
    if output_format == "json":
        files = [
            {
                "file": file,
                "problems": [_record(p) for p in found[file]],
                "warnings": [_advice(w) for w in warned[file]],
                "notes": notes.get(file, []),
            }
            for file in found
        ]
        print(to_json({"ok": not failed, "files": files}), end="")
        raise typer.Exit(2 if failed else 0)
    for file in found:
        if file not in failed:
            print("\n  note: ".join(map(one_line, [f"{file}: ok", *notes[file]])), flush=True)
    # A shared base has its problems once.
    problems = dict.fromkeys([*itertools.chain(*found.values()), *itertools.chain(*warned.values())])
    if failed:
        raise ConfigError(problems)
    for line in shown([str(problem) for problem in problems], CHECK_ALL):
        say(line)


def _record(problem: "Problem") -> dict[str, str | int | None]:
    source = problem.source
    return {
        "file": source.label if source else None,
        "line": source.line if source else None,
        "path": problem.path,
        "message": problem.message,
        "change": problem.change or None,
    }


def _advice(warning: "Finding") -> dict[str, str | int | None]:
    return {**_record(warning), "rule": warning.rule}
