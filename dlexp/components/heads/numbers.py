"""What heads for numbers share: a density over the target, its likelihood and the coverage of its intervals."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Self, cast

from pydantic import Field

from dlexp.components.component import MakesLoss, Word
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads.head import Head, Learnable, Predicted, PredictedColumns
from dlexp.components.metrics import fitting
from dlexp.errors import DataError

#: What linear output units can learn: those of shares and counts leave their range.
LINEAR = Learnable(("regression", "proportion", "count"), "numbers", better={"proportion": "beta", "count": "poisson"})
#: How far float32 may round a prediction, in standard deviations of the target.
FINEST = 1e-6
#: Between these scales float32 has room for all that is predicted.
RANGE = (1e-30, 1e30)
#: What the sigmoid and the beta distribution can learn.
PROPORTION = Learnable(("proportion",), "numbers from 0 to 1")
NumberMetric = Annotated[str, Word(fitting("regression"))]
StandardizeTarget = Annotated[
    bool,
    Field(
        description="Train on targets with mean 0 and variance 1 (of the training split): metrics, `nll` and the saved "
        "model stay in the target's own units."
    ),
    MakesLoss(),
]


@dataclass(frozen=True)
class Units:
    """The units in which a head learns numbers: those of the standardized target, or the target's own."""

    mean: float
    """What is 0 in these units."""
    scale: float
    """What is 1."""
    is_wide: bool
    """Whether the target's own units take float64: float32 would round what is predicted to coarser steps."""

    @classmethod
    def of(cls, y: Array, standardize_target: bool) -> Self:
        """Those for the training targets `y`.

        Raises:
            DataError: The targets are not standardized, and float32 loses them.
        """
        import numpy as np

        from dlexp.components import precision

        if not standardize_target:
            if precision.is_lost(y):
                kept = precision.Kept.of(y)
                raise DataError(
                    f"float32 keeps {kept.in_float32} of the {kept.different} different training targets apart; "
                    "say head.standardize_target: true"
                )
            return cls(0.0, 1.0, False)
        mean, scale = precision.mean_of(y), precision.scale_of(y)
        # What float32 rounds of the largest prediction, and scales at which it has no room for a few of them.
        is_coarse = precision.ROUNDING * float(np.abs(y).max()) > FINEST * scale
        return cls(mean, scale, is_coarse or not RANGE[0] < scale < RANGE[1])

    def learned(self, y: Any, dtype: Any) -> Any:
        """Targets in these units, from their own: standardized in float64, cast afterwards."""
        from keras import ops

        return ops.cast((ops.cast(y, "float64") - self.mean) / self.scale, dtype)

    def own(self, t: Tensor) -> Tensor:
        """Numbers in the target's own units, from these."""
        return self.mean + self.own_scale(t)

    def own_scale(self, t: Tensor) -> Tensor:
        """Distances in the target's own units, from these."""
        from keras import ops

        return self.scale * (ops.cast(t, "float64") if self.is_wide else t)

    @property
    def fitted(self) -> tuple[float, ...]:
        """What tells them from others."""
        return self.mean, self.scale, self.is_wide

    @property
    def dtype(self) -> Literal["float32", "float64"]:
        """The type of what is predicted."""
        return "float64" if self.is_wide else "float32"


class NumberHead(Head):
    """A head that predicts a number, in its first column; by default from linear output units."""

    learns = LINEAR
    n_judged = 1
    metrics: list[NumberMetric] = ["mae"]
    """Metrics in the target's own units."""


class Density(Protocol):
    """The distribution of each example's target, in its own units; a frozen one of scipy.stats is one."""

    def logpdf(self, y: Array) -> Array:
        """Log density at the targets, `(n,)`; distributions over counts have `logpmf` instead."""

    def ppf(self, share: float) -> Array:
        """The quantile, `(n,)`."""


@dataclass(frozen=True, kw_only=True)
class NumberDistribution:
    """A number, and how far off it may be."""

    prediction: Array
    """`(n, columns)`."""
    density: Density
    names: tuple[str, ...] = ()
    """Of the prediction's columns, if they are parameters of the density."""
    judged: int = 0
    """The column of the predicted number."""
    margin: float | None = None
    """Targets are kept this far from 0 and 1, where the density of a beta distribution is 0 or infinite."""

    def columns(self, info: Info) -> PredictedColumns:
        """The predicted number, its central 90 % interval, and the density's parameters."""
        return {
            "predicted": self.prediction[:, self.judged],
            "low_90": self.density.ppf(0.05),
            "high_90": self.density.ppf(0.95),
            **{name: self.prediction[:, k] for k, name in enumerate(self.names)},
        }

    def calibration(self, test: Predicted) -> dict[str, float]:
        """The likelihood of the targets, and how many of them lie in the central 90 % interval."""
        density, y = self.density, test.y.astype("float64")
        if self.margin is not None:
            y = y.clip(self.margin, 1 - self.margin)
        log_likelihood = density.logpmf(y) if hasattr(density, "logpmf") else density.logpdf(y)
        # A count has no exact interval: this one covers at least 90 %.
        covered = (density.ppf(0.05) <= y) & (y <= density.ppf(0.95))
        return {"nll": -float(log_likelihood.mean()), "coverage_90": float(covered.mean())}


def laplace(median: Array, scale: "Array | float") -> Density:
    """A Laplace distribution for each example."""
    from scipy import stats

    # scipy's `laplace` takes the logarithm of a density that underflows; this one, symmetric at 1, does not.
    return cast(Density, stats.laplace_asymmetric(1.0, median, scale))


def density_of_residuals(prediction: Array, train: Predicted, loss: str) -> Density:
    """The density whose likelihood a loss without a spread maximizes, with the spread of the training residuals.

    Squared error: a Gaussian with their mean square as its variance. Absolute error: a Laplace distribution with their
    mean size as its scale. Both are the spread of highest likelihood.
    """
    import numpy as np
    from scipy import stats

    center = prediction[:, 0].astype(np.float64)
    residuals = train.prediction[:, 0].astype(np.float64) - train.y
    tiny = np.finfo(np.float32).tiny  # A perfect fit has no spread.
    if loss == "mae":
        return laplace(center, np.maximum(np.abs(residuals).mean(), tiny))
    return cast(Density, stats.norm(center, np.maximum(np.sqrt((residuals**2).mean()), tiny)))
