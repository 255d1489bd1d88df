"""Learning curves of several experiments together: a panel for the loss and one for every metric."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from dlexp.components.columns import OTHER_COLUMNS, Column, quantities
from dlexp.reports.comparison.comparability import same_loss
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.figure import COLOURS, add_curve, save, with_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GREY = "#444444"
_BAND_ALPHA = 0.15
#: Sums and squares of larger numbers overflow.
_LARGEST_DRAWN = 1e150
#: Characters of a line of the legend, and width and height of a character of it, in inches.
_LABEL_WIDTH, _CHARACTER, _LINE = 60, 0.065, 0.2


@dataclass(frozen=True)
class EpochMean:
    """A quantity in one epoch, over the seeds that have it there."""

    epoch: float
    mean: float
    sd: float
    """0 from a single seed."""


#: The curves of one experiment by column: `accuracy`, `val_accuracy`.
MeanCurves = Mapping[str, Sequence[EpochMean]]


def draw(comparison: Comparison, path: Path) -> None:
    """Draw a comparison as a PNG: training dashed, validation solid, mean and ± standard deviation over the seeds."""
    experiments, curves = comparison.experiments, gather(comparison)
    is_same = all(same_loss(experiments[0], other, Column(quantity="loss")) for other in experiments)
    titles = {"loss": "loss" if is_same else "loss (not the same function: not comparable)"}
    drawn = quantities(name for of_one in curves.values() for name in of_one)
    names = [titles.get(str(quantity), str(quantity)) for quantity in drawn]
    figure, panels = with_panels(names, (4.8, 3.4), in_a_row=3, over_epochs=True)
    from matplotlib import colormaps

    n = len(curves)
    colours = COLOURS[:n] if n <= len(COLOURS) else [colormaps["turbo"](i / (n - 1)) for i in range(n)]
    for axes, quantity in zip(panels, drawn, strict=True):
        for of_one, colour in zip(curves.values(), colours, strict=True):
            _draw(axes, of_one, quantity, colour)
    _add_legend(figure, curves, colours)
    save(figure, path, dpi=150)


def gather(comparison: Comparison) -> dict[str, MeanCurves]:
    """The curves of every experiment that has some, by its label, from the histories of its runs."""
    found: dict[str, MeanCurves] = {}
    for experiment in comparison.experiments:
        histories = [run.dir.history() for run in experiment.runs.values()]
        columns = dict.fromkeys(column for rows in histories for row in rows[:1] for column in row)
        scores = [column for column in columns if column not in OTHER_COLUMNS]
        if curves := {column: _over_seeds(column, histories) for column in scores}:
            found[experiment.label] = curves
    return found


def _over_seeds(column: str, histories: Iterable[Sequence[Mapping[str, float]]]) -> list[EpochMean]:
    by_epoch: dict[float, list[float]] = {}
    for rows in histories:
        for row in rows:
            value = row.get(column, math.nan)
            if abs(value) < _LARGEST_DRAWN:  # NaN is not.
                by_epoch.setdefault(row["epoch"], []).append(value)
    return [
        EpochMean(epoch, fmean(values), stdev(values) if len(values) > 1 else 0.0)
        for epoch, values in sorted(by_epoch.items())
    ]


def _draw(axes: "Axes", curves: MeanCurves, quantity: Column, colour: Any) -> None:
    for column, style, width in ((quantity, "--", 1.0), (quantity.on("validation"), "-", 1.6)):
        points = curves.get(str(column), ())
        epochs = [point.epoch for point in points]
        add_curve(axes, epochs, [point.mean for point in points], style, color=colour, linewidth=width)
        if any(point.sd for point in points):
            low, high = ([point.mean + sign * point.sd for point in points] for sign in (-1, 1))
            axes.fill_between(epochs, low, high, color=colour, alpha=_BAND_ALPHA, linewidth=0)


def _add_legend(figure: "Figure", curves: Mapping[str, MeanCurves], colours: Sequence[Any]) -> None:
    """Say below the panels, for which the figure grows, whose curves these are and what their lines mean."""
    from matplotlib.artist import Artist
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Line2D([], [], color=colour, label=textwrap.fill(label, _LABEL_WIDTH))
        for label, colour in zip(curves, colours, strict=True)
    ]
    handles.append(Line2D([], [], color=_GREY, linestyle="--", label="training"))
    handles.append(Line2D([], [], color=_GREY, label="validation"))
    if any(point.sd for of_one in curves.values() for points in of_one.values() for point in points):
        handles.append(Patch(color=_GREY, alpha=_BAND_ALPHA, linewidth=0, label="± sd over seeds"))
    lines = [line for handle in handles for line in str(handle.get_label()).split("\n")]
    width, height = figure.get_size_inches()
    n_columns = max(1, int(width / (0.7 + _CHARACTER * max(map(len, lines)))))
    figure.set_size_inches(width, height + _LINE * (1 + len(lines) / n_columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, fontsize="small", frameon=False)
