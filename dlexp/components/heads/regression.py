"""A number."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.data import Info
from dlexp.components.heads.head import Output, Predicted
from dlexp.components.heads.numbers import Law, NumberMetric, Standardized, law_of_residuals

if TYPE_CHECKING:
    import keras
    import numpy as np


class Regression(Standardized):
    """A number: one linear unit and mean squared error, the Gaussian likelihood with fixed variance."""

    type: Literal["regression"] = "regression"
    activation: Literal["linear"] = "linear"
    """Activation of the output unit: none."""
    loss: Literal["mse", "mae"] = "mse"
    """Squared error predicts the mean, absolute error the median; in units of the standardized target."""
    metrics: list[NumberMetric] = ["mae"]
    """Metrics in the target's own units."""

    def columns(self, info: Info) -> list[str]:
        """The number."""
        return ["value"]

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit; its output is scaled back to the target's own units."""
        import keras

        mean, scale = self.standard(y)
        loss = keras.losses.mean_squared_error if self.loss == "mse" else keras.losses.mean_absolute_error

        def losses(y: Any, logits: Any) -> Any:
            return loss(keras.ops.expand_dims((y - mean) / scale, -1), logits)

        logits = self.dense(features)
        return Output(logits, keras.layers.Rescaling(scale, offset=mean, name="value")(logits), losses)

    def law(self, prediction: "np.ndarray[Any, Any]", train: Callable[[], Predicted]) -> Law:
        """Around the predicted number, as wide as the training residuals."""
        return law_of_residuals(prediction, train(), self.loss)
