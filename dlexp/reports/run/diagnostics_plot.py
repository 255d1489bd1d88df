"""The diagnostics of one run: a panel a quantity, a line a hidden layer."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.reports.png import blank, save

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
    figure = blank(3.4 * len(PANELS), 3.2, layout="constrained")
    from matplotlib import colormaps
    from matplotlib.ticker import MaxNLocator

    layers = sorted({row["layer"] for row in rows})
    for axes, (column, label, is_logarithmic) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        for i, layer in enumerate(layers):
            colour = colormaps["viridis"](i / len(layers))
            own = [row for row in rows if row["layer"] == layer]
            marker = "." if len(own) == 1 else None
            values = [row[column] for row in own]
            axes.plot([row["epoch"] for row in own], values, marker=marker, color=colour, label=f"layer {layer:.0f}")
        if is_logarithmic and any(row[column] > 0 for row in rows):
            axes.set_yscale("log", nonpositive="clip")
        elif column.endswith("_share"):
            axes.set_ylim(-0.03, 1.03)
        axes.set_title(label, fontsize="medium")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.25)
    if layers:
        figure.axes[0].legend(fontsize="small")
    figure.suptitle(title, fontsize="medium")
    save(figure, path)
