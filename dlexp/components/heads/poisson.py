"""A count."""

from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Learnable, Output, PredictiveDistribution, Training


class Poisson(numbers.NumberHead):
    """A count: the rate of a Poisson distribution, whose logarithm is the output unit."""

    type: Literal["poisson"] = "poisson"
    learns = Learnable(("count",), "counts")
    activation: Literal["exponential"] = "exponential"
    """Activation of the output unit: exp(z), and its tangent from z = 20, a rate of 5e8, so that nothing overflows."""
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood."""

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit: the logarithm of the rate."""
        import tensorflow as tf
        from keras import ops

        def losses(y: Any, logits: Any) -> Any:
            y, z = ops.cast(y, logits.dtype), logits[:, 0]
            # -log P(y) = rate - y log rate + log y!
            return links.positive(z) - y * links.log_positive(z) + tf.math.lgamma(y + 1)

        logits = self.dense(features)
        return Output(logits=logits, prediction=links.positive(logits), losses=losses, fitted=())

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The Poisson distribution itself."""
        import numpy as np
        from scipy import stats

        rate = np.maximum(prediction[:, 0].astype(np.float64), np.finfo(np.float32).tiny)
        return numbers.NumberDistribution(prediction=prediction, density=stats.poisson(rate))
