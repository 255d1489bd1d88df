"""Figures of panels, and the PNG files they become."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlexp.errors import UserError
from dlexp.whole_files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Okabe and Ito's: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
BLUE, ORANGE, BLACK = COLOURS[0], COLOURS[1], COLOURS[-1]


def blank(width: float, height: float, layout: Literal["constrained"] | None = None) -> "Figure":
    """An empty figure, its size in inches, that Agg draws; to be asked for before anything of matplotlib is imported.

    Whatever `MPLBACKEND` names: in Jupyter a backend that a training process need not have, and then matplotlib is not
    even imported. Without pyplot, which keeps every figure and takes its time to start.

    Raises:
        UserError: Matplotlib cannot be imported: its settings file is damaged.
    """
    named = os.environ.pop("MPLBACKEND", None)
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except (ImportError, OSError, ValueError) as error:
        raise UserError(f"matplotlib cannot be imported: {error}") from error
    finally:
        if named is not None:
            os.environ["MPLBACKEND"] = named
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def with_panels(
    titles: Sequence[str],
    size: tuple[float, float],
    *,
    in_a_row: int,
    over_epochs: bool = False,
    layout: Literal["constrained"] | None = "constrained",
    **subplots: Any,
) -> tuple["Figure", list["Axes"]]:
    """A figure of panels, row by row, and these panels; to be asked for and refused as `blank`.

    Args:
        titles: One for each panel.
        size: Width and height of a panel, in inches.
        in_a_row: How many panels stand beside one another, at most.
        over_epochs: Whether the horizontal axes are epochs: whole numbers.
        layout: As for `blank`.
        subplots: What else `Figure.subplots` takes.
    """
    n_columns = max(1, min(len(titles), in_a_row))
    n_rows = max(1, math.ceil(len(titles) / n_columns))
    figure = blank(n_columns * size[0], n_rows * size[1], layout)
    from matplotlib.ticker import MaxNLocator

    panels = list(figure.subplots(n_rows, n_columns, squeeze=False, **subplots).flat)
    for axes in panels[len(titles) :]:
        axes.remove()
    for axes, title in zip(panels, titles, strict=False):
        axes.set_title(title, fontsize="medium")
        axes.grid(alpha=0.25)
        if over_epochs:
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure, panels[: len(titles)]


def add_curve(axes: "Axes", epochs: Sequence[float], values: Sequence[float], style: str = "-", **line: Any) -> None:
    """Draw a number over the epochs; a single epoch is a point, not a line."""
    axes.plot(epochs, values, style, marker="." if len(epochs) == 1 else None, **line)


def require_png(path: Path, option: str = "") -> None:
    """Refuse any other kind of file: before hours of training. The message begins with `option`.

    Raises:
        UserError: It is to be no PNG.
    """
    if path.suffix.lower() != ".png":
        raise UserError(f"{option}{path}: only PNG can be drawn; let the name end in .png")


def save(figure: "Figure", path: Path, dpi: int = 100, option: str = "") -> None:
    """Write a figure, whole or not at all, with the same bytes whatever drew them.

    Raises:
        UserError: The file cannot be written, or is to be no PNG. The message begins with `option`.
    """
    require_png(path, option)
    try:
        with replacing(path) as beside:
            figure.savefig(beside, format="png", dpi=dpi, metadata={"Software": None})
    except OSError as error:
        raise UserError(f"{option}{path}: cannot be written: {error.strerror}") from error
