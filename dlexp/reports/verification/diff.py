"""In which settings two experiments differ."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dlexp.config.flat import MISSING, Difference, flatten, format_value
from dlexp.config.identity import compared
from dlexp.config.load import load
from dlexp.errors import UserError
from dlexp.format import PageFormat, aligned, to_json
from dlexp.records.selection import find


def settings(word: str, runs_dir: Path) -> dict[str, Any]:
    """The resolved config that a word names, flat and without its name.

    Raises:
        UserError: It names nothing, or several experiments.
    """
    found = find(runs_dir, word)
    if isinstance(found, Path):
        paths = [found]
    else:  # The seeds and attempts of an experiment share their config.
        of_experiment: dict[str, Path] = {}
        for run_dir in found:
            of_experiment.setdefault(run_dir.folder.prefix, run_dir.config_path)
        paths = list(of_experiment.values())
    configs = [flatten(compared(load(path).experiment.model_dump(exclude={"name"}))) for path in paths]
    if any(config != configs[0] for config in configs):
        runs_named = ", ".join(str(path.parent) for path in paths)
        raise UserError(f"{word}: {len(configs)} experiments have this name; choose from: {runs_named}")
    return configs[0]


def render(a: str, b: str, found: Sequence[Difference], output: PageFormat) -> str:
    """A line for each key; or one JSON document, which lacks the value of a side that has no such key."""
    if output == "json":
        rows = [
            {"key": key} | {side: value for side, value in (("a", in_a), ("b", in_b)) if value is not MISSING}
            for key, in_a, in_b in found
        ]
        return to_json({"a": a, "b": b, "differences": rows})
    return "\n".join(side_by_side(a, b, found) if found else ["no difference"]) + "\n"


def side_by_side(a: str, b: str, found: Iterable[Difference], shown: Callable[[Any], str] = format_value) -> list[str]:
    """The lines of a table with a column for each side, under their labels."""
    return aligned([("", a, b), *((key, shown(in_a), shown(in_b)) for key, in_a, in_b in found)])
