"""Which rows of a table train and which test."""

import numpy as np
from sklearn.model_selection import train_test_split

from dlexp.components.data import Array
from dlexp.components.datasets.user.rows import Rows
from dlexp.errors import DataError
from dlexp.format import plural


def by_column(rows: Rows, column: str) -> tuple[Rows, Rows]:
    """The training and test rows, as a column says."""
    words = rows.frame[column].astype(str).to_numpy()
    for i in np.flatnonzero(~np.isin(words, ["train", "test"]))[:1]:
        raise DataError(f"{rows.where(i, column)}: expected train or test, given {words[i]!r}")
    return rows.take(np.flatnonzero(words == "train")), rows.take(np.flatnonzero(words == "test"))


def drawn(rows: Rows, test_size: float, seed: int, classes: str | None) -> tuple[Rows, Rows]:
    """Training and test rows at random: by class, if each class of that column has enough examples."""
    n = len(rows)
    if n < 2:
        raise DataError(f"{rows.path}: {plural(n, 'row')} left; a split needs at least 2")
    by_class: Array | None = None
    if classes:
        by_class = rows.frame[classes].astype(str).to_numpy()
        counts = np.unique(by_class, return_counts=True)[1]
        n_test = -(-n * test_size // 1)
        if counts.min() < 2 or min(n_test, n - n_test) < len(counts):
            by_class = None
    train, test = train_test_split(np.arange(n), test_size=test_size, random_state=seed, stratify=by_class)
    return rows.take(np.sort(train)), rows.take(np.sort(test))
