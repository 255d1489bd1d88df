"""Fully connected layers."""

from typing import TYPE_CHECKING, ClassVar, Literal

from dlexp.components.datasets import Info
from dlexp.components.models.model import Model

if TYPE_CHECKING:
    import keras


class MLP(Model):
    """Multilayer perceptron: a stack of fully connected hidden layers."""

    type: Literal["mlp"] = "mlp"
    takes: ClassVar[tuple[str, ...]] = ("numeric", "sparse")

    def build(self, x: "keras.KerasTensor", info: Info) -> "keras.KerasTensor":
        """From vectors `(batch, features)` to features `(batch, hidden[-1])`."""
        return self.stack(x)
