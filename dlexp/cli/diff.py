"""`dlexp diff`: in which keys two experiments differ."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dlexp.cli.options import RUNS_DIR, PageFormat, RunsDir

Difference = tuple[str, Any, Any]


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A config file, a run directory, or a run as NAME/sSEED-ID.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The same, to compare with it.")],
    runs_dir: RunsDir = RUNS_DIR,
    output_format: PageFormat = "table",
) -> None:
    """Show the keys in which two experiments differ, every default filled in; a name is not part of it.

    Example: dlexp diff configs/digits_sgd.yaml configs/digits_adam.yaml
    """
    from dlexp.config.flat import MISSING, differences
    from dlexp.format import to_json

    found = differences(_config(a, runs_dir), _config(b, runs_dir))
    if output_format == "json":
        rows = [
            {"key": key} | {side: value for side, value in (("a", in_a), ("b", in_b)) if value is not MISSING}
            for key, in_a, in_b in found
        ]
        print(to_json({"a": a, "b": b, "differences": rows}), end="")
    else:
        print(_table(a, b, found) if found else "no difference")


def _config(word: str, runs_dir: Path) -> dict[str, Any]:
    """The resolved config that a word names, flat and without its name."""
    from dlexp.config.flat import flatten
    from dlexp.config.identity import compared
    from dlexp.config.load import load
    from dlexp.errors import UserError
    from dlexp.records.index import CONFIG_SUFFIXES, select

    path = Path(word)
    if path.is_file() or (word.endswith(CONFIG_SUFFIXES) and not path.is_dir()):
        paths = [path]
    else:
        of_experiment: dict[str, Path] = {}  # Its seeds and attempts share the config: the first one stands for all.
        for run in select(runs_dir, [word]):
            of_experiment.setdefault(run.dir.folder.prefix, run.dir.config_path)
        paths = list(of_experiment.values())
    configs = [flatten(compared(load(path).experiment.model_dump(exclude={"name"}))) for path in paths]
    if any(config != configs[0] for config in configs):
        runs_named = ", ".join(str(path.parent) for path in paths)
        raise UserError(f"{word}: {len(configs)} experiments have this name; choose from: {runs_named}")
    if not configs:
        raise UserError(f"{word}: no run of this name can be read")
    return configs[0]


def _table(a: str, b: str, found: list[Difference]) -> str:
    from dlexp.config.flat import format_value
    from dlexp.format import aligned

    rows = [("", a, b), *((key, format_value(in_a), format_value(in_b)) for key, in_a, in_b in found)]
    return "\n".join(aligned(rows))
