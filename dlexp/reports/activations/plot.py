"""A page of all hidden units: each function and its derivative."""

from pathlib import Path

from dlexp.reports.figure import save, with_panels


def draw(path: Path) -> None:
    """Draw every unit with its defaults as a PNG: g(z) solid, g'(z) dashed, from the layers that a model has."""
    import numpy as np

    from dlexp.training.child import in_child
    from dlexp.training.unit_curves import unit_curves

    z = np.linspace(-4, 7, 441)
    curves = in_child(unit_curves, z)
    titles = [unit.type + (", pieces z and -z / 2" if unit.width(1) > 1 else "") for unit, _, _ in curves]
    figure, panels = with_panels(titles, (2.5, 2.4), in_a_row=5, sharex=True, sharey=True)
    for axes, (_, outputs, slopes) in zip(panels, curves, strict=True):
        axes.plot(z, outputs, color="#1f5fa8", label="g(z)")
        axes.plot(z, slopes, "--", color="#d1495b", linewidth=1.2, label="g'(z)")
        axes.title.set_fontsize("small")
        axes.set_ylim(-2, 7)
    panels[0].legend(fontsize="small")
    save(figure, path)
