"""Examples that no split has, for `dlexp predict`: read from a file as numbers or as texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlexp import regular_files
from dlexp.components.data import Array, NewExamples
from dlexp.components.datasets.reading import csv_file, npz
from dlexp.errors import DataError, UserError, did_you_mean

#: The column of a table, or the array of an archive, that holds the examples.
TEXT_COLUMN, ARRAY = "text", "x"


def rows(n: int) -> list[str]:
    """The names of a file's rows."""
    return [str(i) for i in range(1, n + 1)]


def numbers(path: Path, n_features: int, names: Sequence[str] = ()) -> NewExamples:
    """A table of numbers with a header, or an archive of numpy arrays with one named x; float32 `(n, n_features)`.

    Columns of a table are found by the features' `names`, or else taken in their order.
    """
    x = array(path) if path.suffix in (".npz", ".npy") else _table(path, n_features, names)
    x = x.reshape(len(x), -1) if x.ndim > 1 else x
    if x.ndim != 2 or x.shape[1] != n_features:
        raise UserError(f"{path}: expected {n_features} numbers an example, found an array of shape {x.shape}")
    if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
        raise DataError(f"{path}: some values are no numbers, are missing or infinite")
    return NewExamples(x.astype(np.float32), rows(len(x)))


def texts(path: Path) -> tuple[list[str], list[str]]:
    """Texts and their names: a line each of a .txt file, a row each of a table's column `text`, or a folder's files."""
    if path.is_dir():
        files = sorted(path.rglob("*.txt"))
        found, names = [_text(file) for file in files], [str(file.relative_to(path)) for file in files]
    elif path.suffix == ".txt":
        text = _text(path)
        # Not splitlines, which splits at form feeds and Unicode's separators too.
        found = text.removesuffix("\n").split("\n") if text else []
        names = rows(len(found))
    else:
        frame = csv_file.read(path)
        require_examples(path, len(frame))
        if TEXT_COLUMN not in frame.columns:
            hint = did_you_mean(TEXT_COLUMN, frame.columns)
            advice = "Give a .txt file, a text a line, or name the column"
            raise UserError(f"{path}: no column {TEXT_COLUMN!r}.{hint} {advice}")
        found, names = frame[TEXT_COLUMN].fillna("").to_list(), rows(len(frame))
    require_examples(path, len(found))
    return found, names


def array(path: Path) -> Array:
    """The array named x of an archive, or the only one of a .npy file."""
    if path.suffix == ".npy":
        x = npz.read_npy(path)
    elif ARRAY in npz.names(path):
        x = npz.read(path, (ARRAY,))[ARRAY]
    else:
        raise UserError(f"{path}: no array named {ARRAY} in it")
    require_examples(path, len(x) if x.ndim else 0)
    return x


def require_examples(path: Path, n: int) -> None:
    """Refuse a file without any."""
    if not n:
        raise UserError(f"{path}: no examples in it")


def _table(path: Path, n_features: int, names: Sequence[str]) -> Array:
    import pandas as pd

    frame = csv_file.read(path)
    require_examples(path, len(frame))
    if names and set(names) <= set(frame.columns):
        frame = frame[list(names)]
    elif frame.shape[1] != n_features:
        named = f": {', '.join(names)}" if names else ""
        raise UserError(f"{path}: {frame.shape[1]} columns; the model takes {n_features}{named}")
    x: Array = frame.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    for i, k in np.argwhere(~np.isfinite(x))[:1]:
        raise DataError(
            f"{path}: row {i + 1}, column {frame.columns[k]}: expected a number, given {frame.iloc[i, k]!r}"
        )
    return x


def _text(path: Path) -> str:
    try:
        return regular_files.read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as UTF-8 text ({error})") from error
