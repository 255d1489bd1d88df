"""What a stack of Keras's layers makes of its inputs: shapes and numbers of weights, known without Keras."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.components.models.keras_layers import Item, normal

#: Without the batch; a number that is not known is none, and so is a shape of which nothing is.
Shape = tuple[int | None, ...] | None

#: The argument that says how many features a layer gives.
WIDTH_ARGUMENTS = ("units", "filters", "output_dim")
#: Kernels of a recurrent layer, and biases.
GATES = {"LSTM": (4, 1), "GRU": (3, 2), "SimpleRNN": (1, 1)}
CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D")
POOLINGS = tuple(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3))
#: Layers that leave the shape as it is, with their weights for each feature.
SAME_SHAPE = {
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "Identity", "Masking", "Rescaling"), 0),
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"), 0),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "UnitNormalization"), 0),
    **dict.fromkeys(("Attention", "RandomTranslation", "RandomRotation", "RandomZoom", "RandomFlip"), 0),
    "BatchNormalization": 4,
    "LayerNormalization": 2,
}


@dataclass(frozen=True)
class Size:
    """What a layer gives and holds."""

    shape: Shape
    """Of its outputs."""
    weights: int
    """Numbers that it learns or keeps; 0 where they are not known."""

    @property
    def n_outputs(self) -> int:
        """Outputs for each example; 0 where they are not known."""
        return _product(self.shape) or 0


def sizes(items: Sequence[Item], shape: Shape) -> Iterator[Size]:
    """Each layer's size, behind inputs of a shape."""
    for item in items:
        ((name, arguments),) = item.items()
        size = _size(name, arguments, shape)
        yield size
        shape = size.shape


def at_most(items: list[dict[str, Any]], width: int) -> list[dict[str, Any]]:
    """The layers, none wider than that."""
    return [{name: _narrowed(arguments, width) for name, arguments in item.items()} for item in items]


def _narrowed(arguments: dict[str, Any], width: int) -> dict[str, Any]:
    narrowed = dict(arguments)
    for argument, value in arguments.items():
        if argument in WIDTH_ARGUMENTS:
            narrowed[argument] = min(value, width)
        elif argument == "layer" and (inner := normal(value)):
            narrowed[argument] = at_most([inner], width)[0]
    return narrowed


def _size(name: str, arguments: Mapping[str, Any], shape: Shape) -> Size:
    features = shape[-1] if shape else None
    if name == "Embedding":
        width = arguments["output_dim"]
        return Size(shape and (*shape, width), arguments.get("input_dim", 0) * width)
    if name == "Flatten":
        return Size((_product(shape),), 0)
    if name == "Reshape":
        return Size(_reshaped(arguments["target_shape"], shape), 0)
    if name.startswith("Global"):
        return Size(None if arguments.get("keepdims") else (features,), 0)
    if name in SAME_SHAPE:
        return Size(shape, SAME_SHAPE[name] * (features or 0))
    if shape is None or arguments.get("data_format") == "channels_first":
        return Size(None, 0)
    if name == "Dense":
        units = arguments["units"]
        return Size((*shape[:-1], units), _kernel(features, units, arguments))
    if name in GATES or name == "Bidirectional":
        return _recurrent(name, arguments, shape)
    if name in CONVOLUTIONS:
        n, width = len(shape) - 1, arguments["filters"]
        kernel = _axes(arguments["kernel_size"], n)
        inputs = features and features * math.prod(kernel) // arguments.get("groups", 1)
        return Size((*_slid(kernel, arguments, shape[:-1], (1,) * n), width), _kernel(inputs, width, arguments))
    if name in POOLINGS:
        window = _axes(arguments.get("pool_size", 2), len(shape) - 1)
        return Size((*_slid(window, arguments, shape[:-1], window), features), 0)
    return Size(None, 0)


def _kernel(inputs: int | None, width: int, arguments: Mapping[str, Any]) -> int:
    """A weight from each input to each unit, and a bias each."""
    return ((inputs or 0) + (arguments.get("use_bias") is not False)) * width


def _recurrent(name: str, arguments: Mapping[str, Any], shape: tuple[int | None, ...]) -> Size:
    both = name == "Bidirectional"
    inner = normal(arguments.get("layer")) if both else {name: dict(arguments)}
    ((inner_name, inside),) = (inner or {"": {}}).items()
    if inner_name not in GATES:
        return Size(None, 0)
    units, (gates, biases) = inside["units"], GATES[inner_name]
    side_by_side = both and arguments.get("merge_mode", "concat") == "concat"
    width = units * (1 + side_by_side)
    # Each gate has a weight from each input and from each unit, and its biases.
    weights = (1 + both) * gates * units * ((shape[-1] or 0) + units + biases)
    return Size((*shape[:-1], width) if inside.get("return_sequences") else (width,), weights)


def _slid(
    window: tuple[int, ...], arguments: Mapping[str, Any], steps: tuple[int | None, ...], strides: tuple[int, ...]
) -> Iterator[int | None]:
    """The steps that a window is put at, along each axis."""
    strides = _axes(arguments.get("strides") or strides, len(steps))
    dilation = _axes(arguments.get("dilation_rate", 1), len(steps))
    is_valid = arguments.get("padding", "valid") == "valid"
    for n, size, stride, apart in zip(steps, window, strides, dilation, strict=True):
        lost = (size - 1) * apart if is_valid else 0
        yield None if n is None else max(0, -(-(n - lost) // stride))


def _axes(value: Any, n: int) -> tuple[int, ...]:
    """A number for each axis, where one was given for all."""
    return (value,) * n if isinstance(value, int) else (*value, *(1,) * n)[:n]


def _reshaped(target: Any, shape: Shape) -> Shape:
    if not isinstance(target, list) or not all(isinstance(n, int) for n in target):
        return None
    whole, rest = _product(shape), math.prod(n for n in target if n != -1)
    return tuple(n if n != -1 else whole and rest and whole // rest for n in target)


def _product(shape: Shape) -> int | None:
    if shape is None or None in shape:
        return None
    return math.prod(n for n in shape if n is not None)
