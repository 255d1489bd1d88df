"""Bias and variance as a table, JSON, CSV or Markdown: a row an experiment."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dlexp.console import one_line
from dlexp.format import TableFormat, aligned, markdown_table, to_csv, to_json
from dlexp.reports.bias_variance.facts import MIN_TRAINING_SETS, Decomposition, Point
from dlexp.reports.numbers import plus_minus

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


def render(points: Sequence[Point], output: TableFormat) -> str:
    """The points in a format, with a line end after its last line."""
    match output:
        case "table":
            return to_text(points)
        case "json":
            return to_json([_document(point) for point in points])
        case "csv":
            rows = list(records(points))
            return to_csv(list(dict.fromkeys(key for row in rows for key in row)), rows)
        case "md":
            return to_markdown(points)


def to_text(points: Sequence[Point]) -> str:
    """A table for each loss, then what a reader must know."""
    blocks = ["\n".join(aligned(table, gap="   ")) for table in _tables(points)]
    return "\n\n".join([*blocks, "\n".join(_notes(points))]) + "\n"


def to_markdown(points: Sequence[Point]) -> str:
    """The same in Markdown."""
    blocks = ["\n".join(markdown_table(header, rows)) for header, *rows in _tables(points)]
    return "\n\n".join([*blocks, *_notes(points)]) + "\n"


def records(points: Sequence[Point]) -> Iterator[dict[str, Any]]:
    """A record for every part of every point, its settings on the grids as columns."""
    for point in points:
        about = {"experiment": point.name, **point.settings}
        about |= {key: getattr(point, key) for key in ("resampling", "parameters", "resamples", "diverged")}
        if found := point.decomposition:
            for part, estimate in {**found.parts, "error": found.error}.items():
                yield about | {"loss": found.loss, "part": part, "value": estimate.value, "se": estimate.se}


def label(point: Point, points: Sequence[Point]) -> str:
    """Its values on the grids, and its name where there are several or no grid."""
    name = one_line(point.name)
    values = one_line(", ".join(f"{key}={value}" for key, value in point.settings.items()))
    if not values:
        return name
    return values if len({other.name for other in points}) == 1 else f"{name} ({values})"


def _document(point: Point) -> dict[str, Any]:
    found = point.decomposition
    return asdict(point) | {"sum": found.total if found else None}


def _tables(points: Sequence[Point]) -> Iterator[list[list[str]]]:
    """Points of the same parts together: a header and a row each."""
    groups: dict[tuple[str, ...], list[tuple[Point, Decomposition]]] = {}
    for point in points:
        if found := point.decomposition:
            groups.setdefault(tuple(found.parts), []).append((point, found))
    for parts, group in groups.items():
        columns = [part for part in TITLES if part in parts and (part != "variance" or "net_variance" not in parts)]
        first = group[0][1]
        titles = [TITLES[part] for part in columns]
        table = [["", "parameters", "training sets", *titles, "sum", f"error ({first.loss} loss)"]]
        for point, found in group:
            cells = [plus_minus(found.parts[part].value, found.parts[part].se) for part in columns]
            error = plus_minus(found.error.value, found.error.se)
            total = plus_minus(found.total, found.error.se).partition(" ")[0]
            table.append(
                [one_line(label(point, points)), str(point.parameters), _training_sets(point), *cells, total, error]
            )
        yield table


def _training_sets(point: Point) -> str:
    """`20 fresh`, or `19 of 20 bootstrap, 1 diverged`."""
    if not point.diverged:
        return f"{point.resamples} {point.resampling}"
    return f"{point.resamples} of {point.resamples + point.diverged} {point.resampling}, {point.diverged} diverged"


def _notes(points: Sequence[Point]) -> Iterator[str]:
    """What a reader must know to read the numbers right."""
    parts = {part for point in points if point.decomposition for part in point.decomposition.parts}
    if parts:
        yield "±: standard error, by the bootstrap over the training sets; the test examples are the same for all."
    if "bias_squared_and_noise" in parts:
        yield "bias² + noise: without the law of the data the two cannot be told apart."
    if "bias_squared" in parts:
        yield "bias² and variance: unbiased, so that bias² can be a little below 0. noise: of the test targets."
    if "bias" in parts:
        yield "bias: the main prediction is wrong, noise included. net variance: unbiased - biased (Domingos, 2000)."
    if any(point.resampling == "bootstrap" for point in points):
        yield "bootstrap: training sets drawn from one, so that variance is that of drawing from it again."
    for point in points:
        if point.decomposition is None:
            yield f"{label(point, points)}: {_training_sets(point)}: at least {MIN_TRAINING_SETS} have to finish."
