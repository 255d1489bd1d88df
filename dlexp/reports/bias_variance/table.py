"""Bias and variance as a table, JSON, CSV or Markdown: a row an experiment."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dlexp.console import one_line
from dlexp.format import TableFormat, aligned, markdown_table, to_csv, to_json
from dlexp.reports.bias_variance.facts import MIN_TRAINING_SETS, Decomposition, Point, decomposed, rows
from dlexp.reports.numbers import counted, plus_minus

TITLES = {
    "bias_squared": "bias²",
    "bias_squared_and_noise": "bias² + noise",
    "variance": "variance",
    "noise": "noise",
    "bias": "bias",
    "net_variance": "net variance",
    "unbiased_variance": "= unbiased",
    "biased_variance": "- biased",
}

_NOTES = {
    "bias_squared_and_noise": "bias² + noise: without the distribution of the data the two cannot be told apart.",
    "bias_squared": "bias² and variance: unbiased, so that bias² can be a little below 0. noise: of the test targets.",
    "bias": "bias: the main prediction is wrong, noise included. net variance: unbiased - biased (Domingos, 2000).",
}


def render(points: Sequence[Point], output: TableFormat) -> str:
    """The points in a format, with a line end after its last line: a table for each loss, and how to read it."""
    match output:
        case "table":
            tables = ["\n".join(aligned(table, "   ")) for table in _tables(points)]
            return "\n\n".join([*tables, "\n".join(_notes(points))]) + "\n"
        case "json":
            return to_json(list(map(_document, points)))
        case "csv":
            table = list(rows(points))
            return to_csv(list(dict.fromkeys(key for row in table for key in row)), table)
        case "md":
            tables = ["\n".join(markdown_table(header, rest)) for header, *rest in _tables(points)]
            return "\n\n".join([*tables, *_notes(points)]) + "\n"


def _document(point: Point) -> dict[str, Any]:
    """A point as JSON, without what only tells test examples apart."""
    content = {key: value for key, value in asdict(point).items() if key not in ("test_digests", "targets_digest")}
    return content | {"sum": point.decomposition and point.decomposition.total}


def _label(point: Point, points: Sequence[Point]) -> str:
    """Its values on the grids, and its name where there are several or no grid."""
    name = one_line(point.name)
    values = one_line(", ".join(f"{key}={value}" for key, value in point.settings.items()))
    if not values:
        return name
    return values if len({other.name for other in points}) == 1 else f"{name} ({values})"


def _tables(points: Sequence[Point]) -> Iterator[list[list[str]]]:
    """A header and rows, of all points that have the same parts."""
    groups: dict[tuple[str, ...], list[tuple[Point, Decomposition]]] = {}
    for point, found in decomposed(points):
        groups.setdefault(tuple(found.parts), []).append((point, found))
    for parts, group in groups.items():
        columns = [part for part in TITLES if part in parts and (part != "variance" or "net_variance" not in parts)]
        titles = [TITLES[part] for part in columns]
        table = [["", "parameters", "training sets", *titles, "sum", f"error ({group[0][1].loss} loss)"]]
        for point, found in group:
            estimates = [*(found.parts[part] for part in columns), found.error]
            *cells, error = [plus_minus(estimate.value, estimate.se) for estimate in estimates]
            total = plus_minus(found.total, found.error.se).partition(" ")[0]
            sets = counted(point.resamples, point.diverged, point.resampling)
            table.append([_label(point, points), str(point.parameters), sets, *cells, total, error])
        yield table


def _notes(points: Sequence[Point]) -> Iterator[str]:
    """What a reader must know to read the numbers right."""
    parts = {part for _, found in decomposed(points) for part in found.parts}
    if parts:
        yield "±: standard error, by the bootstrap over the training sets; the test examples are the same for all."
    yield from (note for part, note in _NOTES.items() if part in parts)
    if any(point.resampling == "bootstrap" for point in points):
        yield "bootstrap: training sets drawn from one, so that variance is that of drawing from it again."
    for point in points:
        if point.decomposition is None:
            sets = counted(point.resamples, point.diverged, point.resampling)
            yield f"{_label(point, points)}: {sets}: at least {MIN_TRAINING_SETS} have to finish."
