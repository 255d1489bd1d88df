"""Metrics by name: which way is better, and how each is computed from predictions on the natural scale."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from dlexp.components import guesses
from dlexp.components.data import Array, Task

MAX_LABELS_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number over a whole split."""

    higher_is_better: bool | None
    """None if neither way is better: the number explains, and judges nothing."""
    compute: Callable[[Array, Array], float]
    """`compute(y, prediction)` takes targets `(n,)`, or `(n, classes)` of multilabel data, and predictions
    `(n, columns)` on the natural scale."""
    undefined: Callable[[Array, Sequence[str]], str] = lambda y, class_names: ""
    """`undefined(y, class_names)`: why there is no such number, whatever is predicted: what all targets are, in words
    that follow "20 examples, all", as `of class no`. Empty if there is one. A class without a name is a number."""
    unscored: Callable[[Array, int], Array] | None = None
    """`unscored(y, n_classes)`: of a mean over classes, those without a score of their own. None if it is no mean."""
    unscored_are: str = "leaves out"
    """What the mean does with these."""
    guess: Callable[[Array], float] | None = None
    """`guess(y)`: what the best constant prediction scores, the same for all examples. None if a constant prediction
    can score well, or if that depends on the head's distribution."""
    step: Callable[[int, int | None], float | None] | None = None
    """`step(n, n_labels)`: the distance between two neighbouring values where the number counts something among `n`
    examples; `n_labels` is None unless the data is multilabel. None if it may take any value."""
    span: Callable[[int | None], float | None] | None = None
    """`span(n_classes)`: by how much it can improve at most, at least from guessing on. None if there is no limit, or
    only the data say how many classes there are; `n_classes` is None too where the target is a number."""
    n_certain: int = 0
    """Up to how many classes it is 1 whatever is predicted."""
    tasks: tuple[Task, ...] = ()
    """The tasks whose own heads report it if a config asks for it; empty if heads measure it in any case."""
    limits: tuple[float, float] = (-math.inf, math.inf)
    """The lowest and the highest value that is possible, whatever the data are."""
    in_points: bool = False
    """Whether a difference is told in percentage points."""

    def measure(self, y: Array, prediction: Array) -> float:
        """The number, or NaN where the targets leave it undefined."""
        return math.nan if self.undefined(y, ()) else self.compute(y, prediction)


def _of_examples(n: int, n_labels: int | None) -> float:
    return 1 / n


def _of_labels(n: int, n_labels: int | None) -> float:
    return 1 / (n * (n_labels or 1))


def _of_classes_alone(n: int, n_labels: int | None) -> float | None:
    """For data with one class per example, whose micro average of F1 is the accuracy."""
    return 1 / n if n_labels is None else None


def _all_alike(y: Array, class_names: Sequence[str]) -> str:
    """What all targets are, if they are the same; a single one always is."""
    if not (y == y[0]).all():
        return ""
    if y.ndim == 2:
        given = [str(class_names[k] if class_names else k) for k in y[0].nonzero()[0]]
        if len(given) > MAX_LABELS_NAMED:
            return f"with the same {len(given)} labels"
        return f"with the label{'s' * (len(given) > 1)} {', '.join(given)} alone" if given else "without a label"
    if y.dtype.kind == "i":
        return f"of class {class_names[y[0]] if class_names else y[0]}"
    return f"with the target {y[0]:.6g}"


def _without_labels(y: Array, class_names: Sequence[str]) -> str:
    """That multilabel targets have no label at all, if they have none."""
    return "" if y.ndim == 1 or y.any() else "without a label"


def _one_sided(y: Array, n_classes: int) -> Array:
    """The classes that all or none of the examples have."""
    import numpy as np

    counts = y.sum(axis=0) if y.ndim == 2 else np.bincount(y, minlength=n_classes)
    return np.flatnonzero((counts == 0) | (counts == len(y)))


def _absent_labels(y: Array, n_classes: int) -> Array:
    """The classes of multilabel targets that none of the examples has."""
    import numpy as np

    return np.flatnonzero(~y.any(axis=0)) if y.ndim == 2 else np.arange(0)


