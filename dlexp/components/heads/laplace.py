"""A number with a median and a mean deviation of its own."""

import math
from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training


class Laplace(numbers.NumberHead):
    """A number with its uncertainty, outliers allowed: median and scale of a Laplace distribution, both learned."""

    type: Literal["laplace"] = "laplace"
    loss_is_bounded = False
    n_units = 2
    standardize_target: numbers.StandardizeTarget = True
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood in the target's own units."""

    @property
    def predicts_median(self) -> bool:
        """Yes."""
        return True

    def build(self, features: Tensor, y: Array) -> Output:
        """Two units: the median, and what the link turns into the scale."""
        from keras import layers, ops

        units = numbers.Units.of(y, self.standardize_target)

        def losses(y: Any, logits: Any) -> Any:
            median, scale = logits[:, 0], links.scale(logits[:, 1])
            t = units.learned(y, logits.dtype)
            # -log p(y) = |t - median| / scale + log(2 scale) + log(target's scale)
            return ops.abs(t - median) / scale + ops.log(scale) + math.log(2) + math.log(units.scale)

        logits = self.dense(features)
        median, scale = logits[:, :1], links.scale(logits[:, 1:])
        join = layers.Concatenate(name="median_and_scale", dtype=units.dtype)
        prediction = join([units.own(median), units.own_scale(scale)])
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=units.fitted)

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """The Laplace distribution itself."""
        density = numbers.laplace(*prediction.astype("float64").T)
        return numbers.NumberDistribution(prediction=prediction, density=density, names=("median", "scale"))
