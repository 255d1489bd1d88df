"""Learning curves of one run: a panel for the loss and one for every metric."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.components.metrics import OTHER_COLUMNS, higher_is_better
from dlexp.reports.png import blank, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Panels beside one another.
MAX_COLUMNS = 4
_COLOUR = "#1f5fa8"


def draw(history: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """Draw a history as a PNG: training dashed, validation solid, its best epoch marked."""
    quantities = _quantities(history)
    n_columns = min(len(quantities), MAX_COLUMNS)
    n_rows = math.ceil(len(quantities) / n_columns)
    figure = blank(4.8 * n_columns, 3.6 * n_rows)
    from matplotlib.ticker import MaxNLocator

    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axes, quantity in zip(panels, quantities, strict=False):
        _draw_panel(axes, history, quantity)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in panels[len(quantities) :]:
        axes.remove()
    figure.suptitle(title, fontsize="medium")
    figure.subplots_adjust(
        left=0.65 / figure.get_figwidth(),
        right=1 - 0.15 / figure.get_figwidth(),
        bottom=0.14 / n_rows,
        top=1 - 0.18 / n_rows,
        wspace=0.25,
        hspace=0.35,
    )
    save(figure, path)


def _quantities(history: Sequence[dict[str, float]]) -> list[str]:
    """The loss and the metrics, in the history's order; the loss alone where there is no epoch."""
    columns = history[0] if history else {"loss": math.nan}
    return [name for name in columns if name not in OTHER_COLUMNS and not name.startswith("val_")]


def _draw_panel(axes: "Axes", history: Sequence[dict[str, float]], quantity: str) -> None:
    epochs = [row["epoch"] for row in history]
    # One epoch is a point, not a line.
    marker = "." if len(history) == 1 else None
    for column, label, style in ((quantity, "training", "--"), (f"val_{quantity}", "validation", "-")):
        values = [row.get(column, math.nan) for row in history]
        if any(map(math.isfinite, values)):
            axes.plot(epochs, values, style, color=_COLOUR, marker=marker, linewidth=1.4, label=label)
    if best := _best(history, f"val_{quantity}"):
        epoch, value = best
        axes.plot([epoch], [value], "o", color="#d1495b", label=f"best: {value:.4g} in epoch {epoch:.0f}")
    axes.set_title(quantity, fontsize="medium")
    axes.set_xlabel("epoch")
    axes.grid(alpha=0.25)
    if axes.lines:
        axes.legend(fontsize="small")


def _best(history: Sequence[dict[str, float]], column: str) -> tuple[float, float] | None:
    """The first epoch of the best value, and the value; none where no epoch has one, or neither way is better."""
    higher = higher_is_better(column)
    known = [row for row in history if math.isfinite(row.get(column, math.nan))]
    if not known or higher is None:
        return None
    pick = max if higher else min
    row = pick(known, key=lambda row: row[column])
    return row["epoch"], row[column]
