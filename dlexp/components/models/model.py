"""The base of all models: the layers between the input and the output units."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from dlexp.components.activations import Activation, ReLU
from dlexp.components.component import Component, OneOf
from dlexp.components.datasets import Info
from dlexp.components.regularizers import Regularizer

if TYPE_CHECKING:
    import keras


class Model(Component):
    """A trunk with a stack of hidden layers; the head's output units come on top."""

    kind: ClassVar[str] = "models"
    hidden: list[Annotated[int, Field(ge=1)]] = [16, 16]
    """Units of each hidden layer, from the input to the output."""
    activation: Annotated[Activation, OneOf(Activation)] = ReLU()
    """Activation of the hidden layers."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of each hidden layer's outputs that training sets to zero."""
    kernel_regularizer: Annotated[Regularizer, OneOf(Regularizer)] | None = None
    """Penalty on the hidden layers' kernels."""

    #: What `Info.inputs` may be.
    takes: ClassVar[tuple[str, ...]]

    def build(self, x: "keras.KerasTensor", info: Info) -> "keras.KerasTensor":
        """From inputs `(batch, *info.shape)` to features `(batch, units)`."""
        raise NotImplementedError

    def stack(self, x: "keras.KerasTensor") -> "keras.KerasTensor":
        """The hidden layers: Dense, activation and, if asked for, dropout; each a layer of its own."""
        import keras

        for i, units in enumerate(self.hidden, start=1):
            regularizer = self.kernel_regularizer.build() if self.kernel_regularizer else None
            x = keras.layers.Dense(units, kernel_regularizer=regularizer, name=f"hidden_{i}")(x)
            x = self.activation.build(name=f"hidden_{i}_activation")(x)
            if self.dropout:
                x = keras.layers.Dropout(self.dropout, name=f"hidden_{i}_dropout")(x)
        return x
