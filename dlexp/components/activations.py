"""Activations of hidden units: every class is one elementwise function that a config can name."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dlexp.components.component import Component

if TYPE_CHECKING:
    import keras


class Activation(Component):
    """An elementwise function behind a hidden layer."""

    kind: ClassVar[str] = "activations"

    def build(self, name: str) -> "keras.layers.Layer":
        """The Keras layer that applies it; Keras knows the function by the same name unless a class overrides this."""
        import keras

        return keras.layers.Activation(self.type, name=name)


class ReLU(Activation):
    """Rectified linear unit, max(0, z): the default for hidden units."""

    type: Literal["relu"] = "relu"


class ELU(Activation):
    """Exponential linear unit, z or exp(z) - 1 below zero (Clevert et al., 2016)."""

    type: Literal["elu"] = "elu"


class SELU(Activation):
    """Scaled ELU: keeps mean 0 and variance 1 through deep stacks (Klambauer et al., 2017)."""

    type: Literal["selu"] = "selu"


class GELU(Activation):
    """Gaussian error linear unit, z Phi(z) (Hendrycks and Gimpel, 2016)."""

    type: Literal["gelu"] = "gelu"


class SiLU(Activation):
    """Sigmoid-weighted linear unit, z sigmoid(z), also called swish (Elfwing et al., 2018)."""

    type: Literal["silu"] = "silu"


class Softplus(Activation):
    """Smooth ReLU, log(1 + exp(z)); ReLU itself usually learns better (Glorot et al., 2011)."""

    type: Literal["softplus"] = "softplus"


class Softsign(Activation):
    """z / (1 + |z|): like tanh with slower saturation."""

    type: Literal["softsign"] = "softsign"


class Sigmoid(Activation):
    """Logistic sigmoid, 1 / (1 + exp(-z)): saturates over most of its domain."""

    type: Literal["sigmoid"] = "sigmoid"


class Tanh(Activation):
    """Hyperbolic tangent, 2 sigmoid(2 z) - 1: the better of the saturating units."""

    type: Literal["tanh"] = "tanh"


class HardSigmoid(Activation):
    """Piecewise linear sigmoid, clip(z / 6 + 1 / 2, 0, 1)."""

    type: Literal["hard_sigmoid"] = "hard_sigmoid"


class Linear(Activation):
    """No activation: the layers collapse into one linear map."""

    type: Literal["linear"] = "linear"


class LeakyReLU(Activation):
    """ReLU with a small slope below zero, so that no unit is ever without a gradient (Maas et al., 2013)."""

    type: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: Annotated[float, Field(ge=0)] = 0.3
    """Slope below zero; Keras's default."""

    def build(self, name: str) -> "keras.layers.Layer":
        """Keras's LeakyReLU layer."""
        import keras

        return keras.layers.LeakyReLU(negative_slope=self.negative_slope, name=name)
