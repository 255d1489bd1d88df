"""Which rows of a table train and which test: as a column says, or drawn."""

from dataclasses import dataclass

import numpy as np

from dlexp.components import held_out
from dlexp.components.datasets.user.rows import Rows
from dlexp.errors import DataError
from dlexp.format import plural


@dataclass(frozen=True)
class SplitRows:
    """The rows of both splits, in the order of their file."""

    train: Rows
    test: Rows
    test_choice: str = ""
    """How the test rows were chosen, if settings do that: `drawn by class`."""


def by_column(rows: Rows, column: str) -> SplitRows:
    """The training and test rows, as a column says."""
    words = rows.frame[column].astype(str).to_numpy()
    in_train, in_test = words == "train", words == "test"
    for i in (~(in_train | in_test)).nonzero()[0][:1]:
        raise DataError(f"{rows.where(i, column)}: expected train or test, given {words[i]!r}")
    return SplitRows(rows.take(in_train), rows.take(in_test))


def drawn(rows: Rows, test_size: float, seed: int, classes: str | None) -> SplitRows:
    """Training and test rows at random: by class, if each class of that column has enough examples."""
    n = len(rows)
    if n < 2:
        raise DataError(f"{rows.path}: {plural(n, 'row')} left; a split needs at least 2")
    labels = rows.frame[classes].astype(str).to_numpy() if classes else None
    test = held_out.test_split(n, test_size, seed, labels)
    return SplitRows(rows.take(np.delete(np.arange(n), test.positions)), rows.take(test.positions), test.how)
