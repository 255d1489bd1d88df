"""A number."""

from typing import Any, Literal

from dlexp.components.data import Array, Tensor
from dlexp.components.heads import numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training


class Regression(numbers.NumberHead):
    """A number: one linear unit and mean squared error, the Gaussian likelihood with fixed variance."""

    type: Literal["regression"] = "regression"
    learns = numbers.LINEAR._replace(better={**numbers.LINEAR.better, "proportion": "proportion"})
    standardize_target: numbers.StandardizeTarget = True
    activation: Literal["linear"] = "linear"
    """Activation of the output unit: none."""
    loss: Literal["mse", "mae"] = "mse"
    """Squared error predicts the mean, absolute error the median; in units of the standardized target."""

    @property
    def predicts_median(self) -> bool:
        """By its loss."""
        return self.loss == "mae"

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit; its output is scaled back to the target's own units."""
        import keras
        import numpy as np

        units = numbers.Units.of(y, self.standardize_target)
        loss = keras.losses.mean_squared_error if self.loss == "mse" else keras.losses.mean_absolute_error

        def losses(y: Any, logits: Any) -> Any:
            return loss(keras.ops.expand_dims(units.learned(y, logits.dtype), -1), logits)

        logits = self.dense(features)
        # As arrays: Keras rounds plain numbers to float32.
        scale, mean = np.array([units.scale]), np.array([units.mean])
        prediction = keras.layers.Rescaling(scale, offset=mean, dtype=units.dtype, name="value")(logits)
        return Output(logits=logits, prediction=prediction, losses=losses, fitted=units.fitted)

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """Around the predicted number, as wide as the training residuals."""
        density = numbers.density_of_residuals(prediction, train(), self.loss)
        return numbers.NumberDistribution(prediction=prediction, density=density)
