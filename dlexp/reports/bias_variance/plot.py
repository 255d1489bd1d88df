"""Bias and variance against capacity: a panel for every experiment name, a curve for every part of the error."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.reports.bias_variance.facts import Decomposition, Point, decomposed
from dlexp.reports.bias_variance.table import TITLES
from dlexp.reports.figure import BLACK, BLUE, ORANGE, save, with_panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "error": BLACK,
    "bias_squared": BLUE,
    "bias_squared_and_noise": BLUE,
    "bias": BLUE,
    "variance": ORANGE,
    "net_variance": ORANGE,
    "noise": "#999999",
}


def draw(points: Sequence[Point], path: Path) -> None:
    """Draw the error and what adds up to it against the number of parameters, as a PNG, with ± standard errors."""
    by_name: dict[str, list[tuple[int, Decomposition]]] = {}
    for point, decomposition in decomposed(points):
        by_name.setdefault(point.name, []).append((point.parameters, decomposition))
    figure, panels = with_panels(list(by_name), (5.2, 3.8), in_a_row=len(by_name))
    for axes, found in zip(panels, by_name.values(), strict=True):
        _draw_panel(axes, sorted(found, key=lambda pair: pair[0]))
    save(figure, path, dpi=150, option="--plot ")


def _draw_panel(axes: "Axes", found: Sequence[tuple[int, Decomposition]]) -> None:
    capacity, first = [parameters for parameters, _ in found], found[0][1]
    for part in ("error", *first.summands):
        estimates = [decomposition.estimates[part] for _, decomposition in found]
        values, errors = [estimate.value for estimate in estimates], [estimate.se for estimate in estimates]
        colour, label = _COLOURS[part], TITLES.get(part, part)
        axes.errorbar(capacity, values, errors, color=colour, label=label, marker=".", capsize=2, linewidth=1.6)
    axes.set_xscale("log")
    axes.set_xticks(sorted(set(capacity)), [str(parameters) for parameters in sorted(set(capacity))])
    axes.minorticks_off()
    axes.set_xlabel("parameters")
    axes.set_ylabel(f"{first.loss} loss on the test split")
    axes.legend(fontsize="small", frameon=False)
