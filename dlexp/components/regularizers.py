"""Weight penalties: strategies that reduce the test error, possibly at the expense of the training error."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dlexp.components.component import Component, Off

if TYPE_CHECKING:
    import keras

Factor = Annotated[float, Field(ge=0), Off(0.0)]


class Regularizer(Component):
    """A penalty on a layer's kernel that is added to the loss."""

    kind: ClassVar[str] = "regularizers"

    def build(self) -> "keras.Regularizer":
        """The Keras regularizer."""
        raise NotImplementedError


class L1(Regularizer):
    """Sum of absolute weights: drives weights to zero (lasso)."""

    type: Literal["l1"] = "l1"
    l1: Factor = 0.01
    """Factor of the penalty."""

    def build(self) -> "keras.Regularizer":
        """Keras's L1."""
        import keras

        return keras.regularizers.L1(self.l1)


class L2(Regularizer):
    """Sum of squared weights: keeps weights small (ridge, weight decay under SGD)."""

    type: Literal["l2"] = "l2"
    l2: Factor = 0.01
    """Factor of the penalty."""

    def build(self) -> "keras.Regularizer":
        """Keras's L2."""
        import keras

        return keras.regularizers.L2(self.l2)


class L1L2(Regularizer):
    """Both penalties together (elastic net)."""

    type: Literal["l1_l2"] = "l1_l2"
    l1: Factor = 0.0
    """Factor of the sum of absolute weights."""
    l2: Factor = 0.0
    """Factor of the sum of squared weights."""

    def build(self) -> "keras.Regularizer":
        """Keras's L1L2."""
        import keras

        return keras.regularizers.L1L2(self.l1, self.l2)
