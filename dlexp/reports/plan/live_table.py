"""The runs under way as a table that fits into a terminal."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from dlexp.reports.fitted import FittedColumn, fitted
from dlexp.reports.numbers import scored
from dlexp.reports.run.list import main_metric
from dlexp.reports.short_labels import short_labels


class Row(NamedTuple):
    """A run under way."""

    label: str
    seed: int
    place: str
    """Its epoch or stage."""
    scores: Mapping[str, float]
    """Of the last epoch, by column."""
    left: str
    """How long it will still take; empty if that is not known."""


def live_table(title: str, rows: Sequence[Row], width: int, height: int) -> list[str]:
    """The title and a line per run, no more than `height` in all; the most telling scores that there is room for."""
    if not rows:
        return [title]
    n_shown = len(rows) if len(rows) + 2 <= height else max(height - 3, 1)
    shown = rows[:n_shown]
    names = list(dict.fromkeys(name for row in shown for name in row.scores))
    room = 2 * width // 5
    runs = short_labels([row.label for row in shown], room)
    columns = [
        FittedColumn(header="run", cells=runs, min_width=min(max(map(cell_len, runs)), room)),
        FittedColumn(header="seed", cells=[str(row.seed) for row in shown], is_number=True, min_width=4),
        FittedColumn(header="epoch", cells=[row.place for row in shown], is_number=True),
        *(_score(name, shown, rank) for name, rank in _ranked(names)),
        FittedColumn(header="left", cells=[row.left for row in shown], is_number=True, rank=1),
    ]
    more = [f"and {len(rows) - n_shown} more"] if n_shown < len(rows) else []
    return [title, *fitted(columns, width).lines, *more]


def _ranked(names: Sequence[str]) -> list[tuple[str, int]]:
    """Columns of scores with their ranks: the main metric is left out last, what training examples score first.

    The time left is left out after all of them.
    """
    main = str(main_metric(names)) if names else ""

    def rank(name: str) -> int:
        return 2 if name == main else 3 if name == "loss" else 4 if name.startswith("val_") else 5

    return sorted(((name, rank(name)) for name in names), key=lambda each: each[1])


def _score(name: str, rows: Sequence[Row], rank: int) -> FittedColumn:
    cells = [scored(row.scores[name]) if name in row.scores else "" for row in rows]
    return FittedColumn(header=name, cells=cells, is_number=True, rank=rank, min_width=len(name))
