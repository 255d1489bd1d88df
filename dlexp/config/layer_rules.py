"""Rules of the lint for stacks of Keras's layers: the same as for hidden layers of ours, under the same names."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dlexp import registry
from dlexp.components.models import Layers
from dlexp.components.models.keras_layers import normal, table
from dlexp.components.models.layer_axes import axes_behind
from dlexp.components.models.model import Model, Stack
from dlexp.config.advice import DEEP, MAX_DROPOUT, Advice, lost_classes
from dlexp.config.node import with_value
from dlexp.format import plural

#: Keras's name of the function of the start that it gives a kernel by itself.
DEFAULT_START = "glorot_uniform"
#: Layers that drop outputs, and arguments that do it within a layer.
DROPOUTS = ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
DROPOUT_ARGUMENTS = ("dropout", "recurrent_dropout")
#: Layers that are a linear map without their activation, and others that leave a linear map one when it is used.
KERNELS = ("Dense", *(f"Conv{n}D{transpose}" for n in (1, 2, 3) for transpose in ("", "Transpose")))
PLAIN = ("Flatten", "Reshape", "Permute", "Rescaling", "BatchNormalization", "GaussianNoise", *DROPOUTS)
NORMALIZATIONS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")


@dataclass(kw_only=True)
class PlacedLayer:
    """A layer of the stack, or within a wrapper, at its place."""

    path: str
    """`model.layers.2.Dense`."""
    name: str
    arguments: dict[str, Any]
    activation: str = ""
    """Keras's name of what its outputs go through, in a layer of its own behind it or not; empty if there is none,
    or one of a recurrent layer's gates."""
    activation_path: str = ""
    """The dotted path where that is said."""
    gives_vector: bool = False
    """Whether its outputs are known to be one vector for each example."""

    @property
    def is_linear(self) -> bool:
        """Whether it has no activation, also none that is no name."""
        return all(said in (None, "", "linear") for said in (self.activation, self.arguments.get("activation")))

    @property
    def has_kernel(self) -> bool:
        """Whether it is Dense, a convolution, or the like: no recurrent layer, whose gates are meant to saturate."""
        known = table()["layers"][self.name]["arguments"]
        return "kernel_initializer" in known and "recurrent_initializer" not in known


def placed(model: Layers) -> list[PlacedLayer]:
    """The layers; activations that stand alone belong to the layer before."""
    found: list[PlacedLayer] = []
    n_axes: int | None = 2  # The batch, and features or words.
    for i, item in enumerate(model.layers):
        ((name, arguments),) = item.items()
        n_axes = n_axes and axes_behind(item, n_axes)
        path = f"model.layers.{i}.{name}"
        while inner := normal(arguments.get("layer")):
            ((name, arguments),) = inner.items()
            path = f"{path}.layer.{name}"
        layer = PlacedLayer(path=path, name=name, arguments=arguments, gives_vector=n_axes == 2)
        activation = arguments.get("activation")
        if isinstance(activation, str) and (layer.has_kernel or name == "Activation"):
            layer.activation, layer.activation_path = activation, f"{path}.activation"
        before = next((other for other in reversed(found) if other.name not in NORMALIZATIONS), None)
        if name == "Activation" and before and before.has_kernel and not before.activation:
            before.activation, before.activation_path = layer.activation, layer.activation_path
            layer.activation, layer.activation_path = "", ""
        found.append(layer)
    return found


def norm_over_batch(model: Model) -> str:
    """What takes the mean over a batch of vectors, in words; empty if nothing does, or it is over places as well."""
    if isinstance(model, Stack) and model.hidden and model.normalization == "batch":
        return "model.normalization: batch"
    if isinstance(model, Layers):
        norms = (layer for layer in placed(model) if layer.name == "BatchNormalization" and layer.gives_vector)
        return next((layer.path for layer in norms if layer.arguments.get("trainable", True)), "")
    return ""


def bottleneck(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """A Dense layer with fewer units than classes, unless it is put to each of several steps or places."""
    for layer in layers:
        if layer.name == "Dense" and layer.gives_vector and (n := layer.arguments["units"]) < n_classes:
            why = f"{layer.name} gives {plural(n, 'number')} {lost_classes(n_classes)}"
            yield Advice(f"{layer.path}.units", why, n_classes)


def linear_stack(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """Layers without an activation between them are one linear map, however many there are (Goodfellow, 6.3)."""
    plain = [layer for layer in layers if layer.name in PLAIN]
    maps = [layer for layer in layers if layer.name in KERNELS and layer.is_linear]
    if len(maps) > 1 and len(plain) + len(maps) == len(layers):
        why = f"{len(maps)} layers without an activation between them are no more than one, a linear map"
        yield Advice(f"{maps[0].path}.activation", why, "relu")


def saturating_stack(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """The gates of recurrent layers are meant to saturate; normalized sums do it less."""
    units = registry.components("activations")
    saturating = [layer for layer in layers if layer.activation in units and units[layer.activation].saturates]
    if len(saturating) < DEEP or any(layer.name in NORMALIZATIONS for layer in layers):
        return
    names = " and ".join(dict.fromkeys(layer.activation for layer in saturating))
    why = f"{len(saturating)} layers of {names} saturate, and their gradients vanish towards the input"
    relus: Any = model.layers
    for layer in saturating:
        keys = [int(key) if key.isdecimal() else key for key in layer.activation_path.split(".")[2:]]
        relus = with_value(relus, keys, "relu")
    yield Advice(saturating[0].activation_path, why, relus, change_path="model.layers")


def selu_start(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """Keras starts a kernel as Glorot did, whatever its activation."""
    for layer in layers:
        unit = registry.components("activations").get(layer.activation)
        start = layer.arguments.get("kernel_initializer") or DEFAULT_START
        if unit and layer.has_kernel and not unit.may_start_as(start if isinstance(start, str) else ""):
            why = f"{unit.needs_start}, given {start}"
            yield Advice(f"{layer.path}.kernel_initializer", why, unit.kernel_initializer)


def symmetric_start(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """Of any kernel."""
    for layer in layers:
        start = layer.arguments.get("kernel_initializer")
        if isinstance(start, str) and start.lower() in ("zeros", "ones"):
            why = f"hidden units that all start as {start} get the same gradient and stay equal, or learn nothing"
            yield Advice(f"{layer.path}.kernel_initializer", why, DEFAULT_START)


def lone_unit(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """Layer normalization right behind a Dense layer of one unit gives its bias alone."""
    for before, layer in pairwise(layers):
        if before.arguments.get("units") == 1 and before.name == "Dense" and layer.name == "LayerNormalization":
            why = f"over 1 unit {layer.name} gives its bias alone: nothing in front of it is learned"
            yield Advice(f"{before.path}.units", why, 16)


def heavy_dropout(model: Layers, layers: list[PlacedLayer], n_classes: int) -> Iterator[Advice]:
    """By a layer of its own or within a recurrent one."""
    for layer in layers:
        for argument in ("rate",) if layer.name in DROPOUTS else DROPOUT_ARGUMENTS:
            rate = layer.arguments.get(argument)
            if rate is not None and rate > MAX_DROPOUT:
                why = f"{rate:.3g} of the outputs are dropped; usual are 0.2 to 0.5"
                yield Advice(f"{layer.path}.{argument}", why, 0.5)


#: Rules of stacks of Keras's layers.
LAYER_RULES = (
    bottleneck,
    linear_stack,
    saturating_stack,
    selu_start,
    symmetric_start,
    lone_unit,
    heavy_dropout,
)