def _one(n_classes: int | None) -> float:
    return 1.0


def _of_probabilities(n_classes: int | None) -> float | None:
    return 1.0 if n_classes else None


def _of_ranks(n_classes: int | None) -> float | None:
    return float(n_classes - 1) if n_classes else None


def class_probabilities(prediction: Array) -> Array:
    """The probability of each class, `(n, classes)`: one column alone is that of class 1."""
    import numpy as np

    return np.hstack([1 - prediction, prediction]) if prediction.shape[1] == 1 else prediction


def _class(prediction: Array) -> Array:
    """The class of each example, `(n,)`; of two, class 1 from above one half, as Keras counts."""
    return cast(Array, class_probabilities(prediction).argmax(axis=1))


def decided(y: Array, prediction: Array) -> Array:
    """What is decided, in the form of the targets: a class, or yes and no for each class of multilabel data."""
    return prediction > 0.5 if y.ndim == 2 else _class(prediction)


def _top_k_accuracy(k: int, y: Array, prediction: Array) -> float:
    from sklearn.metrics import top_k_accuracy_score

    if prediction.shape[1] <= k:
        return 1.0
    return float(top_k_accuracy_score(y, prediction, k=k, labels=range(prediction.shape[1])))


def _auc(y: Array, prediction: Array) -> float:
    """Area under the ROC curve; of several classes the mean of each against the rest.

    A class that all or none of the examples have has no curve and is left out.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score

    n_classes = prediction.shape[1]
    of_class = y if y.ndim == 2 else y[:, None] == (np.arange(n_classes) if n_classes > 1 else 1)  # (n, classes)
    has_both = of_class.min(axis=0) != of_class.max(axis=0)
    return float(roc_auc_score(of_class[:, has_both], prediction[:, has_both], average="macro"))


def _f1(average: str, y: Array, prediction: Array) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(y, decided(y, prediction).astype(int), average=average, zero_division=0))


N_BINS = 15


@dataclass(frozen=True)
class Decisions:
    """Decisions in bins of equal width by the probability that is stated for what was decided."""

    bin: Array
    """Bin m, counted from 0, holds probabilities in (m / bins, (m + 1) / bins]."""
    right: Array
    probability: Array

    @classmethod
    def of(cls, y: Array, prediction: Array, n_bins: int) -> "Decisions":
        """One per example; each label of multilabel data is a decision of its own between two classes."""
        import numpy as np

        if y.ndim == 2:
            y, prediction = y.ravel(), prediction.reshape(-1, 1)
        probability = class_probabilities(prediction.astype(np.float64)).max(axis=1)
        bins = np.clip(np.ceil(probability * n_bins).astype(int) - 1, 0, n_bins - 1)
        return cls(bins, _class(prediction) == y, probability)


def _calibration_error(y: Array, prediction: Array) -> float:
    """Expected calibration error in 15 bins of equal width (Guo et al., 2017, On calibration of modern networks)."""
    import numpy as np

    found = Decisions.of(y, prediction, N_BINS)
    # sum over the bins of n_bin / n |accuracy - mean confidence|
    return float(np.abs(np.bincount(found.bin, found.right - found.probability, N_BINS)).sum() / len(found.bin))


def _r2(y: Array, prediction: Array) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(y, prediction[:, 0].astype("float64")))


def _of_the_head(y: Array, prediction: Array) -> float:
    raise TypeError("the head measures this")


#: The limits of a share, of the size of an error, and of what is 1 at best.
_SHARE, _SIZE, _AT_BEST_1 = (0.0, 1.0), (0.0, math.inf), (-math.inf, 1.0)

_CLASS_TASKS: tuple[Task, ...] = ("binary", "multiclass", "ordinal", "multilabel")


def _top_k(k: int, *tasks: Task) -> Metric:
    return Metric(
        tasks=tasks,
        higher_is_better=True,
        in_points=True,
        limits=_SHARE,
        compute=partial(_top_k_accuracy, k),
        guess=lambda y: float(guesses.shares_of(y)[:k].sum()),
        step=_of_examples,
        span=_one,
        n_certain=k,
    )


def _error(mean: Callable[[Array], float], guess: Callable[[Array], float]) -> Metric:
    """`mean` of the errors of the number that is predicted."""

    def compute(y: Array, prediction: Array) -> float:
        return float(mean(prediction[:, 0].astype("float64") - y))

    tasks: tuple[Task, ...] = ("binary", "regression")
    return Metric(
        tasks=tasks, higher_is_better=False, limits=_SIZE, compute=compute, guess=guess, span=_of_probabilities
    )


#: All metrics, in the order in which they are listed.
METRICS = {
    "accuracy": Metric(
        tasks=_CLASS_TASKS,
        higher_is_better=True,
        in_points=True,
        limits=_SHARE,
        compute=lambda y, prediction: float((decided(y, prediction) == y).mean()),
        guess=guesses.accuracy,
        step=_of_labels,
        span=_one,
    ),
    "exact_match": Metric(
        tasks=("multilabel",),
        higher_is_better=True,
        limits=_SHARE,
        compute=lambda y, prediction: float((decided(y, prediction) == y).all(axis=1).mean()),
        guess=guesses.exact_match,
        step=_of_examples,
        span=_one,
    ),
    "class_mae": Metric(
        tasks=("ordinal",),
        higher_is_better=False,
        limits=_SIZE,
        compute=lambda y, prediction: float(abs(_class(prediction) - y).mean()),
        guess=guesses.class_mae,
        step=_of_examples,
        span=_of_ranks,
    ),
    "top_3_accuracy": _top_k(3, "multiclass", "ordinal"),
    "top_5_accuracy": _top_k(5, "multiclass"),
    "auc": Metric(
        tasks=_CLASS_TASKS,
        higher_is_better=True,
        limits=_SHARE,
        compute=_auc,
        undefined=_all_alike,
        unscored=_one_sided,
        guess=lambda y: 0.5,
        span=_one,
    ),
    "f1_macro": Metric(
        tasks=_CLASS_TASKS,
        higher_is_better=True,
        limits=_SHARE,
        compute=partial(_f1, "macro"),
        undefined=_without_labels,
        unscored=_absent_labels,
        unscored_are="counts as 0",
        guess=guesses.f1_macro,
        span=_one,
    ),
    "f1_micro": Metric(
        tasks=_CLASS_TASKS,
        higher_is_better=True,
        limits=_SHARE,
        compute=partial(_f1, "micro"),
        undefined=_without_labels,
        guess=guesses.f1_micro,
        step=_of_classes_alone,
        span=_one,
    ),
    "calibration_error": Metric(
        tasks=_CLASS_TASKS, higher_is_better=False, limits=_SHARE, compute=_calibration_error, span=_one
    ),
    "mae": _error(lambda errors: abs(errors).mean(), guesses.mae),
    "mse": _error(lambda errors: (errors**2).mean(), lambda y: float(y.var(dtype=float))),
    "rmse": _error(lambda errors: (errors**2).mean() ** 0.5, lambda y: float(y.std(dtype=float))),
    "r2": Metric(
        tasks=("regression",),
        higher_is_better=True,
        limits=_AT_BEST_1,
        compute=_r2,
        undefined=_all_alike,
        guess=lambda y: 0.0,
        span=_one,  # From there on: below it there is no limit.
    ),
    "logit_gradient": Metric(tasks=("binary",), higher_is_better=None, limits=_SIZE, compute=_of_the_head),
    "nll": Metric(higher_is_better=False, compute=_of_the_head),
    "coverage_90": Metric(higher_is_better=None, limits=_SHARE, compute=_of_the_head, step=_of_examples),
}


def fitting(task: Task) -> tuple[str, ...]:
    """The metrics that a head for a task reports if asked to."""
    return tuple(name for name, metric in METRICS.items() if task in metric.tasks)
