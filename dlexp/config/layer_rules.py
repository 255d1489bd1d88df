"""Rules of the lint for stacks of Keras's layers: the same as for hidden layers of ours, under the same names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from dlexp import registry
from dlexp.components.activations import Activation
from dlexp.components.models import Layers
from dlexp.components.models.keras_layers import normal, table
from dlexp.components.models.layer_sizes import WIDTH_ARGUMENTS, Shape
from dlexp.config.advice import DEEP, MAX_DROPOUT, Advice, dropped_classes, lost_classes, setting

#: Keras's name of the function of the start that it gives a kernel by itself.
DEFAULT_START = "glorot_uniform"
#: Layers that drop outputs, and arguments that do it within a layer.
DROPOUTS = ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
DROPOUT_ARGUMENTS = ("dropout", "recurrent_dropout")
NORMALIZATIONS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")


@dataclass(frozen=True)
class Stacked:
    """A layer of the stack, or within a wrapper, at its place."""

    path: str
    """`model.layers.2.Dense`."""
    name: str
    arguments: dict[str, Any]
    activation: str = ""
    """Keras's name of what its outputs go through, in a layer of its own behind it or not; empty where there is none,
    or one of a recurrent layer's gates."""
    activation_path: str = ""
    """The dotted path where that is said."""
    shape: Shape = None
    """Of its outputs."""

    @property
    def has_kernel(self) -> bool:
        """Whether it is Dense, a convolution, or the like: no recurrent layer, whose gates are meant to saturate."""
        known = table()["layers"][self.name]["arguments"]
        return "kernel_initializer" in known and "recurrent_initializer" not in known

    @property
    def start(self) -> Any:
        """How its kernel starts."""
        return self.arguments.get("kernel_initializer") or DEFAULT_START


LayerRule = Callable[[Layers, list[Stacked], int], Iterator[Advice]]


def stacked(model: Layers, shapes: list[Shape]) -> list[Stacked]:
    """The layers with the shapes of their outputs; activations that stand alone belong to the layer before."""
    found: list[Stacked] = []
    for i, (item, shape) in enumerate(zip(model.layers, shapes, strict=True)):
        ((name, arguments),) = item.items()
        path = f"model.layers.{i}.{name}"
        while inner := normal(arguments.get("layer")):
            ((name, arguments),) = inner.items()
            path = f"{path}.layer.{name}"
        layer = Stacked(path, name, arguments, shape=shape)
        activation = arguments.get("activation")
        if isinstance(activation, str) and (layer.has_kernel or name == "Activation"):
            layer = replace(layer, activation=activation, activation_path=f"{path}.activation")
        k = next((k for k in reversed(range(len(found))) if found[k].name not in NORMALIZATIONS), None)
        if name == "Activation" and k is not None and found[k].has_kernel and not found[k].activation:
            found[k] = replace(found[k], activation=layer.activation, activation_path=layer.activation_path)
            layer = replace(layer, activation="", activation_path="")
        found.append(layer)
    return found


def bottleneck(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """Fewer features than classes, at a place behind which only features are left."""
    path, advised = "", set()
    for layer in layers:
        path = next((f"{layer.path}.{name}" for name in WIDTH_ARGUMENTS if name in layer.arguments), path)
        n = layer.shape[0] if layer.shape and len(layer.shape) == 1 else None
        if path and n is not None and n < n_classes and path not in advised:
            advised.add(path)
            why = f"{layer.name} gives {n} number{'s' * (n != 1)} {lost_classes(n_classes)}"
            yield Advice(path, why, setting(path, n_classes))


def saturating_stack(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """The gates of recurrent layers are meant to saturate; normalized sums do it less."""
    saturating = [layer for layer in layers if layer.activation in _saturating()]
    if len(saturating) < DEEP or any(layer.name in NORMALIZATIONS for layer in layers):
        return
    names = " and ".join(dict.fromkeys(layer.activation for layer in saturating))
    why = f"{len(saturating)} layers of {names} saturate, and their gradients vanish towards the input"
    relus: Any = model.layers
    for layer in saturating:
        relus = _replaced(relus, layer.activation_path.split(".")[2:], "relu")
    yield Advice(saturating[0].activation_path, why, setting("model.layers", relus))


def selu_start(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """Keras starts a kernel as Glorot did, whatever its activation."""
    for layer in layers:
        if layer.activation == "selu" and layer.has_kernel and not _words(layer.start).startswith("lecun"):
            path, start = f"{layer.path}.kernel_initializer", layer.start
            why = f"SELUs keep mean 0 and variance 1 from LeCun's start alone, given {start}"
            yield Advice(path, why, setting(path, "lecun_normal"))


def symmetric_start(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """Of any kernel."""
    for layer in layers:
        start = layer.arguments.get("kernel_initializer")
        if _words(start) in ("zeros", "ones"):
            path = f"{layer.path}.kernel_initializer"
            why = f"hidden units that all start as {start} get the same gradient and stay equal, or learn nothing"
            yield Advice(path, why, setting(path, DEFAULT_START))


def heavy_dropout(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """By a layer of its own or within a recurrent one."""
    for layer in layers:
        for argument in ("rate",) if layer.name in DROPOUTS else DROPOUT_ARGUMENTS:
            rate = layer.arguments.get(argument)
            if rate is not None and rate > MAX_DROPOUT:
                path = f"{layer.path}.{argument}"
                yield Advice(path, f"{rate:.3g} of the outputs are dropped; usual are 0.2 to 0.5", setting(path, 0.5))


def dropout_before_output(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """By the last layer."""
    last, needed = layers[-1], max(1, n_classes)
    n = last.shape[0] if last.shape and len(last.shape) == 1 else None
    if last.name in DROPOUTS and n is not None and n >= needed and (1 - last.arguments["rate"]) * n < needed:
        path = f"{last.path}.rate"
        why, largest = dropped_classes(last.arguments["rate"], n, needed)
        yield Advice(path, why, setting(path, largest))


def second_output(model: Layers, layers: list[Stacked], n_classes: int) -> Iterator[Advice]:
    """The head brings the output units: a softmax in front of it is squashed twice, and hardly has a gradient."""
    last = next((layer for layer in reversed(layers) if layer.activation), None)
    if last is not None and last.activation in ("softmax", "log_softmax"):
        path = last.activation_path
        why = f"the head brings the output units and their activation; behind a {last.activation} they squash twice"
        yield Advice(path, why, setting(path, "relu"))


#: Rules of stacks of Keras's layers.
LAYER_RULES: tuple[LayerRule, ...] = (
    bottleneck,
    saturating_stack,
    selu_start,
    symmetric_start,
    heavy_dropout,
    dropout_before_output,
    second_output,
)


@cache
def _saturating() -> set[str]:
    kinds = registry.components("activations")
    return {name for name, kind in kinds.items() if issubclass(kind, Activation) and kind.saturates}


def _words(initializer: Any) -> str:
    """`lecunnormal` for `LecunNormal` and `lecun_normal`; nothing for one that is no word."""
    return initializer.replace("_", "").lower() if isinstance(initializer, str) else ""


def _replaced(value: Any, keys: list[str], new: Any) -> Any:
    """A copy in which what the keys lead to is another."""
    if not keys:
        return new
    key, *rest = keys
    if isinstance(value, list):
        i = int(key)
        return [*value[:i], _replaced(value[i], rest, new), *value[i + 1 :]]
    return {**value, key: _replaced(value[key], rest, new)}
