"""Grids: `--grid KEY=[A, B]`, one experiment for every combination of values."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp.config.flat import format_value
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source
from dlexp.config.suggestions import number_readings
from dlexp.config.yaml_source import parse_value


@dataclass(frozen=True)
class Override:
    """One value of a grid, laid over a config as a `--set` is."""

    text: str
    """`KEY=VALUE`."""

    def __str__(self) -> str:
        return self.text


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
                raise _refused(f"{key} has a grid already", grid)
            axes[key] = [Override(f"{key}={format_value(value)}") for value in _values(grid)]
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return list(axes.values())


def source_of(override: str | Override) -> Source:
    """What a value that stands in an override names as its source."""
    return Source(f"{'--grid' if isinstance(override, Override) else '--set'} {override}")


def values_in(sources: Mapping[str, Source]) -> dict[str, str]:
    """The values of grids among the sources of a config, by key as the grid named it."""
    texts = (source.label.removeprefix("--grid ") for source in sources.values() if source.label.startswith("--grid "))
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


def _values(grid: str) -> list[object]:
    key, equals, text = grid.partition("=")
    if not equals or not key.strip():
        raise _refused("expected KEY=[A, B], such as optimizer.learning_rate=[1e-2, 1e-3]", grid)
    values = parse_value(text, _source(grid)).plain()
    if not isinstance(values, list):
        advice = f"; write {key.strip()}=[{text.strip()}]" if _is_listed(text) else ""
        raise _refused(f"expected a list of values, given {format_value(values)}{advice}", grid)
    if not values:
        raise _refused("expected at least one value, given an empty list", grid)
    return values


def _is_listed(text: str) -> bool:
    """Whether a text in brackets is surely the list that was meant; 0,5 may be one number."""
    try:
        values = parse_value(f"[{text}]", DEFAULT).plain()
    except ConfigError:
        return False
    return isinstance(values, list) and bool(values) and None not in values and not number_readings(text)


def _source(grid: str) -> Source:
    return Source(f"--grid {grid}")


def _refused(message: str, grid: str) -> ConfigError:
    return ConfigError([Problem("", message, _source(grid))])
