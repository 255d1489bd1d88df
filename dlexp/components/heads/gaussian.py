"""A number with a mean and a variance of its own."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.data import Info
from dlexp.components.heads import links
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.heads.numbers import Law, Standardized

if TYPE_CHECKING:
    import keras
    import numpy as np


class Gaussian(Standardized):
    """A number with its uncertainty: mean and standard deviation of a Gaussian law, both learned."""

    # Nix & Weigend (1994), Estimating the mean and variance of the target probability distribution, ICNN.
    type: Literal["gaussian"] = "gaussian"
    loss_is_bounded: ClassVar[bool] = False
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood in the target's own units."""

    def units_for(self, info: Info) -> int:
        """Mean and standard deviation."""
        return 2

    def columns(self, info: Info) -> list[str]:
        """The law's parameters."""
        return ["mean", "sd"]

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """Two units: the mean, and what the link turns into the standard deviation."""
        import keras
        from keras import ops

        offset, unit = self.standard(y)

        def losses(y: Any, logits: Any) -> Any:
            mean, sd = logits[:, 0], links.scale(logits[:, 1])
            t = (ops.cast(y, logits.dtype) - offset) / unit
            # -log N(y) = (t - mean)^2 / (2 sd^2) + log sd + log(2 pi) / 2 + log unit
            return ops.square((t - mean) / sd) / 2 + ops.log(sd) + math.log(2 * math.pi) / 2 + math.log(unit)

        logits = self.dense(features)
        mean, sd = logits[:, :1], links.scale(logits[:, 1:])
        prediction = keras.layers.Concatenate(name="mean_and_sd")([offset + unit * mean, unit * sd])
        return Output(logits, prediction, losses)

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """The Gaussian itself."""
        from scipy import stats

        law: Law = stats.norm(*prediction.T)
        return law
