"""A number with a mean and a variance of its own."""

import math
from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training


class Gaussian(numbers.NumberHead):
    """A number with its uncertainty: mean and standard deviation of a Gaussian distribution, both learned."""

    # Nix & Weigend (1994), Estimating the mean and variance of the target probability distribution, ICNN.
    type: Literal["gaussian"] = "gaussian"
    loss_is_bounded = False
    n_units = 2
    standardize_target: numbers.StandardizeTarget = True
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood in the target's own units."""

    def build(self, features: Tensor, y: Array) -> Output:
        """Two units: the mean, and what the link turns into the standard deviation."""
        from keras import layers, ops

        units = numbers.Units.of(y, self.standardize_target)

        def losses(y: Any, logits: Any) -> Any:
            mean, sd = logits[:, 0], links.scale(logits[:, 1])
            t = units.learned(y, logits.dtype)
            # -log N(y) = (t - mean)^2 / (2 sd^2) + log sd + log(2 pi) / 2 + log(target's scale)
            return ops.square((t - mean) / sd) / 2 + ops.log(sd) + math.log(2 * math.pi) / 2 + math.log(units.scale)

        logits = self.dense(features)
        mean, sd = logits[:, :1], links.scale(logits[:, 1:])
        join = layers.Concatenate(name="mean_and_sd", dtype=units.dtype)
        prediction = join([units.own(mean), units.own_scale(sd)])
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=units.fitted)

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The Gaussian itself."""
        from scipy import stats

        density = stats.norm(*prediction.astype("float64").T)
        return numbers.NumberDistribution(prediction=prediction, density=density, names=("mean", "sd"))
