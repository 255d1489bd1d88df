"""Hidden units: every class is one function of a unit's sums that a config can name."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from dlexp.components.component import Component, OneOf
from dlexp.components.data import Tensor

#: Keras's own initializers, by Keras's names.
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
    "random_uniform",
    "random_normal",
    "truncated_normal",
    "zeros",
    "ones",
]


class Activation(Component):
    """The function between a hidden unit's sums and its output."""

    kind = "activations"
    off = "linear"
    #: The kernel's start that fits the unit.
    kernel_initializer: ClassVar[Initializer] = "glorot_uniform"
    #: Why no other start of the kernel will do; empty if others do.
    needs_start: ClassVar[str] = ""
    #: The Keras layer for dropout that fits the unit: of SELU's, one that keeps mean and variance.
    dropout: ClassVar[str] = "Dropout"
    #: Whether it is flat towards both sides, so that a unit far from 0 hardly learns.
    saturates: ClassVar[bool] = False
    #: Whether a unit far below 0 is without a gradient: where all its sums are, it never learns again.
    can_die: ClassVar[bool] = False

    def width(self, units: int) -> int:
        """How many sums the layer in front has to give for so many units."""
        return units

    @classmethod
    def may_start_as(cls, initializer: str) -> bool:
        """Whether a kernel's start suits the unit: of one that needs its own, that of the same author."""
        author = cls.kernel_initializer.partition("_")[0]
        return not cls.needs_start or initializer.replace("_", "").lower().startswith(author)

    def apply(self, x: Tensor, name: str) -> Tensor:
        """From sums `(batch, width(units))` to outputs `(batch, units)`, by a layer of that name.

        Unless a class overrides this, Keras knows the function by the type, or if it has settings a layer by the name
        of the class. Only Keras's own layers and operations: a saved model opens without dlexp.
        """
        import keras

        if settings := self.model_dump(exclude={"type"}):
            return getattr(keras.layers, type(self).__name__)(**settings, name=name)(x)
        return keras.layers.Activation(self.type, name=name)(x)


class ReLU(Activation):
    """Rectified linear unit, max(0, z): the default for hidden units."""

    type: Literal["relu"] = "relu"
    can_die = True


class AbsoluteValue(Activation):
    """Absolute value rectification, |z|: for features whose sign says nothing (Jarrett et al., 2009)."""

    type: Literal["abs"] = "abs"

    def apply(self, x: Tensor, name: str) -> Tensor:
        """Keras's operation: it has no such layer."""
        import keras

        # Operations are no layers of a model: the result gets the name from one that changes nothing.
        return keras.layers.Identity(name=name)(keras.ops.abs(x))


class LeakyReLU(Activation):
    """ReLU with a small slope below zero, so that no unit is ever without a gradient (Maas et al., 2013)."""

    type: Literal["leaky_relu"] = "leaky_relu"
    negative_slope: Annotated[float, Field(ge=0)] = 0.3
    """Slope below zero; Keras's default."""


class PReLU(Activation):
    """Leaky ReLU that learns its slope below zero, one a unit or one a layer (He et al., 2015)."""

    type: Literal["prelu"] = "prelu"
    shared: bool = False
    """Whether all units of a layer share one slope."""
    initial_slope: float = 0.25
    """Where the slope starts; the paper's. Keras's own default is 0, a ReLU."""

    def apply(self, x: Tensor, name: str) -> Tensor:
        """Keras's PReLU layer; the slope is its weight `alpha`."""
        import keras

        start = keras.initializers.Constant(self.initial_slope)
        return keras.layers.PReLU(alpha_initializer=start, shared_axes=[1] if self.shared else None, name=name)(x)


class Maxout(Activation):
    """The largest of several learned linear pieces: learns its own convex function (Goodfellow et al., 2013)."""

    type: Literal["maxout"] = "maxout"
    pieces: Annotated[int, Field(ge=2)] = 2
    """Linear pieces a unit; the layer in front has `units * pieces` outputs, and as many times the weights."""

    def width(self, units: int) -> int:
        """One sum a piece."""
        return units * self.pieces

    def apply(self, x: Tensor, name: str) -> Tensor:
        """The largest of the sums `u`, `units + u`, `2 units + u`, ... for unit `u`."""
        import keras

        # (batch, pieces * units) -> (batch, pieces, units)
        x = keras.layers.Reshape((self.pieces, x.shape[-1] // self.pieces), name=f"{name}_pieces")(x)
        return keras.layers.Identity(name=name)(keras.ops.max(x, axis=1))


class ELU(Activation):
    """Exponential linear unit, z or alpha (exp(z) - 1) below zero (Clevert et al., 2016)."""

    type: Literal["elu"] = "elu"
    alpha: Annotated[float, Field(gt=0)] = 1.0
    """The output far below zero is -alpha; Keras's default."""


class SELU(Activation):
    """Scaled ELU: keeps mean 0 and variance 1 through deep stacks (Klambauer et al., 2017).

    It does so from LeCun's normal start, its default, and with alpha dropout, which is what `model.dropout` becomes.
    """

    type: Literal["selu"] = "selu"
    kernel_initializer = "lecun_normal"
    needs_start = "SELUs keep mean 0 and variance 1 from LeCun's start alone"
    dropout = "AlphaDropout"


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
    saturates = True


class Sigmoid(Activation):
    """Logistic sigmoid, 1 / (1 + exp(-z)): saturates over most of its domain."""

    type: Literal["sigmoid"] = "sigmoid"
    saturates = True


class Tanh(Activation):
    """Hyperbolic tangent, 2 sigmoid(2 z) - 1: the better of the saturating units."""

    type: Literal["tanh"] = "tanh"
    saturates = True


class HardSigmoid(Activation):
    """Piecewise linear sigmoid, clip(z / 6 + 1 / 2, 0, 1)."""

    type: Literal["hard_sigmoid"] = "hard_sigmoid"
    saturates = True


class HardTanh(Activation):
    """Piecewise linear tanh, clip(z, -1, 1)."""

    type: Literal["hard_tanh"] = "hard_tanh"
    saturates = True


class HardSiLU(Activation):
    """Piecewise SiLU, z hard_sigmoid(z) (Howard et al., 2019)."""

    type: Literal["hard_silu"] = "hard_silu"


class ReLU6(Activation):
    """ReLU that stops at 6, min(max(0, z), 6) (Krizhevsky, 2010)."""

    type: Literal["relu6"] = "relu6"
    can_die = True


class Linear(Activation):
    """No activation: the layers collapse into one linear map."""

    type: Literal["linear"] = "linear"


#: One unit for all hidden layers, or a list with one per layer; the tags keep errors to the form that is meant.
OneOrEach = Annotated[
    Annotated[Activation, OneOf(Activation), Tag("one")]
    | Annotated[list[Annotated[Activation, OneOf(Activation)]], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, list) else "one"),
]
