"""A second opinion on labels that a linear model contradicts, of a model that knows interactions of features."""

from typing import Any

import numpy as np

from dlexp.components.data import Array
from dlexp.reports.data.suspicious_labels import N_FOLDS, SEED, TOLERATED

#: It takes up to half a minute: of more rows, or more of rows x features x trees a step, none is asked.
MAX_ROWS, MAX_PRODUCTS = 20_000, 2e7


def is_affordable(x: Any, n_classes: int) -> bool:
    """Whether boosted trees are fitted soon: on dense inputs that are not too many."""
    if not isinstance(x, np.ndarray) or len(x) > MAX_ROWS:
        return False
    return x.size * (n_classes if n_classes > 2 else 1) <= MAX_PRODUCTS


def confirmed(x: Array, y: Array) -> Array:
    """Which labels boosted trees predict out of fold, `(n,)`; of a class with fewer examples than folds maybe none."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    predicted = np.empty_like(y)
    trees = HistGradientBoostingClassifier(
        learning_rate=0.2, max_iter=30, max_leaf_nodes=15, early_stopping=False, random_state=SEED
    )
    # OpenMP's threads wait for each other at every tree: beside other processes that takes twenty times as long.
    with threadpool_limits(1):
        for train, held_out in StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(x, y):
            predicted[held_out] = trees.fit(x[train], y[train]).predict(x[held_out])
    found: Array = predicted == y
    return found


def is_beyond(n_confirmed: int, n: int) -> bool:
    """Whether so many of the labels are confirmed that the linear model cannot judge these data."""
    return n_confirmed > TOLERATED * n
