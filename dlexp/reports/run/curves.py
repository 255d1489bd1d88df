"""Learning curves of one run: a panel for the loss and one for every metric."""

import math
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.components.columns import Column, quantities
from dlexp.records.run_dir import RunDir
from dlexp.reports.figure import add_curve, import_matplotlib, save, settings_of_file, with_panels
from dlexp.training.after import After

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_of(run_dir: RunDir) -> None:
    """Draw the curves of a run in its directory."""
    draw(run_dir.history(), run_dir.curves_path, f"{run_dir.name}, seed {run_dir.seed}")


#: Every finished run has them.
CURVES = After("curves.png", "drawn", draw_of, import_matplotlib)


def draw(history: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """Draw a history as a PNG: training dashed, validation solid, its best epoch marked."""
    with settings_of_file():  # The same bytes, whether a worker or a notebook draws it.
        drawn = quantities(history[0] if history else ["loss"])
        figure, panels = _emptied(*_panels(tuple(map(str, drawn)), threading.get_ident()))
        for axes, quantity in zip(panels, drawn, strict=True):
            _draw_in(axes, quantity, history)
        figure.suptitle(title, fontsize="medium")
        save(figure, path)


def _draw_in(axes: "Axes", quantity: Column, history: Sequence[dict[str, float]]) -> None:
    epochs = [row["epoch"] for row in history]
    validation = quantity.on("validation")
    trained, validated = ([row.get(str(column), math.nan) for row in history] for column in (quantity, validation))
    for values, label, style in ((trained, "training", "--"), (validated, "validation", "-")):
        if any(map(math.isfinite, values)):
            add_curve(axes, epochs, values, style, color="#1f5fa8", linewidth=1.4, label=label)
    known = [pair for pair in zip(validated, epochs, strict=True) if math.isfinite(pair[0])]
    if known and validation.is_judged:
        pick = max if validation.higher_is_better else min
        value, epoch = pick(known, key=lambda pair: pair[0])
        axes.plot([epoch], [value], "o", color="#d1495b", label=f"best: {value:.4g} in epoch {epoch:.0f}")
    if axes.lines:
        axes.legend(fontsize="small")


@lru_cache(maxsize=1)
def _panels(titles: tuple[str, ...], thread: int) -> tuple["Figure", list["Axes"]]:
    """A figure for this thread, kept for the next picture: to make its axes and ticks takes longer than the curves."""
    figure, panels = with_panels(titles, (4.8, 3.6), in_a_row=4, over_epochs=True, layout=None)
    width, height = figure.get_size_inches()
    edges = {"left": 0.65 / width, "right": 1 - 0.15 / width, "bottom": 0.504 / height, "top": 1 - 0.648 / height}
    figure.subplots_adjust(**edges, wspace=0.25, hspace=0.35)
    for axes in panels:  # In their usual places: to find these, matplotlib measures the labels of all ticks again.
        axes.set_title(axes.get_title(), fontsize="medium", y=1.0)
        axes.xaxis.set_label_coords(0.5, -0.297 / (axes.get_position().height * height))
        axes.yaxis.set_label_coords(0.0, 0.5)
    return figure, panels


def _emptied(figure: "Figure", panels: list["Axes"]) -> tuple["Figure", list["Axes"]]:
    """The same without curves, legends, and the limits of the axes that they led to."""
    for axes in panels:
        for artist in (*axes.lines, *filter(None, [axes.get_legend()])):
            artist.remove()
        axes.relim()
    return figure, panels
