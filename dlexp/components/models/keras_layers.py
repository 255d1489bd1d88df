"""What Keras's layers are called and take, known without Keras: from a table that `tools/keras_layers.py` writes."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from dlexp.components.component import Misfit
from dlexp.errors import did_you_mean

#: Arguments that hold another layer, written as an item of the stack is.
LAYER_ARGUMENTS = ("layer", "backward_layer", "cell")
#: Arguments that count something, and those that may count for each axis.
COUNTS = ("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "n", "groups", "depth_multiplier")
AXIS_COUNTS = ("kernel_size", "pool_size", "strides", "dilation_rate", "size")
#: What is put around the inputs of a convolution or pooling; `causal` of one axis alone.
PADDINGS = ("valid", "same", "causal")
#: How arguments end that are a share of what is dropped, and others that end so.
SHARES = ("rate", "dropout")
NO_SHARES = ("dilation_rate", "sampling_rate")
#: The axes that a layer's inputs have by the end of its name, the batch included.
AXES = {"1D": 3, "2D": 4, "3D": 5}
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN")
#: The axes of the inputs of others.
FIXED_AXES = {**dict.fromkeys(RECURRENT, 3), "RepeatVector": 2}
#: Layers with an axis of steps beside those by the end of their name.
RECURRENT_CONVOLUTION = "ConvLSTM"
#: Layers whose outputs have axes that only Keras works out.
FREE_AXES = ("EinsumDense", "MelSpectrogram", "STFTSpectrogram")

#: A layer by its name with its arguments, as a config has it.
Item = Mapping[str, Mapping[str, Any]]


@cache
def table() -> dict[str, Any]:
    """The table.

    `keras`: the version; `layers`: by name, summary and arguments (true where required); `flags`: arguments that are
    true or false; `words` that other arguments may be.
    """
    return cast(dict[str, Any], json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of an item of the stack: a name, or one name with its arguments."""
    layers = table()["layers"]
    arguments = {
        name: {"type": ["object", "null"], "propertyNames": {"enum": list(layer["arguments"])}}
        for name, layer in layers.items()
    }
    mapping = {"type": "object", "properties": arguments, "additionalProperties": False, "maxProperties": 1}
    return {"anyOf": [{"enum": list(layers)}, {**mapping, "minProperties": 1}]}


def problems(item: Item) -> Iterator[Misfit]:
    """What is wrong with a layer, as seen from its place in the stack."""
    ((name, arguments),) = item.items()
    layers = table()["layers"]
    if name not in layers:
        near = did_you_mean(name, layers) or " dlexp list layers names them all."
        code = " Code has its place in model: {type: python}." if name == "Lambda" else ""
        yield Misfit(name, f"unknown layer {name!r}.{code or near}")
        return
    known = layers[name]["arguments"]
    listed = ", ".join(known)
    for argument, value in arguments.items():
        path = f"{name}.{argument}"
        if argument not in known:
            yield Misfit(path, f"unknown argument {argument!r}.{did_you_mean(argument, known)} Choose from: {listed}")
        else:
            yield from _argument_problems(path, argument, value)
    for argument, is_required in known.items():
        if is_required and argument not in arguments:
            yield Misfit(f"{name}.{argument}", "missing")


