"""Numbers to be learned that are far from what a linear model predicts out of fold: slips of the pen, other units."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlexp.components.data import Array, Inputs
from dlexp.reports.data.suspicious_labels import N_FOLDS, SEED, TOLERATED, scaled

#: Probability of so many far targets by chance, at which they are named.
CHANCE = 1e-3
#: Where the tail of the errors is measured: the largest errors themselves do not decide what is usual.
TAIL_FROM, TAIL_TO = 0.90, 0.98


@dataclass(frozen=True)
class FarTargets:
    """The examples whose target is far from the predicted one, the farthest first."""

    positions: Array
    predicted: Array
    times: Array
    """The error as a multiple of the median one."""


def far_targets(x: Inputs, y: Array) -> FarTargets:
    """Which numbers `y`, `(n,)`, are named; none of fewer than 50, whose tail is not known."""
    y = y.astype(np.float64)
    if len(y) < 50:
        return FarTargets(*(np.zeros(0) for _ in range(3)))
    predicted = _predicted(x, y)
    errors = y - predicted
    errors = np.abs(errors - np.median(errors))
    order = np.argsort(-errors, kind="stable")
    named = order[: _n_named(errors[order])]
    return FarTargets(named, predicted[named], errors[named] / max(float(np.median(errors)), np.finfo(float).tiny))


def _predicted(x: Inputs, y: Array) -> Array:
    """Out of fold."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold, cross_val_predict

    features: Any = scaled(x)
    limits = np.quantile(y, [0.01, 0.99])
    folds = KFold(N_FOLDS, shuffle=True, random_state=SEED)
    # Fitted on targets that are cut at both ends: a far one would bend the line.
    found: Array = cross_val_predict(Ridge(), features, np.clip(y, *limits), cv=folds)
    return found


def _n_named(errors: Array) -> int:
    """How many of the errors, the largest first, are more than a tail that falls as a power lets expect."""
    from scipy.stats import poisson

    start, end = np.quantile(errors, [TAIL_FROM, TAIL_TO])
    if not 0 < start < end:
        return 0
    exponent = np.log((1 - TAIL_FROM) / (1 - TAIL_TO)) / np.log(end / start)
    # P(error > e) = P(error > start) (start / e)^exponent
    expected = len(errors) * (1 - TAIL_FROM) * (start / np.maximum(errors, start)) ** exponent
    counts = np.arange(1, len(errors) + 1)
    is_excess = (expected <= TOLERATED * counts) & (poisson.sf(counts - 1, expected) < CHANCE) & (errors > end)
    return int(np.flatnonzero(is_excess)[-1]) + 1 if is_excess.any() else 0
