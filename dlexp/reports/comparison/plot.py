"""Learning curves of several experiments together: a panel for the loss and one for every metric."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from dlexp.components.metrics import OTHER_COLUMNS
from dlexp.reports.comparison.comparability import same_loss
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.png import blank, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's: told apart by colour-blind readers too.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_GREY = "#444444"
_BAND_ALPHA = 0.15

#: Sums and squares of larger numbers overflow.
_LARGEST_DRAWN = 1e150

_PANEL = (4.8, 3.4)
"""Width and height of a panel, in inches."""
_MAX_COLUMNS = 3

_LABEL_WIDTH = 60
"""Characters of a line of the legend."""
_CHARACTER, _LINE = 0.065, 0.2
"""Width and height of a character of the legend, in inches."""


@dataclass(frozen=True)
class Point:
    """A quantity in one epoch, over the seeds that have it there."""

    epoch: float
    mean: float
    sd: float
    """0 from a single seed."""


@dataclass(frozen=True)
class Curves:
    """One experiment's curves by column: `accuracy`, `val_accuracy`."""

    label: str
    columns: Mapping[str, Sequence[Point]]


def draw(comparison: Comparison, path: Path) -> None:
    """Draw a comparison as a PNG: training dashed, validation solid, mean and ± standard deviation over the seeds.

    Raises:
        UserError: The file cannot be written, or is to be no PNG.
    """
    experiments = comparison.experiments
    is_same = all(same_loss(experiments[0], other, "loss") for other in experiments)
    figure = _figure(gather(comparison), "loss" if is_same else "loss (not the same function: not comparable)")
    save(figure, path, dpi=150)


def gather(comparison: Comparison) -> list[Curves]:
    """The curves of every experiment that has some, from the histories of its runs."""
    curves = []
    for experiment in comparison.experiments:
        histories = [run.dir.history() for run in experiment.runs.values()]
        columns = {
            column: _over_seeds(column, histories)
            for column in dict.fromkeys(column for rows in histories for row in rows[:1] for column in row)
            if column not in OTHER_COLUMNS
        }
        if columns:
            curves.append(Curves(experiment.label, columns))
    return curves


def _over_seeds(column: str, histories: Iterable[Sequence[Mapping[str, float]]]) -> list[Point]:
    by_epoch: dict[float, list[float]] = {}
    for rows in histories:
        for row in rows:
            value = row.get(column, math.nan)
            if abs(value) < _LARGEST_DRAWN:  # NaN is not.
                by_epoch.setdefault(row["epoch"], []).append(value)
    return [
        Point(epoch, fmean(values), stdev(values) if len(values) > 1 else 0.0)
        for epoch, values in sorted(by_epoch.items())
    ]


def _figure(curves: Sequence[Curves], loss_title: str) -> "Figure":
    figure = blank(*_PANEL, layout="constrained")
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    quantities = list(dict.fromkeys(column.removeprefix("val_") for of_one in curves for column in of_one.columns))
    legend: list[tuple[str, Any]] = [
        (textwrap.fill(of_one.label, _LABEL_WIDTH), Line2D([], [], color=colour))
        for of_one, colour in zip(curves, _colours(len(curves)), strict=True)
    ]
    legend.append(("training", Line2D([], [], color=_GREY, linestyle="--")))
    legend.append(("validation", Line2D([], [], color=_GREY)))
    if any(point.sd for of_one in curves for points in of_one.columns.values() for point in points):
        legend.append(("± sd over seeds", Patch(color=_GREY, alpha=_BAND_ALPHA, linewidth=0)))

    n_columns = max(1, min(len(quantities), _MAX_COLUMNS))
    n_rows = max(1, math.ceil(len(quantities) / n_columns))
    width = n_columns * _PANEL[0]
    lines = [line for label, _ in legend for line in label.split("\n")]
    legend_columns = max(1, int(width / (0.7 + _CHARACTER * max(map(len, lines)))))
    height = n_rows * _PANEL[1] + _LINE * (1 + len(lines) / legend_columns)

    figure.set_size_inches(width, height)
    panels = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
    for axes, quantity in zip(panels, quantities, strict=False):
        _draw_panel(axes, curves, quantity)
        axes.set_title(loss_title if quantity == "loss" else quantity, fontsize="medium")
    for axes in panels[len(quantities) :]:
        axes.remove()
    figure.legend(
        [handle for _, handle in legend],
        [label for label, _ in legend],
        loc="outside lower center",
        ncols=legend_columns,
        fontsize="small",
        frameon=False,
    )
    return figure


def _draw_panel(axes: "Axes", curves: Sequence[Curves], quantity: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for of_one, colour in zip(curves, _colours(len(curves)), strict=True):
        for column, style, width in ((quantity, "--", 1.0), (f"val_{quantity}", "-", 1.6)):
            points = of_one.columns.get(column, ())
            epochs = [point.epoch for point in points]
            means = [point.mean for point in points]
            # One epoch is a point, not a line.
            marker = "." if len(points) == 1 else None
            axes.plot(epochs, means, style, color=colour, marker=marker, linewidth=width)
            if any(point.sd for point in points):
                low, high = ([point.mean + sign * point.sd for point in points] for sign in (-1, 1))
                axes.fill_between(epochs, low, high, color=colour, alpha=_BAND_ALPHA, linewidth=0)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.25)


def _colours(n: int) -> list[Any]:
    """As many colours as there are experiments."""
    if n <= len(_COLOURS):
        return list(_COLOURS[:n])
    from matplotlib import colormaps

    return [colormaps["turbo"](i / (n - 1)) for i in range(n)]