def _argument_problems(path: str, argument: str, value: Any) -> Iterator[Misfit]:
    if argument in LAYER_ARGUMENTS and value is not None:
        if inner := normal(value):
            yield from (misfit.below(path) for misfit in problems(inner))
        else:
            yield Misfit(path, f"expected a layer, such as {{LSTM: {{units: 32}}}}, given {value!r}")
    elif foreign := next(_foreign_objects(value), ""):
        yield Misfit(path, f"{foreign}. Code has its place in model: {{type: python}}.")
    elif argument in (*COUNTS, *AXIS_COUNTS) and not _are_counts(argument, value):
        lists = ", or a list of them" if argument in AXIS_COUNTS else ""
        yield Misfit(path, f"expected a whole number, at least 1{lists}, given {value!r}")
    elif argument.endswith(SHARES) and argument not in NO_SHARES and not _is_share(value):
        yield Misfit(path, f"expected a number from 0 to below 1, given {value!r}")
    elif argument in table()["flags"] and not isinstance(value, bool):
        yield Misfit(path, f"expected true or false, given {value!r}")
    elif isinstance(value, str):
        kind = argument.rpartition("_")[2]
        words = PADDINGS if argument == "padding" else table()["words"].get(kind, ())
        if words and value not in words:
            yield Misfit(path, f"unknown {kind} {value!r}.{did_you_mean(value, words)} Choose from: {', '.join(words)}")


def _foreign_objects(value: Any) -> Iterator[str]:
    """What a serialized object of Keras's, `{class_name: ..., module: ..., config: ...}`, names beside Keras's own.

    Keras itself refuses it, but versions before 3.11 import the module first, or are talked into it.
    """
    if isinstance(value, dict):
        module, name = value.get("module"), value.get("class_name")
        if module is not None and not str(module).startswith(("keras.initial", "keras.regul", "keras.constr")):
            yield f"names something in {module!r}, which is none of Keras's initializers, regularizers or constraints"
        if (name is not None and not str(name).isidentifier()) or str(name).startswith("_") or name == "function":
            yield f"names {name!r}, which is none of Keras's classes"
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _foreign_objects(each)


def normal(value: Any) -> dict[str, dict[str, Any]] | None:
    """A layer as a mapping from its name to its arguments; None if the value is no layer."""
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, dict) and len(value) == 1:
        ((name, arguments),) = value.items()
        if isinstance(name, str) and (arguments is None or isinstance(arguments, dict)):
            return {name: arguments or {}}
    return None


def innermost(item: Item) -> str:
    """The name of a layer, or of the one that it wraps."""
    ((name, arguments),) = item.items()
    inner = normal(arguments.get("layer"))
    return innermost(inner) if inner else name


def axes(item: Item) -> int | None:
    """The axes that the layer's inputs must have, the batch included; None if any number will do."""
    ((name, arguments),) = item.items()
    if name == "Bidirectional":
        inner = normal(arguments.get("layer"))
        return axes(inner) if inner else 3
    if fixed := 4 if name.startswith("Random") else FIXED_AXES.get(name):
        return fixed
    by_ending = next((n for ending, n in AXES.items() if name.removesuffix("Transpose").endswith(ending)), None)
    return by_ending + 1 if by_ending and name.startswith(RECURRENT_CONVOLUTION) else by_ending


def axes_behind(item: Item, n: int) -> int | None:
    """The axes of the layer's outputs, if its inputs have `n`; None if only Keras knows."""
    ((name, arguments),) = item.items()
    inner = normal(arguments.get("layer"))
    if inner:
        shared = 1 if name == "TimeDistributed" else 0  # The axis of the steps.
        behind = axes_behind(inner, n - shared)
        return None if behind is None else behind + shared
    if name in FREE_AXES or arguments.get("output_shape") is not None:
        return None
    if name == "Flatten":
        return 2
    if name.startswith("Global"):
        return n if arguments.get("keepdims") else 2
    if name == "Reshape":
        shape = arguments.get("target_shape")
        return 1 + len(shape) if isinstance(shape, list) else n
    if name in ("Embedding", "ReversibleEmbedding", "RepeatVector"):
        return n + 1
    if name in RECURRENT or name.startswith(RECURRENT_CONVOLUTION):
        return n if arguments.get("return_sequences") else n - 1
    return n


def _are_counts(argument: str, value: Any) -> bool:
    if argument == "strides" and value is None:  # As Keras's poolings have it: the size of the window.
        return True
    values = value if isinstance(value, list) and argument in AXIS_COUNTS else [value]
    return bool(values) and all(type(each) is int and each >= 1 for each in values)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1
