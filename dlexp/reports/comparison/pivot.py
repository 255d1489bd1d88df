"""A grid by one or two of its keys: the mean of a number for each pair of their values."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from dlexp.components.columns import Column
from dlexp.config.flat import MISSING, format_value
from dlexp.config.labels import ends, setting, short_keys
from dlexp.console import one_line
from dlexp.errors import UserError
from dlexp.format import TableFormat, joined, listed, markdown_table, paragraph, plural, to_csv, to_json
from dlexp.near_words import did_you_mean
from dlexp.reports.comparison.compared import Compared
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.ranking import Ranking, mean_of, rankings
from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import alike, significant

#: The keys of the rows.
COLUMNS = ("metric", "row_key", "row", "column_key", "column", "mean", "experiments")
#: A key with more values has no columns.
MAX_COLUMNS = 100
#: What marks the best cell.
_BEST = "*"
#: Experiments are beside a grid if at least so many times as many share the values of all other keys.
_TIMES_RARER = 4


@dataclass(frozen=True)
class Cell:
    """The experiments with one pair of values."""

    experiments: tuple[Compared, ...]
    mean: float | None
    """Over the means of their seeds; None if none of them has the number."""


@dataclass(frozen=True, kw_only=True)
class Pivot:
    """Experiments by the values of a key, or of two."""

    column: Column
    row_key: str
    column_key: str
    """Empty if there is but one key."""
    rows: tuple[Any, ...]
    """The values of the row key, in their order; `MISSING` where experiments lack it."""
    columns: tuple[Any, ...]
    cells: Mapping[tuple[int, int], Cell]
    """By the positions of their values; where no experiment has both there is none."""
    over: tuple[str, ...]
    """The other keys in which the experiments of a cell differ."""
    is_even: bool
    """Whether every cell has experiments with the same values of these."""
    short: Mapping[str, str]
    """What the keys are called."""
    beyond: tuple[Compared, ...]
    """Experiments beside the grid, in no cell: few share their other settings."""
    beyond_by: tuple[str, ...]
    """The other keys in which these have values that no cell has."""

    @property
    def best(self) -> tuple[int, int] | None:
        """Which cell is the best; None if neither way is better."""
        means = {place: cell.mean for place, cell in self.cells.items() if cell.mean is not None}
        if not means or not self.column.is_judged:
            return None
        return (max if self.column.higher_is_better else min)(means, key=lambda place: means[place])


def pivots(comparison: Comparison, keys: Sequence[str]) -> list[Pivot]:
    """The experiments of each ranking by one or two keys, rows first; beside a single one, the most telling other.

    Raises:
        UserError: More than two keys, the same twice, or one that is not known or the same in all experiments.
    """
    if len(keys) > 2:
        raise UserError(f"--by: a table has rows and columns: at most two keys, given {joined(list(keys))}")
    found = rankings(comparison)
    settings = list(dict.fromkeys(key for each in comparison.experiments for key in each.settings))
    varying = set(comparison.differing)
    resolved = [_key(key, settings, varying) for key in keys]
    if len(set(resolved)) < len(resolved):
        raise UserError(f"--by: {keys[0]} and {keys[1]} are the same key, {resolved[0]}")
    return [_pivot(ranking, resolved, settings) for ranking in found if len(ranking.rows) > 1 or len(found) == 1]


def _key(word: str, settings: Sequence[str], varying: set[str]) -> str:
    """The dotted key that a user means, by itself or by an end that no other key that differs has."""
    choices = ", ".join(key for key in settings if key in varying) or "none, since all settings are the same"
    meant = [word] if word in settings else [key for key in settings if word in ends(key)]
    differing = [key for key in meant if key in varying]
    if len(differing) == 1:
        return differing[0]
    if differing:
        raise UserError(f"--by {word}: this may be {' or '.join(differing)}; write one of them")
    if meant:
        raise UserError(f"--by {word}: {meant[0]} is the same in all of these experiments. Choose from: {choices}")
    near = did_you_mean(word, [*varying, *short_keys(varying, settings).values()])
    near = near or did_you_mean(word, short_keys(settings).values())
    raise UserError(f"--by {word}: there is no such setting.{near} Choose from: {choices}")


def _pivot(ranking: Ranking, keys: Sequence[str], settings: Iterable[str]) -> Pivot:
    experiments = [row.experiment for row in ranking.rows]
    n_values = {key: len(_values(experiments, key)) for key in {*ranking.keys, *keys}}
    others = [key for key in ranking.by_telling() if key not in keys and n_values[key] <= MAX_COLUMNS]
    row_key, column_key = (*keys, *others[:1], "")[:2]
    if column_key and n_values[column_key] > MAX_COLUMNS:
        raise UserError(
            f"--by {column_key}: {n_values[column_key]:,} values are too many columns; name it first, for rows"
        )
    left = tuple(key for key in ranking.keys if key not in (row_key, column_key))
    experiments, beyond = _of_grid(experiments, left)
    rows, columns = _values(experiments, row_key), _values(experiments, column_key) if column_key else [MISSING]
    row_of, column_of = ({format_value(value): i for i, value in enumerate(values)} for values in (rows, columns))
    by_place: dict[tuple[int, int], list[Compared]] = {}
    for each in experiments:
        place = row_of[_value_of(each, row_key)], column_of[_value_of(each, column_key)] if column_key else 0
        by_place.setdefault(place, []).append(each)
    cells = {place: _cell(own, ranking.order) for place, own in sorted(by_place.items())}
    points = {frozenset(_values_of(each, left) for each in cell.experiments) for cell in cells.values()}
    return Pivot(
        column=ranking.order,
        row_key=row_key,
        column_key=column_key,
        rows=tuple(rows),
        columns=tuple(columns),
        cells=cells,
        over=tuple(key for key in left if any(len(_values(cell.experiments, key)) > 1 for cell in cells.values())),
        is_even=len(points) == 1,
        beyond=tuple(beyond),
        beyond_by=tuple(
            key for key in left if len(_values([*experiments, *beyond], key)) > len(_values(experiments, key))
        ),
        short=short_keys([key for key in (row_key, column_key, *left) if key], list(settings)),
    )


def _of_grid(experiments: Sequence[Compared], left: Sequence[str]) -> tuple[list[Compared], list[Compared]]:
    """The experiments of a grid, and those beside it: few share their values of the other keys."""
    counts = Counter(_values_of(each, left) for each in experiments)
    enough = max(counts.values()) / _TIMES_RARER
    found: tuple[list[Compared], list[Compared]] = ([], [])
    for each in experiments:
        found[counts[_values_of(each, left)] <= enough].append(each)
    return found


def _cell(experiments: Sequence[Compared], column: Column) -> Cell:
    means = [mean for each in experiments if (mean := mean_of(each, column)) is not None]
    return Cell(tuple(experiments), fmean(means) if means else None)


def _values(experiments: Iterable[Compared], key: str) -> list[Any]:
    """The values of a key, each once: numbers and lists of numbers in their order, others as they come."""
    several = (setting(each.settings, key) for each in experiments)
    found = {format_value(value): value for value in several}
    try:
        return sorted(found.values())
    except TypeError:
        return list(found.values())


def _value_of(experiment: Compared, key: str) -> str:
    return format_value(setting(experiment.settings, key))


def _values_of(experiment: Compared, keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(format_value(setting(experiment.settings, key)) for key in keys)


def render(found: Sequence[Pivot], output: TableFormat, width: int = 80, table_width: int | None = None) -> str:
    """Pivots in a format, with a line end after the last line; CSV has a row for each cell, with all digits."""
    match output:
        case "table":
            return "\n\n".join("\n".join(_text(each, width, table_width)) for each in found) + "\n"
        case "md":
            return "\n\n".join("\n".join(_markdown(each)) for each in found) + "\n"
        case "json":
            return to_json([_document(each) for each in found])
        case "csv":
            return to_csv(COLUMNS, rows(found))


def _text(pivot: Pivot, width: int, table_width: int | None) -> Iterator[str]:
    for title in _titles(pivot):
        yield from paragraph(title, width)
    header, *rows = _grid(pivot)
    columns = [
        FittedColumn(header=name, cells=[row[i] for row in rows], is_number=i > 0) for i, name in enumerate(header)
    ]
    left = columns[1:]
    while left:  # As many columns as fit, then the next ones below.
        yield ""
        n = len(left)
        while n > 1 and fitted([columns[0], *left[:n]], table_width).folded:
            n -= 1
        yield from fitted([columns[0], *left[:n]], table_width).lines
        left = left[n:]


def _markdown(pivot: Pivot) -> Iterator[str]:
    for title in _titles(pivot):
        yield from (one_line(title), "")
    header, *rows = _grid(pivot)
    yield from markdown_table(header, (map(one_line, row) for row in rows))


def _titles(pivot: Pivot) -> Iterator[str]:
    """What the cells are, what they are the mean over, and how far they can be compared."""
    of = pivot.short[pivot.row_key] + (f" and {pivot.short[pivot.column_key]}" if pivot.column_key else "")
    over = joined(["the seeds", *(pivot.short[key] for key in pivot.over)])
    best = f"; {_BEST} the best one" if pivot.best else ""
    yield f"{pivot.column} by {of}: the mean over {over}{best}."
    if not pivot.is_even and pivot.over:
        several = joined([pivot.short[key] for key in pivot.over])
        yield f"The means are not over the same values of {several} everywhere."
    if pivot.beyond:
        keys = listed([pivot.short[key] for key in pivot.beyond_by])
        differ = f"with other values of {keys}" if keys else "with other settings than most"
        yield f"Left out: {plural(len(pivot.beyond), 'experiment')} {differ}."
    if lost := sum(mean_of(each, pivot.column) is None for cell in pivot.cells.values() for each in cell.experiments):
        yield f"Without the number, and in no mean: {plural(lost, 'experiment')}."


def _grid(pivot: Pivot) -> Iterator[list[str]]:
    """The header, then a row for each value, as text."""
    corner = pivot.short[pivot.row_key]
    if pivot.column_key:
        name = pivot.short[pivot.column_key]
        yield [
            corner,
            *(
                f"{name}={format_value(value)}" if i == 0 else format_value(value)
                for i, value in enumerate(pivot.columns)
            ),
        ]
    else:
        yield [corner, str(pivot.column)]
    places = [(i, j) for i in range(len(pivot.rows)) for j in range(len(pivot.columns))]
    means = alike([pivot.cells[place].mean if place in pivot.cells else None for place in places], significant)
    texts = [f"{_BEST if place == pivot.best else ''}{mean or '-'}" for place, mean in zip(places, means, strict=True)]
    for i, value in enumerate(pivot.rows):
        start = i * len(pivot.columns)
        yield [format_value(value), *texts[start : start + len(pivot.columns)]]


def rows(found: Iterable[Pivot]) -> Iterator[dict[str, Any]]:
    """A row for each pair of values that some experiments have."""
    for pivot in found:
        for (i, j), cell in pivot.cells.items():
            yield {
                "metric": str(pivot.column),
                "row_key": pivot.row_key,
                "row": format_value(pivot.rows[i]),
                "column_key": pivot.column_key,
                "column": format_value(pivot.columns[j]) if pivot.column_key else "",
                "mean": cell.mean,
                "experiments": len(cell.experiments),
            }


def _document(pivot: Pivot) -> dict[str, Any]:
    return {
        "metric": str(pivot.column),
        "row_key": pivot.row_key,
        "column_key": pivot.column_key or None,
        "rows": [None if value is MISSING else value for value in pivot.rows],
        "columns": [None if value is MISSING else value for value in pivot.columns] if pivot.column_key else [],
        "means": [
            [cell.mean if (cell := pivot.cells.get((i, j))) else None for j in range(len(pivot.columns))]
            for i in range(len(pivot.rows))
        ],
        "over": list(pivot.over),
    }
