"""Powers of the features: with the output unit on top, polynomial regression."""

from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.data import Info, Tensor
from dlexp.components.models.model import Model


class Polynomial(Model):
    """The powers of each feature, no hidden units: polynomial regression; ridge, with an l2 head.kernel_regularizer."""

    type: Literal["polynomial"] = "polynomial"
    takes = ("numeric",)
    degree: Annotated[int, Field(ge=1)] = 3
    """Highest power of a feature; products of different features are left out."""

    def build(self, x: Tensor, info: Info) -> Tensor:
        """From `(batch, features)` to x, x^2, ..., x^degree: `(batch, degree * features)`."""
        import keras

        powers = [x]
        for i in range(2, self.degree + 1):
            powers.append(keras.layers.Multiply(name=f"power_{i}")([powers[-1], x]))
        return keras.layers.Concatenate(name="powers")(powers) if self.degree > 1 else x
