"""A number from 0 to 1 with an uncertainty of its own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.data import Info, Task
from dlexp.components.heads import links
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.heads.numbers import Law, Numbers

if TYPE_CHECKING:
    import keras
    import numpy as np

#: Targets are kept this far from 0 and 1, where the density of a beta law is 0 or infinite.
MARGIN = 1e-6


class Beta(Numbers):
    """A number from 0 to 1 with its uncertainty: both parameters of a beta law."""

    type: Literal["beta"] = "beta"
    loss_is_bounded: ClassVar[bool] = False
    tasks: ClassVar[tuple[Task, ...]] = ("proportion",)
    needs: ClassVar[str] = "numbers from 0 to 1"
    loss: Literal["nll"] = "nll"
    """The negative log-likelihood; a target of 0 or 1 counts as 1e-6 away from it."""

    def units_for(self, info: Info) -> int:
        """Alpha and beta."""
        return 2

    def columns(self, info: Info) -> list[str]:
        """The mean, then the law's parameters."""
        return ["mean", "alpha", "beta"]

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """Two units, the logarithms of alpha and beta; both 1 is the uniform law."""
        import keras
        from keras import ops

        def losses(y: Any, logits: Any) -> Any:
            from dlexp.layers.gamma import log_gamma

            y = ops.clip(ops.cast(y, logits.dtype), MARGIN, 1 - MARGIN)
            alpha, beta = links.scale(logits[:, 0]), links.scale(logits[:, 1])
            # -log p(y) = log B(alpha, beta) - (alpha - 1) log y - (beta - 1) log(1 - y)
            log_beta = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
            return log_beta - (alpha - 1) * ops.log(y) - (beta - 1) * ops.log1p(-y)

        logits = self.dense(features)
        alpha, beta = links.scale(logits[:, :1]), links.scale(logits[:, 1:])
        mean = alpha / (alpha + beta)
        prediction = keras.layers.Concatenate(name="mean_alpha_beta")([mean, alpha, beta])
        return Output(logits, prediction, losses)

    def calibration(self, test: Predicted, train: Callable[[], Predicted]) -> dict[str, float]:
        """On targets inside the open interval, as in the loss."""
        inside = test.y.astype("float64").clip(MARGIN, 1 - MARGIN)
        return super().calibration(Predicted(inside, test.logits, test.prediction), train)

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """The beta law itself."""
        from scipy import stats

        law: Law = stats.beta(*prediction.T[1:])
        return law
