"""What a known distribution scores on a split: each metric by the prediction best for it, beaten only by chance."""

import math

from dlexp.components.data import Array
from dlexp.components.metrics import METRICS


def of_classes(y: Array, log_p: Array) -> dict[str, float]:
    """Scores of the classes' true log probabilities, `(n, classes)`; the most probable class is the best guess."""
    import numpy as np

    p = np.exp(log_p)
    p = p[:, 1:] if p.shape[1] == 2 else p  # As a binary head predicts: the probability of class 1.
    names = ("accuracy", "auc") if p.shape[1] == 1 else ("accuracy", "top_3_accuracy", "top_5_accuracy", "auc")
    nll = float((-log_p[np.arange(len(y)), y]).mean())
    return _known({"nll": nll} | {name: METRICS[name].measure(y, p) for name in names})


def of_labels(y: Array, p: Array) -> dict[str, float]:
    """Scores of the labels' true probabilities, both `(n, classes)`; each label is a decision of its own."""
    import numpy as np

    nll = -np.where(y == 1, np.log(p), np.log1p(-p)).sum(axis=1)
    return _known({"nll": float(nll.mean())} | {name: METRICS[name].measure(y, p) for name in ("accuracy", "auc")})


def of_numbers(y: Array, mean: Array, median: Array, log_density: Array) -> dict[str, float]:
    """Scores of a distribution: squared errors of its mean, absolute ones of its median, its log density, `(n,)`."""
    squared = {name: METRICS[name].measure(y, mean[:, None]) for name in ("mse", "rmse", "r2")}
    return _known({"nll": -float(log_density.mean()), "mae": METRICS["mae"].measure(y, median[:, None])} | squared)


def _known(scores: dict[str, float]) -> dict[str, float]:
    """Without what so few examples cannot tell, such as an area under the curve of one class."""
    return {name: score for name, score in scores.items() if math.isfinite(score)}
