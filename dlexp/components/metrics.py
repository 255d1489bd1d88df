"""Metrics by name: which way is better, and how each is computed from predictions on the natural scale."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Metric:
    """One number over a whole split.

    `compute(y, prediction)` takes targets `(n,)` and predictions `(n, units)` on the natural scale.
    """

    name: str
    higher_is_better: bool
    compute: Callable[["np.ndarray", "np.ndarray"], float]


def _accuracy(y: "np.ndarray", prediction: "np.ndarray") -> float:
    # One unit: the probability of class 1, counted from above one half as Keras does.
    decided = prediction[:, 0] > 0.5 if prediction.shape[1] == 1 else prediction.argmax(axis=1)
    return float((decided == y).mean())


def _squared_errors(y: "np.ndarray", prediction: "np.ndarray") -> "np.ndarray":
    errors: np.ndarray = prediction[:, 0].astype("float64") - y
    return errors**2


def _mse(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float(_squared_errors(y, prediction).mean())


def _rmse(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float(_squared_errors(y, prediction).mean() ** 0.5)


def _mae(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float(abs(prediction[:, 0].astype("float64") - y).mean())


def _of_the_head(y: "np.ndarray", prediction: "np.ndarray") -> float:
    raise TypeError("this metric depends on the loss: the head measures it")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, _accuracy),
        Metric("mae", False, _mae),
        Metric("mse", False, _mse),
        Metric("rmse", False, _rmse),
        Metric("logit_gradient", False, _of_the_head),
    )
}


def higher_is_better(column: str) -> bool:
    """Whether a higher value of a recorded column (`val_accuracy`, `best_val_loss`) is the better one."""
    name = column.removeprefix("best_").removeprefix("val_").removeprefix("test_")
    return name in METRICS and METRICS[name].higher_is_better
