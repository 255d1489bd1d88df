"""The base of all models: the layers between the input and the output units."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlexp.components.activations import Activation, Initializer, OneOrEach, ReLU
from dlexp.components.component import Component, Context, Misfit, Off, OneOf
from dlexp.components.data import Info, Tensor
from dlexp.components.models.given_numbers import Need
from dlexp.components.models.padding import Padding
from dlexp.components.regularizers import Regularizer
from dlexp.components.user_code import source
from dlexp.format import plural

#: Keras's noise layer takes no more than 1.
StandardDeviation = Annotated[float, Field(ge=0, le=1), Off(0.0)]

#: The setting that scales numbers, to be typed.
STANDARDIZE = "dataset.standardize: true"


class Model(Component):
    """From inputs to features; the head's output units come on top."""

    kind = "models"
    #: What `Info.inputs` may be.
    takes: ClassVar[tuple[str, ...]]
    #: The key with which the user chooses each layer; empty if dlexp does.
    layers_key: ClassVar[str] = ""

    @property
    def scales_inputs(self) -> bool:
        """Whether it brings features on any scale to one of its own before their first weights, or skips padding."""
        return False

    @property
    def least_deviation(self) -> float:
        """Of features, the smallest standard deviation that it brings to that scale; 0 if there is no limit."""
        return 0.0

    @property
    def inertia(self) -> float:
        """The share of its old mean and variance of each feature that a first layer of moving ones keeps in a step."""
        return 0.0

    @property
    def unmasked(self) -> str:
        """The path of a layer that averages the steps or keeps the last, if a first Embedding has no mask for it."""
        return ""

    @property
    def scaling_key(self) -> str:
        """The setting that scales its inputs, if it does not do it itself."""
        return STANDARDIZE

    @property
    def depends_on_span(self) -> bool:
        """Whether it may have layers that take certain numbers alone, so that those of the data have to be known."""
        return bool(self.functions)

    @property
    def functions(self) -> list[str]:
        """Functions of the user's own that building it calls, as `module:function`."""
        return []

    def path_of(self, layer: str) -> str:
        """The dotted path of the setting that makes a layer, by the layer's name."""
        return f"model.{self.layers_key}".rstrip(".")

    def notes(self) -> list[str]:
        """What whoever checks a config should know of it: that it runs code, and what follows for the saved model."""
        return [
            f"a run calls {function}, which is found in the working directory if Python does not know it; layers of "
            "your own make model.keras need your code to open"
            for function in self.functions
        ]

    def code(self) -> list[Path]:
        """Files of the user's code that make the model what it is: part of an experiment's identity.

        Raises:
            DataError: They cannot be found.
        """
        return [source(function) for function in self.functions]

    def padding(self, info: Info) -> Padding | None:
        """How the model knows steps that it skips, if the standardization has to leave them for it as `PADDED`."""
        return None

    def unmet(self, info: Info) -> Iterator[Need]:
        """What its layers need of the numbers that they are given, as far as both are known, and do not get."""
        yield from ()

    def load_code(self) -> None:
        """Import what `build` calls: before the seeds are set, since modules set some themselves.

        Raises:
            Unfit: It cannot be imported.
        """

    def build(self, x: Tensor, info: Info) -> Tensor:
        """From inputs `(batch, *info.shape)` to features `(batch, units)`."""
        raise NotImplementedError


class Stack(Model):
    """A model that ends in a stack of hidden layers."""

    hidden: list[Annotated[int, Field(ge=1)]] = [16, 16]
    """Units of each hidden layer, from the input to the output."""
    activation: OneOrEach = ReLU()
    """Activation of the hidden layers: one for all, or a list with one a layer."""
    kernel_initializer: Initializer | None = None
    """Start of the hidden layers' kernels, by Keras's name. Unless said, Keras's `glorot_uniform`; `lecun_normal` for
    selu. `he_normal` fits deep stacks of ReLUs."""
    hidden_bias: float = 0.0
    """Start of the hidden units' bias: far below 0, no ReLU fires."""
    dropout: Annotated[float, Field(ge=0, lt=1), Off(0.0)] = 0.0
    """Share of each hidden layer's outputs that training sets to zero."""
    noise: StandardDeviation = 0.0
    """Standard deviation of the Gaussian noise that training adds to each hidden layer's outputs."""
    normalization: Annotated[Literal["none", "batch", "layer"], Off("none")] = "none"
    """What brings each hidden layer's sums to mean 0 and variance 1: of a unit over the batch, or over the layer."""
    max_norm: Annotated[float, Field(gt=0)] | None = None
    """Largest norm of the weights into one hidden unit; a step that exceeds it is scaled back."""
    kernel_regularizer: Annotated[Regularizer, OneOf(Regularizer)] | None = None
    """Penalty on the hidden layers' kernels."""

    @property
    def activations(self) -> list[Activation]:
        """That of each hidden layer."""
        return self.activation if isinstance(self.activation, list) else [self.activation] * len(self.hidden)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Another number of activations than of layers."""
        if isinstance(self.activation, list) and len(self.activation) != len(self.hidden):
            layers = plural(len(self.hidden), "hidden layer")
            yield Misfit("activation", f"a list of {len(self.activation)} for {layers}; give one a layer")

    def stack(self, x: Tensor) -> Tensor:
        """The hidden layers: Dense, normalization, activation, dropout, noise; each a layer of its own, where asked."""
        import keras

        normalizations = {"batch": keras.layers.BatchNormalization, "layer": keras.layers.LayerNormalization}
        normalization = normalizations.get(self.normalization)
        for i, (units, activation) in enumerate(zip(self.hidden, self.activations, strict=True), start=1):
            x = keras.layers.Dense(
                activation.width(units),
                kernel_initializer=self.kernel_initializer or activation.kernel_initializer,
                bias_initializer=keras.initializers.Constant(self.hidden_bias),
                kernel_regularizer=self.kernel_regularizer and self.kernel_regularizer.build(),
                kernel_constraint=self.max_norm and keras.constraints.MaxNorm(self.max_norm),
                name=f"hidden_{i}",
            )(x)
            if normalization:
                x = normalization(name=f"hidden_{i}_normalization")(x)
            x = activation.apply(x, name=f"hidden_{i}_activation")
            if self.dropout:
                x = getattr(keras.layers, activation.dropout)(self.dropout, name=f"hidden_{i}_dropout")(x)
            if self.noise:
                x = keras.layers.GaussianNoise(self.noise, name=f"hidden_{i}_noise")(x)
        return x
