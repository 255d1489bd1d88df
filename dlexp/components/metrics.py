"""Metrics by name: which way is better, and how each is computed from predictions on the natural scale."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Columns of a history that are no scores; they come first.
OTHER_COLUMNS = ("epoch", "seconds", "learning_rate")
#: Before a metric's name: how much worse it is on the test split than in training.
GAP = "gap_"


@dataclass(frozen=True)
class Metric:
    """One number over a whole split.

    `compute(y, prediction)` takes targets `(n,)`, or `(n, classes)` of multilabel data, and predictions
    `(n, columns)` on the natural scale.
    """

    name: str
    higher_is_better: bool | None
    """None where neither way is better: the number explains, and judges nothing."""
    compute: Callable[["np.ndarray", "np.ndarray"], float]


def _decided(prediction: "np.ndarray") -> "np.ndarray":
    """The class of each example, `(n,)`."""
    # One unit: the probability of class 1, counted from above one half as Keras does.
    return prediction[:, 0] > 0.5 if prediction.shape[1] == 1 else prediction.argmax(axis=1)


def _labels(y: "np.ndarray", prediction: "np.ndarray") -> "np.ndarray":
    """What is decided, in the form of the targets: a class, or yes and no for each class of multilabel data."""
    return prediction > 0.5 if y.ndim == 2 else _decided(prediction)


def _accuracy(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float((_labels(y, prediction) == y).mean())


def _exact_match(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float((_labels(y, prediction) == y).all(axis=1).mean())


def _class_mae(y: "np.ndarray", prediction: "np.ndarray") -> float:
    return float(abs(_decided(prediction) - y).mean())


def _top_k(k: int) -> Callable[["np.ndarray", "np.ndarray"], float]:
    def top_k_accuracy(y: "np.ndarray", prediction: "np.ndarray") -> float:
        from sklearn.metrics import top_k_accuracy_score

        if prediction.shape[1] <= k:
            return 1.0
        return float(top_k_accuracy_score(y, prediction, k=k, labels=range(prediction.shape[1])))

    return top_k_accuracy


def _auc(y: "np.ndarray", prediction: "np.ndarray") -> float:
    """Area under the ROC curve; of several classes the mean of each against the rest.

    A class that all or none of the examples have has no curve and is left out; NaN where no class has one.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score

    n_classes = prediction.shape[1]
    of_class = y if y.ndim == 2 else y[:, None] == (np.arange(n_classes) if n_classes > 1 else 1)  # (n, classes)
    has_both = of_class.min(axis=0) != of_class.max(axis=0)
    if not has_both.any():
        return float("nan")
    return float(roc_auc_score(of_class[:, has_both], prediction[:, has_both], average="macro"))


def _f1(average: str) -> Callable[["np.ndarray", "np.ndarray"], float]:
    def f1(y: "np.ndarray", prediction: "np.ndarray") -> float:
        from sklearn.metrics import f1_score

        return float(f1_score(y, _labels(y, prediction).astype(int), average=average, zero_division=0))

    return f1


N_BINS = 15


def _calibration_error(y: "np.ndarray", prediction: "np.ndarray") -> float:
    """Expected calibration error in 15 bins of equal width (Guo et al., 2017, On calibration of modern networks).

    Each label of multilabel data is a decision of its own between two classes.
    """
    import numpy as np

    if y.ndim == 2:
        y, prediction = y.ravel(), prediction.reshape(-1, 1)
    right = _decided(prediction) == y
    p = prediction.astype(np.float64)
    confidence = np.maximum(p, 1 - p)[:, 0] if p.shape[1] == 1 else p.max(axis=1)
    # Bin m holds confidences in ((m - 1) / 15, m / 15].
    bins = np.clip(np.ceil(confidence * N_BINS).astype(int) - 1, 0, N_BINS - 1)
    # sum over the bins of n_bin / n |accuracy - mean confidence|
    return float(np.abs(np.bincount(bins, right - confidence, N_BINS)).sum() / len(y))


def _r2(y: "np.ndarray", prediction: "np.ndarray") -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(y, prediction[:, 0].astype("float64")))


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
    raise TypeError("the head measures this")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, _accuracy),
        Metric("exact_match", True, _exact_match),
        Metric("top_3_accuracy", True, _top_k(3)),
        Metric("top_5_accuracy", True, _top_k(5)),
        Metric("auc", True, _auc),
        Metric("f1_macro", True, _f1("macro")),
        Metric("f1_micro", True, _f1("micro")),
        Metric("class_mae", False, _class_mae),
        Metric("mae", False, _mae),
        Metric("mse", False, _mse),
        Metric("rmse", False, _rmse),
        Metric("r2", True, _r2),
        Metric("nll", False, _of_the_head),
        Metric("calibration_error", False, _calibration_error),
        Metric("coverage_90", None, _of_the_head),
        Metric("logit_gradient", None, _of_the_head),
    )
}


def quantity_of(column: str) -> str:
    """What a recorded column measures: `best_val_accuracy` is an accuracy."""
    return column.removeprefix(GAP).removeprefix("best_").removeprefix("val_").removeprefix("test_")


def higher_is_better(column: str) -> bool | None:
    """Whether a higher value of a recorded column (`val_accuracy`, `best_val_loss`) is the better one.

    None where neither way is: `seconds`, `val_logit_gradient`; a gap is small in a model that learns nothing, too.
    """
    if column.startswith(GAP):
        return None
    quantity = quantity_of(column)
    if quantity == "loss" or quantity.endswith("_loss"):
        return False
    # Of one of several targets: `digit_accuracy`. The longest name is the metric's: `class_mae` is no `mae`.
    names = [name for name in METRICS if quantity == name or quantity.endswith(f"_{name}")]
    return METRICS[max(names, key=len)].higher_is_better if names else None
