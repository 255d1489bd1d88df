"""Two classes, one output unit."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.datasets import Info
from dlexp.components.heads.head import Head, Output

if TYPE_CHECKING:
    import keras
    import numpy as np


class Binary(Head):
    """Two classes: one sigmoid unit and binary cross-entropy, the Bernoulli likelihood."""

    type: Literal["binary"] = "binary"
    activation: Literal["sigmoid"] = "sigmoid"
    """Activation of the output unit: it gives the probability of class 1."""
    loss: Literal["binary_crossentropy", "mse"] = "binary_crossentropy"
    """Cross-entropy from the logit keeps its gradient when the answer is wrong; mse behind a sigmoid does not."""
    metrics: list[Literal["accuracy", "mae", "mse", "rmse", "logit_gradient"]] = ["accuracy"]
    """Metrics of the probability of class 1; `logit_gradient` is the mean |dJ/dz| of the chosen loss."""

    def problems(self, info: Info) -> Iterator[tuple[str, str]]:
        """Anything but two classes in one unit."""
        if info.task != "binary":
            yield "type", f"a binary head needs 2 classes; this data set is {info.described_task}"
        elif self.units != 1:
            yield "units", f"a binary head has 1 output unit, given {self.units}"

    def build(self, features: "keras.KerasTensor", y: "np.ndarray[Any, Any]") -> Output:
        """One unit; the loss is computed from its logit."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            y = keras.ops.cast(keras.ops.expand_dims(y, -1), logits.dtype)  # (batch, 1)
            if self.loss == "mse":
                return keras.losses.mean_squared_error(y, keras.ops.sigmoid(logits))
            # J = -y log s(z) - (1 - y) log(1 - s(z)), without ever forming s(z).
            return keras.losses.binary_crossentropy(y, logits, from_logits=True)

        logits = self.dense(features)
        return Output(logits, keras.layers.Activation("sigmoid", name="probability")(logits), losses)

    def measure(self, metric: str, y: "np.ndarray[Any, Any]", prediction: "np.ndarray[Any, Any]") -> float:
        """A metric of the probability; the gradient at the logit depends on the loss."""
        if metric != "logit_gradient":
            return super().measure(metric, y, prediction)
        p = prediction[:, 0].astype("float64")
        # Cross-entropy: dJ/dz = p - y. Squared error: dJ/dz = 2 (p - y) p (1 - p), which vanishes at p = 0 and p = 1.
        gradient = p - y if self.loss == "binary_crossentropy" else 2 * (p - y) * p * (1 - p)
        return float(abs(gradient).mean())
