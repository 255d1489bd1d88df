"""Figures of panels, and the PNG files they become."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


def import_matplotlib() -> None:
    """Import what draws; to be called before anything of matplotlib is imported.

    Raises:
        UserError: Matplotlib cannot be imported: its settings file is damaged.
    """
    # Agg draws, whatever this names: in Jupyter a backend that a training process need not have. Without pyplot, which
    # keeps every figure and takes its time to start.
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure
        import matplotlib.ticker  # noqa: F401
    except (ImportError, OSError, ValueError) as error:
        raise UserError(f"matplotlib cannot be imported: {error}") from error
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend


@contextmanager
def settings_of_file() -> Iterator[None]:
    """Within, matplotlib's settings are those of the user's file, whatever this process has set: a notebook's style.

    Raises:
        UserError: As `import_matplotlib`.
    """
    import_matplotlib()
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rc_file_defaults()
        yield


def with_panels(
    titles: Sequence[str],
    size: tuple[float, float],
    *,
    in_a_row: int,
    over_epochs: bool = False,
    layout: Literal["constrained"] | None = "constrained",
    **subplots: Any,
) -> tuple["Figure", list["Axes"]]:
    """A figure of panels, row by row, and the panels; to be asked for before anything of matplotlib is imported.

    Args:
        titles: One for each panel, of which at most `in_a_row` stand beside one another.
        size: Width and height of a panel, in inches.
        over_epochs: Whether the horizontal axes are epochs: whole numbers.

    Raises:
        UserError: Matplotlib cannot be imported: its settings file is damaged.
    """
    n_columns = max(1, min(len(titles), in_a_row))
    n_rows = max(1, math.ceil(len(titles) / n_columns))
    import_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(n_columns * size[0], n_rows * size[1]), layout=layout)
    FigureCanvasAgg(figure)
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
    """Refuse any other kind of file: before hours of training. The message begins with `option`."""
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
