"""Weight penalties: strategies that reduce the test error, possibly at the expense of the training error."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from dlexp.components.component import Component, Off

if TYPE_CHECKING:
    import keras

Factor = Annotated[float, Field(ge=0), Off(0.0)]


class Regularizer(Component):
    """A penalty on a layer's kernel that is added to the loss. A class has the name of the Keras class it builds."""

    kind = "regularizers"

    def build(self) -> "keras.Regularizer":
        """The Keras regularizer with exactly these settings."""
        import keras

        return getattr(keras.regularizers, type(self).__name__)(**self.model_dump(exclude={"type"}))


class L1(Regularizer):
    """Sum of absolute weights: drives weights to zero (lasso)."""

    type: Literal["l1"] = "l1"
    l1: Factor = 0.01
    """Factor of the penalty."""


class L2(Regularizer):
    """Sum of squared weights: keeps weights small (ridge, weight decay under SGD)."""

    type: Literal["l2"] = "l2"
    l2: Factor = 0.01
    """Factor of the penalty."""


class L1L2(Regularizer):
    """Both penalties together (elastic net)."""

    type: Literal["l1_l2"] = "l1_l2"
    l1: Factor = 0.0
    """Factor of the sum of absolute weights."""
    l2: Factor = 0.0
    """Factor of the sum of squared weights."""
