"""A number from 0 to 1."""

from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import numbers
from dlexp.components.heads.head import Head, Output, PredictiveDistribution, Training


class Proportion(Head):
    """A number from 0 to 1: one sigmoid unit and binary cross-entropy or mean squared error."""

    type: Literal["proportion"] = "proportion"
    learns = numbers.PROPORTION
    activation: Literal["sigmoid"] = "sigmoid"
    """Activation of the output unit."""
    loss: Literal["binary_crossentropy", "mse"] = "binary_crossentropy"
    """Both are smallest at the mean; cross-entropy keeps its gradient where the sigmoid saturates. Neither has a
    spread: `nll` is that of a Gaussian with the variance of the training residuals."""
    metrics: list[numbers.NumberMetric] = ["mae"]
    """Metrics of the number."""

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit; cross-entropy is computed from its logit."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            y = keras.ops.cast(keras.ops.expand_dims(y, -1), logits.dtype)  # (batch, 1)
            if self.loss == "mse":
                return keras.losses.mean_squared_error(y, keras.ops.sigmoid(logits))
            # J = -y log s(z) - (1 - y) log(1 - s(z)), here for any y from 0 to 1.
            return keras.losses.binary_crossentropy(y, logits, from_logits=True)

        logits = self.dense(features)
        prediction = keras.layers.Activation("sigmoid", name="value")(logits)
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=())

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """A Gaussian around the predicted number, as wide as the training residuals."""
        density = numbers.density_of_residuals(prediction, train(), "mse")
        return numbers.NumberDistribution(prediction=prediction, density=density)
