"""Figures as PNG files."""

from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.errors import UserError
from dlexp.runs.whole_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
