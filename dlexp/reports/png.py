"""Figures as PNG files."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dlexp.errors import UserError
from dlexp.whole_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def save(figure: "Figure", path: Path, dpi: int = 100) -> None:
    """Write a figure, whole or not at all, with the same bytes whatever drew them.

    Raises:
        UserError: The file cannot be written, or is to be no PNG.
    """
    if path.suffix.lower() != ".png":
        raise UserError(f"{path}: only PNG can be drawn; let the name end in .png")
    try:
        with replacing(path) as beside:
            figure.savefig(beside, format="png", dpi=dpi, metadata={"Software": None})
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
