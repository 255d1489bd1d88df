"""Two classes, one output unit."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from dlexp.components.component import Context, Misfit, Word
from dlexp.components.data import Array, Tensor
from dlexp.components.heads import classes
from dlexp.components.heads.head import Learnable, Output
from dlexp.components.metrics import fitting


class Binary(classes.ClassHead):
    """Two classes: one sigmoid unit and binary cross-entropy, the Bernoulli likelihood."""

    type: Literal["binary"] = "binary"
    learns = Learnable(("binary",), "2 classes")
    weak_losses = ("mse",)
    activation: Literal["sigmoid"] = "sigmoid"
    """Activation of the output unit: it gives the probability of class 1."""
    loss: Literal["binary_crossentropy", "mse"] = "binary_crossentropy"
    """Cross-entropy from the logit keeps its gradient when the answer is wrong; mse behind a sigmoid does not."""
    metrics: list[Annotated[str, Word(fitting("binary"))]] = ["accuracy"]
    """Metrics of the probability of class 1; `logit_gradient` is the mean |dJ/dz| of the chosen loss, before class
    weights."""
    label_smoothing: classes.LabelSmoothing = 0.0
    """Share of a target that is spread over both classes: s turns 0 and 1 into s/2 and 1 - s/2."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Also smoothed labels without cross-entropy."""
        yield from super().problems(context)
        yield from classes.wrong_smoothing(self.label_smoothing, self.loss)

    def build(self, features: Tensor, y: Array) -> Output:
        """One unit; the loss is computed from its logit."""
        import keras

        def losses(y: Any, logits: Any) -> Any:
            y = keras.ops.cast(keras.ops.expand_dims(y, -1), logits.dtype)  # (batch, 1)
            if self.loss == "mse":
                return keras.losses.mean_squared_error(y, keras.ops.sigmoid(logits))
            # J = -y log s(z) - (1 - y) log(1 - s(z)), without ever forming s(z).
            return keras.losses.binary_crossentropy(y, logits, from_logits=True, label_smoothing=self.label_smoothing)

        logits = self.dense(features)
        prediction = keras.layers.Activation("sigmoid", name="probability")(logits)
        balancing = self.balancing(y, n_classes=2)
        weighted = self.weighted(losses, balancing)
        return Output(logits=logits, prediction=prediction, losses=weighted, fitted=balancing)

    def measure(self, metric: str, y: Array, prediction: Array) -> float:
        """A metric of the probability; the gradient at the logit depends on the loss."""
        if metric != "logit_gradient":
            return super().measure(metric, y, prediction)
        p = prediction[:, 0].astype("float64")
        y = y * (1 - self.label_smoothing) + self.label_smoothing / 2
        # Cross-entropy: dJ/dz = p - y. Squared error: dJ/dz = 2 (p - y) p (1 - p), which vanishes at p = 0 and p = 1.
        gradient = p - y if self.loss == "binary_crossentropy" else 2 * (p - y) * p * (1 - p)
        return float(abs(gradient).mean())

    def nll(self, logits: Array, y: Array) -> Array:
        """Of the Bernoulli distribution: log(1 + exp(-z)) for class 1, log(1 + exp(z)) for class 0."""
        import numpy as np

        z = logits[:, 0]
        return np.logaddexp(0, np.where(y == 1, -z, z))
