"""In what two experiments differ, and the places where they ran."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlexp.config.flat import MISSING, Difference, differences, flatten, format_value, short
from dlexp.config.identity import compared
from dlexp.config.load import load_unchecked
from dlexp.errors import UserError
from dlexp.format import PageFormat, aligned, to_json
from dlexp.records.selection import find

#: What of environment.json changes from run to run without a meaning for the numbers.
IRRELEVANT = ("seconds", "command", "git", "host", "submitted", "multiplications")


def settings(word: str, runs_dir: Path) -> dict[str, Any]:
    """The resolved config that a word names, flat and without its name; it may name one experiment only."""
    found = find(runs_dir, word)
    if isinstance(found, Path):
        paths = [found]
    else:  # The seeds and attempts of an experiment share their config.
        of_experiment: dict[str, Path] = {}
        for run_dir in found:
            of_experiment.setdefault(run_dir.folder.prefix, run_dir.config_path)
        paths = list(of_experiment.values())
    configs = [flatten(compared(load_unchecked(path).model_dump(exclude={"name"}))) for path in paths]
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


def between_places(
    a: Mapping[str, Any], b: Mapping[str, Any], without: Collection[str] = IRRELEVANT
) -> list[Difference]:
    """What differs between two environments, as environment.json has them; None for a flag that is not set.

    Older versions recorded less: what only one of the two tells is not known to differ.
    """
    common = (a.keys() & b.keys()) - set(without)
    if "flags" in common:  # In which it stands too.
        common.discard("onednn")
    sides = [flatten({key: value for key, value in each.items() if key in common and value != {}}) for each in (a, b)]
    return [
        (key, None if in_a is MISSING else in_a, None if in_b is MISSING else in_b)
        for key, in_a, in_b in differences(*sides)
    ]


def of_place(value: Any) -> str:
    """A value of an environment in one line."""
    return "not set" if value is None else short(value)
