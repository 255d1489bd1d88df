"""A number that may lie in one of several places."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training


class Mixture(numbers.NumberHead):
    """A number with several likely values: a mixture of Gaussians, all parameters learned."""

    # Bishop (1994), Mixture density networks, Aston University, NCRG/94/004.
    type: Literal["mixture"] = "mixture"
    loss_is_bounded = False
    standardize_target: numbers.StandardizeTarget = True
    components: Annotated[int, Field(ge=2)] = 3
    """Gaussians in the mixture."""
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood in the target's own units."""

    def units_for(self, info: Info) -> int:
        """Weight, mean and standard deviation of each component."""
        return 3 * self.components

    def build(self, features: Tensor, y: Array) -> Output:
        """Three units a component: of its weight, its mean and its standard deviation."""
        from keras import layers, ops

        units = numbers.Units.of(y, self.standardize_target)
        k = self.components
        # The components start apart, evenly from -1 to 1: equal ones would stay equal.
        places = [[2 * i / (k - 1) - 1 for i in range(k)]]

        def parameters(logits: Any) -> tuple[Any, Any, Any]:
            """Log weights, means and standard deviations, standardized, `(batch, components)` each."""
            means = logits[:, k : 2 * k] + ops.convert_to_tensor(places, logits.dtype)
            return ops.log_softmax(logits[:, :k]), means, links.scale(logits[:, 2 * k :])

        def losses(y: Any, logits: Any) -> Any:
            log_weights, means, sds = parameters(logits)
            t = units.learned(y, logits.dtype)[:, None]
            # -log p(y) = -log sum_k exp(log w_k + log N(t; mean_k, sd_k)) + log(target's scale)
            log_densities = -ops.square((t - means) / sds) / 2 - ops.log(sds) - math.log(2 * math.pi) / 2
            return math.log(units.scale) - ops.logsumexp(log_weights + log_densities, axis=-1)

        logits = self.dense(features)
        log_weights, means, sds = parameters(logits)
        weights = ops.exp(log_weights)
        # Summed before the target's mean is added: rounding leaves the weights' sum next to 1.
        mean = units.own(ops.sum(weights * means, axis=-1, keepdims=True))
        join = layers.Concatenate(name="mixture", dtype=units.dtype)
        prediction = join([mean, weights, units.own(means), units.own_scale(sds)])
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=units.fitted)

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The mixture itself."""
        import numpy as np

        density = GaussianMixture(*np.split(prediction[:, 1:].astype(np.float64), 3, axis=1))
        names = [f"{name}_{k}" for name in ("weight", "mean", "sd") for k in range(1, self.components + 1)]
        return numbers.NumberDistribution(prediction=prediction, density=density, names=("mean", *names))


@dataclass(frozen=True)
class GaussianMixture:
    """Mixtures of Gaussians, one per example; all `(n, components)`."""

    weights: Array
    means: Array
    sds: Array

    def logpdf(self, y: Array) -> Array:
        """Log density at the targets, `(n,)`."""
        from scipy import special, stats

        densities = stats.norm.logpdf(y[:, None], self.means, self.sds)
        return cast(Array, special.logsumexp(densities, b=self.weights, axis=1))

    def cdf(self, y: Array) -> Array:
        """Probability of less, `(n,)`."""
        from scipy import stats

        return cast(Array, (self.weights * stats.norm.cdf(y[:, None], self.means, self.sds)).sum(axis=1))

    def ppf(self, share: float) -> Array:
        """The quantile, `(n,)`, by bisection: it lies between the components' own."""
        import numpy as np
        from scipy import stats

        own = stats.norm.ppf(share, self.means, self.sds)
        low, high = own.min(axis=1), own.max(axis=1)
        for _ in range(60):  # 2^-60: exact in float64
            middle = (low + high) / 2
            is_low = self.cdf(middle) < share
            low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        return cast(Array, (low + high) / 2)
