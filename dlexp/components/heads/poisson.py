"""A count."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.data import Info, Task
from dlexp.components.heads import links
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.heads.numbers import Law, Numbers

if TYPE_CHECKING:
    import keras
    import numpy as np


class Poisson(Numbers):
    """A count: the rate of a Poisson law, whose logarithm is the output unit."""

    type: Literal["poisson"] = "poisson"
    tasks: ClassVar[tuple[Task, ...]] = ("count",)
    needs: ClassVar[str] = "counts"
    activation: Literal["exponential"] = "exponential"
    """Activation of the output unit: exp(z), and its tangent from z = 20, a rate of 5e8, so that nothing overflows."""
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood."""

    def columns(self, info: Info) -> list[str]:
        """The law's parameter."""
        return ["rate"]

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit: the logarithm of the rate."""

        def losses(y: Any, logits: Any) -> Any:
            from keras import ops

            from dlexp.layers.gamma import log_gamma

            y, z = ops.cast(y, logits.dtype), logits[:, 0]
            # -log P(y) = rate - y log rate + log y!
            return links.positive(z) - y * links.log_positive(z) + log_gamma(y + 1)

        logits = self.dense(features)
        return Output(logits, links.positive(logits), losses)

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """The Poisson law itself."""
        import numpy as np
        from scipy import stats

        law: Law = stats.poisson(np.maximum(prediction[:, 0], np.finfo(np.float32).tiny))
        return law
