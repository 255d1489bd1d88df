"""Cells of a column of text that are no strings yet: lists of words, numbers, dates."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components.data import Frame
from dlexp.errors import DataError


def with_texts(path: Path, frame: Frame, columns: Iterable[str]) -> Frame:
    """The table with these columns as strings, or None for a missing one; a list of words is the text of these.

    Raises:
        DataError: A cell is no text.
    """
    frame = frame.copy(deep=False)
    for k, column in enumerate(frame.columns):
        if column in columns and pd.api.types.infer_dtype(frame.iloc[:, k], skipna=True) not in ("string", "empty"):
            texts = [_text(cell, f"{path}: row {i}, column {column}") for i, cell in enumerate(frame.iloc[:, k], 1)]
            frame.isetitem(k, pd.Series(texts, frame.index, object))
    return frame


def _text(cell: Any, place: str) -> str | None:
    if isinstance(cell, list | tuple | np.ndarray):
        if all(isinstance(word, str) for word in cell):
            return " ".join(cell)
    elif cell is None or (not isinstance(cell, dict) and pd.isna(cell)):
        return None
    elif not isinstance(cell, dict):
        return str(cell)
    raise DataError(f"{place}: expected a text or a list of words, given {str(cell)[:40]}")
