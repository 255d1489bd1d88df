"""Examples that no split has, for `dlexp predict`: read from a file as numbers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dlexp.components import precision
from dlexp.components.data import Array, NewExamples, padding_alone
from dlexp.components.datasets.reading import csv_file, npz
from dlexp.components.datasets.user.array_values import largest_word
from dlexp.errors import DataError, UserError
from dlexp.format import listed, plural

#: The array of an archive that holds the examples.
ARRAY = "x"


def rows(n: int) -> list[str]:
    """The names of a file's rows."""
    return [str(i) for i in range(1, n + 1)]


def numbers(path: Path, n_features: int, names: Sequence[str] = ()) -> NewExamples:
    """A table of numbers with a header, or an archive of numpy arrays with one named x: `(n, n_features)`.

    Columns of a table are found by the features' `names`, or else taken in their order.
    """
    x, notes = (array(path), []) if path.suffix in (".npz", ".npy") else _table(path, n_features, names)
    x = x.reshape(len(x), -1) if x.ndim > 1 else x
    if x.ndim != 2 or x.shape[1] != n_features:
        raise UserError(f"{path}: expected {n_features} numbers an example, found an array of shape {x.shape}")
    if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
        raise DataError(f"{path}: some values are no numbers, are missing or infinite")
    if precision.are_too_large(x):
        i, k = np.argwhere(np.abs(x) > precision.LARGEST)[0]
        raise DataError(f"{path}: row {i + 1}: {x[i, k]:g} is {precision.TOO_LARGE}")
    return NewExamples(x, rows(len(x)), notes)


def array(path: Path) -> Array:
    """The array named x of an archive, or the only one of a .npy file."""
    if path.suffix == ".npy":
        x = npz.read_npy(path)
    elif ARRAY in (there := npz.names(path)):
        x = npz.read(path, (ARRAY,))[ARRAY]
    else:
        found = f" (found {listed(there)})" if there else ""
        raise UserError(f"{path}: no array named {ARRAY} in it{found}; save the inputs as {ARRAY}")
    require_examples(path, len(x) if x.ndim else 0)
    return x


def require_known_words(path: Path, x: Array, vocabulary: int) -> None:
    """Refuse word indices that the model was not made for."""
    largest, example, number = largest_word(x)
    if largest >= vocabulary:
        raise DataError(
            f"{path}: inputs: {example}, {number} is {largest}, and the model knows word indices from 0 to "
            f"{vocabulary - 1}, by dataset.vocabulary"
        )


def padding(x: Array, names: Sequence[str]) -> Iterator[str]:
    """Which rows of word indices have no word."""
    if found := [names[i] for i in padding_alone(x)]:
        yield f"padding alone in {len(found):,} of {plural(len(names), 'row')}: {listed(found)}"


def require_examples(path: Path, n: int) -> None:
    """Refuse a file without any."""
    if not n:
        raise UserError(f"{path}: no examples in it")


def _table(path: Path, n_features: int, names: Sequence[str]) -> tuple[Array, list[str]]:
    import pandas as pd

    read = csv_file.read(path)
    frame = read.frame
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
    return x, [f"{each.place}: {each.found}" for each in read.remarks]
