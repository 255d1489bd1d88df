"""The diagnostics of one run: a panel for each quantity, a line for each hidden layer."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.reports.figure import add_curve, save, with_panels

#: Column, title, and whether its axis is logarithmic.
PANELS = (
    ("dead_share", "share of dead units", False),
    ("saturated_share", "share saturated, |g'| < 0.01", False),
    ("gradient_norm", "gradient norm", True),
    ("weight_norm", "weight norm", False),
    ("update_ratio", "step over weights, an epoch", True),
)


def draw(rows: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """Draw the rows of diagnostics.csv as a PNG; dark is the layer next to the input."""
    titles = [label for _, label, _ in PANELS]
    figure, panels = with_panels(titles, (3.4, 3.2), in_a_row=len(PANELS), over_epochs=True)
    from matplotlib import colormaps

    layers = sorted({row["layer"] for row in rows})
    for axes, (column, _, is_logarithmic) in zip(panels, PANELS, strict=True):
        for i, layer in enumerate(layers):
            own = [row for row in rows if row["layer"] == layer]
            epochs, values = [row["epoch"] for row in own], [row[column] for row in own]
            add_curve(axes, epochs, values, color=colormaps["viridis"](i / len(layers)), label=f"layer {layer:.0f}")
        if is_logarithmic and any(row[column] > 0 for row in rows):
            axes.set_yscale("log", nonpositive="clip")
        elif column.endswith("_share"):
            axes.set_ylim(-0.03, 1.03)
    if layers:
        panels[0].legend(fontsize="small")
    figure.suptitle(title, fontsize="medium")
    save(figure, path)
