"""Grids: `--grid KEY=[A, B]`, one experiment for every combination of values."""

import itertools
import math
from collections.abc import Mapping, Sequence

from dlexp.config.flat import format_value
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source, refused
from dlexp.config.suggestions import number_readings
from dlexp.config.yaml_source import parse_value

#: Characters of a grid's value up to which a message shows it; of a longer one it says which it is.
MAX_SHOWN = 40


class Override(str):
    """One value of a grid, `KEY=VALUE`, laid over a config as a `--set` is."""

    place: str = ""
    """Which one it is: `value 2 of 3`."""

    @classmethod
    def of(cls, key: str, values: Sequence[object]) -> "list[Override]":
        """Each value of a key's grid."""
        found = [cls(f"{key}={format_value(value)}") for value in values]
        for i, override in enumerate(found, start=1):
            override.place = f"value {i} of {len(found)}"
        return found


def expand(grids: Sequence[str]) -> list[list[Override]]:
    """Every point of the product of `KEY=[A, B]` grids, the last key running fastest; without a grid one empty point.

    Raises:
        ConfigError: With every grid that is no key with a list of at least one value, or has another one's key.
    """
    return [list(point) for point in itertools.product(*_axes(grids))]


def n_points(grids: Sequence[str]) -> int:
    """How many points these grids have; raises as `expand`, and makes none of them."""
    return math.prod(map(len, _axes(grids)))


def _axes(grids: Sequence[str]) -> list[list[Override]]:
    """The values of each grid."""
    problems: list[Problem] = []
    axes: dict[str, list[Override]] = {}
    for grid in grids:
        key = grid.partition("=")[0].strip()
        try:
            if key in axes:
                raise refused(f"{key} has a grid already", Source(f"--grid {grid}"))
            axes[key] = Override.of(key, _values(grid))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return list(axes.values())


def source_of(override: str) -> Source:
    """What a value that stands in an override names as its source."""
    if not isinstance(override, Override):
        return Source(f"--set {override}")
    key, _, value = override.partition("=")
    return Source(f"--grid {override}", brief=f"--grid {key} ({override.place})" if len(value) > MAX_SHOWN else "")


def key_of(source: Source) -> str:
    """The key of the grid that a value comes from; empty if it comes from none."""
    return source.label.removeprefix("--grid ").partition("=")[0] if source.label.startswith("--grid ") else ""


def values_in(sources: Mapping[str, Source]) -> dict[str, str]:
    """The values of grids among the sources of a config, by key as the grid named it."""
    texts = (source.label.removeprefix("--grid ") for source in sources.values() if source.label.startswith("--grid "))
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


def _values(grid: str) -> list[object]:
    key, equals, text = grid.partition("=")
    source = Source(f"--grid {grid}")
    if not equals or not key.strip():
        raise refused("expected KEY=[A, B], such as optimizer.learning_rate=[1e-2, 1e-3]", source)
    values = parse_value(text, source).plain()
    if not isinstance(values, list):
        advice = f"; write {key.strip()}=[{text.strip()}]" if _is_listed(text) else ""
        raise refused(f"expected a list of values, given {format_value(values)}{advice}", source)
    if not values:
        raise refused("expected at least one value, given an empty list", source)
    return values


def _is_listed(text: str) -> bool:
    """Whether a text in brackets is surely the list that was meant; 0,5 may be one number."""
    try:
        values = parse_value(f"[{text}]", DEFAULT).plain()
    except ConfigError:
        return False
    return isinstance(values, list) and bool(values) and None not in values and not number_readings(text)
