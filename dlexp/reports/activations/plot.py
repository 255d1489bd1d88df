"""A page of all hidden units: each function and its derivative."""

from pathlib import Path

from dlexp.reports.png import blank, save

COLUMNS = 5


def draw(path: Path) -> None:
    """Draw every unit with its defaults as a PNG: g(z) solid, g'(z) dashed, from the layers that a model has."""
    import numpy as np

    from dlexp.training.unit_curves import unit_curves

    z = np.linspace(-4, 7, 441)
    curves = unit_curves(z)
    n_rows = -(-len(curves) // COLUMNS)
    figure = blank(2.5 * COLUMNS, 2.4 * n_rows, layout="constrained")
    panels = figure.subplots(n_rows, COLUMNS, sharex=True, sharey=True).flat
    for axes, (unit, outputs, slopes) in zip(panels, curves, strict=False):
        axes.plot(z, outputs, color="#1f5fa8", label="g(z)")
        axes.plot(z, slopes, "--", color="#d1495b", linewidth=1.2, label="g'(z)")
        axes.set_title(unit.type + (", pieces z and -z / 2" if unit.width(1) > 1 else ""), fontsize="small")
        axes.set_ylim(-2, 7)
        axes.grid(alpha=0.25)
    for axes in figure.axes[len(curves) :]:
        axes.set_visible(False)
    figure.axes[0].legend(fontsize="small")
    save(figure, path)
