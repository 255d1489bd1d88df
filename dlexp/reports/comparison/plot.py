"""Learning curves of several experiments together: a panel for the loss and one for every metric."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from dlexp.components.columns import OTHER_COLUMNS, Column, quantities
from dlexp.format import paragraph
from dlexp.reports.comparison.comparability import same_loss
from dlexp.reports.comparison.facts import Comparison
from dlexp.reports.comparison.ranking import rankings
from dlexp.reports.figure import BLACK, COLOURS, add_curve, save, with_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GREY, _LIGHT = "#444444", "#C8C8C8"
#: Of more experiments than there are colours, so many have one beside the baseline.
_N_BEST = 5
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
    colours = _colours(comparison, list(curves))
    # The grey ones lie below.
    in_order = sorted(curves, key=lambda label: colours[label] != _LIGHT)
    for axes, quantity in zip(panels, drawn, strict=True):
        for label in in_order:
            _draw(axes, curves[label], quantity, colours[label])
    _add_legend(figure, curves, colours)
    save(figure, path, dpi=150)


def _colours(comparison: Comparison, labels: Sequence[str]) -> dict[str, str]:
    """A colour for each label; of many, for the best of the first ranking and the baseline, and grey for the others."""
    if len(labels) <= len(COLOURS):
        return dict(zip(labels, COLOURS, strict=False))
    ranking = rankings(comparison)[0]
    best = [row.experiment.label for row in ranking.ranked if row.experiment is not ranking.baseline]
    found = dict(zip((label for label in best if label in labels), COLOURS[:_N_BEST], strict=False))
    found |= {ranking.baseline.label: BLACK} if ranking.baseline and ranking.baseline.label in labels else {}
    return found | {label: _LIGHT for label in labels if label not in found}


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


def _draw(axes: "Axes", curves: MeanCurves, quantity: Column, colour: str) -> None:
    is_behind = colour == _LIGHT
    for column, style, width in ((quantity, "--", 1.0), (quantity.on("validation"), "-", 1.6)):
        if is_behind and column == quantity and str(quantity.on("validation")) in curves:
            continue  # So many training curves would hide everything.
        points = curves.get(str(column), ())
        epochs = [point.epoch for point in points]
        add_curve(axes, epochs, [point.mean for point in points], style, color=colour, linewidth=width)
        if any(point.sd for point in points) and not is_behind:
            low, high = ([point.mean + sign * point.sd for point in points] for sign in (-1, 1))
            axes.fill_between(epochs, low, high, color=colour, alpha=_BAND_ALPHA, linewidth=0)


def _add_legend(figure: "Figure", curves: Mapping[str, MeanCurves], colours: Mapping[str, str]) -> None:
    """Say below the panels, for which the figure grows, whose curves these are and what their lines mean."""
    from matplotlib.artist import Artist
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Line2D([], [], color=colour, label="\n".join(paragraph(label, _LABEL_WIDTH)))
        for label, colour in colours.items()
        if colour != _LIGHT
    ]
    if behind := list(colours.values()).count(_LIGHT):
        handles.append(Line2D([], [], color=_LIGHT, label=f"{behind} others"))
    handles.append(Line2D([], [], color=_GREY, linestyle="--", label="training"))
    handles.append(Line2D([], [], color=_GREY, label="validation"))
    if any(point.sd for of_one in curves.values() for points in of_one.values() for point in points):
        handles.append(Patch(color=_GREY, alpha=_BAND_ALPHA, linewidth=0, label="± sd over seeds"))
    lines = [line for handle in handles for line in str(handle.get_label()).split("\n")]
    width, height = figure.get_size_inches()
    n_columns = max(1, int(width / (0.7 + _CHARACTER * max(map(len, lines)))))
    figure.set_size_inches(width, height + _LINE * (1 + len(lines) / n_columns))
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, fontsize="small", frameon=False)
