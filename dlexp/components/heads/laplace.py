"""A number with a median and a mean deviation of its own."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.data import Info
from dlexp.components.heads import links
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.heads.numbers import Law, Standardized, laplace

if TYPE_CHECKING:
    import keras
    import numpy as np


class Laplace(Standardized):
    """A number with its uncertainty, outliers allowed: median and scale of a Laplace law, both learned."""

    type: Literal["laplace"] = "laplace"
    loss_is_bounded: ClassVar[bool] = False
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood in the target's own units."""

    def units_for(self, info: Info) -> int:
        """Median and scale."""
        return 2

    def columns(self, info: Info) -> list[str]:
        """The law's parameters."""
        return ["median", "scale"]

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """Two units: the median, and what the link turns into the scale."""
        import keras
        from keras import ops

        offset, unit = self.standard(y)

        def losses(y: Any, logits: Any) -> Any:
            median, scale = logits[:, 0], links.scale(logits[:, 1])
            t = (ops.cast(y, logits.dtype) - offset) / unit
            # -log p(y) = |t - median| / scale + log(2 scale) + log unit
            return ops.abs(t - median) / scale + ops.log(scale) + math.log(2) + math.log(unit)

        logits = self.dense(features)
        median, scale = logits[:, :1], links.scale(logits[:, 1:])
        prediction = keras.layers.Concatenate(name="median_and_scale")([offset + unit * median, unit * scale])
        return Output(logits, prediction, losses)

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """The Laplace law itself."""
        return laplace(*prediction.T)
