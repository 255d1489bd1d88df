"""The base of heads for numbers: a law over the target, its likelihood and the coverage of its intervals."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from dlexp.components.component import Word
from dlexp.components.data import Info, Task
from dlexp.components.heads.head import Predicted, Table, TargetHead
from dlexp.components.metrics import fitting

if TYPE_CHECKING:
    import numpy as np

NumberMetric = Annotated[str, Word(fitting("regression"))]


class Law(Protocol):
    """The distribution of each example's target, in its own units; a frozen one of scipy.stats is such a law."""

    def logpdf(self, y: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Log density at the targets, `(n,)`; laws over counts have `logpmf` instead."""

    def ppf(self, share: float) -> "np.ndarray[Any, Any]":
        """The quantile, `(n,)`."""


class Numbers(TargetHead):
    """A head that predicts a number, and how far off it may be."""

    tasks: ClassVar[tuple[Task, ...]] = ("regression", "proportion", "count")
    needs: ClassVar[str] = "numbers"
    metrics: list[NumberMetric] = ["mae"]
    """Metrics in the target's own units."""

    def judged(self, prediction: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The first column, unless said."""
        return prediction[:, :1]

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """What is predicted for each example, from `prediction` `(n, columns)` in float64."""
        raise NotImplementedError

    def table(self, prediction: "np.ndarray[Any, Any]", info: Info, train: Callable[[], Predicted]) -> Table:
        """The predicted number, its central 90 % interval, and the parameters of its law where there are several."""
        law = self.law(prediction.astype("float64"), train)
        columns = self.columns(info) if prediction.shape[1] > 1 else []
        return {
            "predicted": self.judged(prediction)[:, 0],
            "low_90": law.ppf(0.05),
            "high_90": law.ppf(0.95),
            **{name: prediction[:, k] for k, name in enumerate(columns)},
        }

    def calibration(self, test: Predicted, train: Callable[[], Predicted]) -> dict[str, float]:
        """The likelihood of the targets, and how many of them lie in the central 90 % interval."""
        law = self.law(test.prediction.astype("float64"), train)
        y = test.y.astype("float64")
        log_likelihood = law.logpmf(y) if hasattr(law, "logpmf") else law.logpdf(y)
        # A count has no exact interval: this one covers at least 90 %.
        covered = (law.ppf(0.05) <= y) & (y <= law.ppf(0.95))
        return {"nll": -float(log_likelihood.mean()), "coverage_90": float(covered.mean())}


class Standardized(Numbers):
    """A head for any numbers, trained in units of their standard deviation."""

    standardize_target: bool = True
    """Train on targets with mean 0 and variance 1 (of the training split): metrics, `nll` and the saved model stay in
    the target's own units."""

    def standard(self, y: "np.ndarray[Any, Any]") -> tuple[float, float]:
        """Mean and scale of the training targets `y`."""
        # A constant target has no scale: 1 keeps it in its own units.
        return (float(y.mean()), float(y.std()) or 1.0) if self.standardize_target else (0.0, 1.0)


def laplace(median: "np.ndarray[Any, Any]", scale: "np.ndarray[Any, Any] | float") -> Law:
    """A Laplace law for each example."""
    from scipy import stats

    # scipy's `laplace` takes the logarithm of a density that underflows; this one, symmetric at 1, does not.
    law: Law = stats.laplace_asymmetric(1.0, median, scale)
    return law


def law_of_residuals(prediction: "np.ndarray[Any, Any]", train: Predicted, loss: str) -> Law:
    """The law whose likelihood a loss without a spread maximizes, with the spread of the training residuals.

    Squared error: a Gaussian with their mean square as its variance. Absolute error: a Laplace law with their mean size
    as its scale. Both are the spread of highest likelihood.
    """
    import numpy as np
    from scipy import stats

    residuals = train.prediction[:, 0].astype(np.float64) - train.y
    tiny = np.finfo(np.float32).tiny  # A perfect fit has no spread.
    if loss == "mae":
        return laplace(prediction[:, 0], np.maximum(np.abs(residuals).mean(), tiny))
    normal: Law = stats.norm(prediction[:, 0], np.maximum(np.sqrt((residuals**2).mean()), tiny))
    return normal
