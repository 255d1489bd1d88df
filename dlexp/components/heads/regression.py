"""A number."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.datasets import Info
from dlexp.components.heads.head import Head, Output

if TYPE_CHECKING:
    import keras
    import numpy as np


class Regression(Head):
    """A number: one linear unit and mean squared error, the Gaussian likelihood with fixed variance."""

    type: Literal["regression"] = "regression"
    activation: Literal["linear"] = "linear"
    """Activation of the output unit: none."""
    loss: Literal["mse", "mae"] = "mse"
    """Squared error predicts the mean, absolute error the median."""
    metrics: list[Literal["mae", "mse", "rmse"]] = ["mae"]
    """Metrics in the target's own units."""
    standardize_target: bool = True
    """Train on targets with mean 0 and variance 1 (of the training split): the loss is then in those units; the
    metrics, and the saved model through its last layer, stay in the target's own."""

    def problems(self, info: Info) -> Iterator[tuple[str, str]]:
        """Classes, and more than one unit."""
        if info.task != "regression":
            yield "type", f"a regression head needs numbers; this data set is {info.described_task}"
        elif self.units != 1:
            yield "units", f"a regression head has 1 output unit, given {self.units}"

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit; its output is scaled back to the target's own units."""
        import keras

        # A constant target has no scale: 1 keeps it in its own units.
        mean, scale = (float(y.mean()), float(y.std()) or 1.0) if self.standardize_target else (0.0, 1.0)
        loss = keras.losses.mean_squared_error if self.loss == "mse" else keras.losses.mean_absolute_error

        def losses(y: Any, logits: Any) -> Any:
            return loss(keras.ops.expand_dims((y - mean) / scale, -1), logits)

        logits = self.dense(features)
        return Output(logits, keras.layers.Rescaling(scale, offset=mean, name="value")(logits), losses)
