"""Fully connected layers."""

from collections.abc import Iterator
from typing import Literal

from dlexp.components.component import Context, Misfit
from dlexp.components.data import Info, Tensor
from dlexp.components.models.model import Stack, StandardDeviation


class MLP(Stack):
    """Multilayer perceptron: a stack of fully connected hidden layers."""

    type: Literal["mlp"] = "mlp"
    takes = ("numeric", "sparse")
    input_noise: StandardDeviation = 0.0
    """Standard deviation of the Gaussian noise that training adds to the inputs, standardized ones where they are."""

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Noise on sparse vectors would make them dense."""
        yield from super().problems(context)
        if self.input_noise and context.info.inputs == "sparse":
            yield Misfit(
                "input_noise", "noise on sparse vectors would make them dense; use model.noise or model.dropout"
            )

    def build(self, x: Tensor, info: Info) -> Tensor:
        """From vectors `(batch, features)` to features `(batch, hidden[-1])`."""
        import keras

        if self.input_noise:
            x = keras.layers.GaussianNoise(self.input_noise, name="input_noise")(x)
        return self.stack(x)
