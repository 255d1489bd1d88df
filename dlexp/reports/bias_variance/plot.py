"""Bias and variance against capacity: a panel for every experiment name, a curve for every part of the error."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.errors import UserError
from dlexp.reports.bias_variance.facts import Decomposition, Estimate, Point
from dlexp.reports.bias_variance.table import TITLES
from dlexp.reports.png import blank
from dlexp.whole_files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito's: told apart by colour-blind readers too.
_COLOURS = {
    "error": "#000000",
    "bias_squared": "#0072B2",
    "bias_squared_and_noise": "#0072B2",
    "bias": "#0072B2",
    "variance": "#D55E00",
    "net_variance": "#D55E00",
    "noise": "#999999",
}

_PANEL = (5.2, 3.8)
"""Width and height of a panel, in inches."""


def draw(points: Sequence[Point], path: Path) -> None:
    """Draw the error and what adds up to it against the number of parameters, as a PNG, with ± standard errors.

    Raises:
        UserError: The file cannot be written, or is to be no PNG.
    """
    require_png(path)
    panels: dict[str, list[tuple[int, Decomposition]]] = {}
    for point in points:
        if point.decomposition:
            panels.setdefault(point.name, []).append((point.parameters, point.decomposition))
    n = max(1, len(panels))
    figure = blank(n * _PANEL[0], _PANEL[1], layout="constrained")
    for axes, (name, found) in zip(figure.subplots(1, n, squeeze=False).flat, panels.items(), strict=False):
        _draw_panel(axes, sorted(found, key=lambda pair: pair[0]))
        axes.set_title(name, fontsize="medium")
    try:
        with replacing(path) as beside:
            figure.savefig(beside, dpi=150, metadata={"Software": None})  # The same bytes whatever drew them.
    except OSError as error:
        raise UserError(f"--plot {path}: cannot be written: {error.strerror}") from error


def require_png(path: Path) -> None:
    """Refuse any other kind of file: before hours of training.

    Raises:
        UserError: It is to be no PNG.
    """
    if path.suffix.lower() != ".png":
        raise UserError(f"--plot {path}: only PNG can be drawn; let the name end in .png")


def _draw_panel(axes: "Axes", found: Sequence[tuple[int, Decomposition]]) -> None:
    capacity = [parameters for parameters, _ in found]
    first = found[0][1]
    for part in ("error", *first.summands):
        estimates = [_estimate(decomposition, part) for _, decomposition in found]
        axes.errorbar(
            capacity,
            [estimate.value for estimate in estimates],
            [estimate.se for estimate in estimates],
            color=_COLOURS[part],
            marker=".",
            capsize=2,
            linewidth=1.6,
            label=TITLES.get(part, part),
        )
    axes.set_xscale("log")
    axes.set_xticks(sorted(set(capacity)), [str(parameters) for parameters in sorted(set(capacity))])
    axes.minorticks_off()
    axes.set_xlabel("parameters")
    axes.set_ylabel(f"{first.loss} loss on the test split")
    axes.grid(alpha=0.25)
    axes.legend(fontsize="small", frameon=False)


def _estimate(decomposition: Decomposition, part: str) -> Estimate:
    return decomposition.error if part == "error" else decomposition.parts[part]
