"""What is wrong with a layer of a config: its name, its arguments and their values, known without Keras."""

from collections.abc import Iterator, Sequence
from typing import Any

from dlexp.components.component import Misfit
from dlexp.components.models.keras_layers import Item, normal, table
from dlexp.components.models.layer_axes import is_recurrent
from dlexp.near_words import did_you_mean

#: Arguments that hold another layer, written as an item of the stack is, and those that may hold a list of them.
LAYER_ARGUMENTS = ("layer", "backward_layer", "cell", "cells")
CELL_ARGUMENTS = ("cell", "cells")
#: Layers that RNN carries through the steps.
CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells")
#: Arguments that count something, and those that may count for each axis.
COUNTS = ("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "n", "groups", "depth_multiplier")
AXIS_COUNTS = ("kernel_size", "pool_size", "strides", "dilation_rate", "size")
#: How arguments end that are a share of what is dropped, and others that end so.
SHARES = ("rate", "dropout")
NO_SHARES = ("dilation_rate", "sampling_rate")
#: What is put around the inputs of a convolution or pooling; `causal` of one axis alone.
PADDINGS = ("valid", "same", "causal")
#: The words of others; of some layers Keras itself takes any.
WORDS = {
    "padding": PADDINGS,
    "data_format": ("channels_last", "channels_first"),
    "merge_mode": ("concat", "sum", "mul", "ave"),
    "RandomFlip.mode": ("horizontal", "vertical", "horizontal_and_vertical"),
}
#: Flags that a stack cannot use.
UNUSABLE_FLAGS = {
    "return_state": "gives the last state beside the outputs, and a stack passes one tensor on; leave it out",
    "stateful": "carries the state from batch to batch, and each epoch has the examples in another order; leave it out",
}
#: Layers that a stack cannot use, and why.
UNUSABLE = {
    "Lambda": "Code has its place in model: {type: python}.",
    **dict.fromkeys(
        ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"),
        "It takes several inputs, and a stack passes one tensor on; model: {type: python} has no such limit.",
    ),
    **dict.fromkeys(
        ("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing", "CategoryEncoding"),
        "Words and categories are encoded when the data are read, by the keys of dataset.",
    ),
    "Discretization": "It has to see the data before the training; model: {type: python} can give it bin_boundaries.",
    "Normalization": "dataset.standardize: true does that.",
    **dict.fromkeys(("Input", "InputLayer"), "The data tell the shape of the inputs; leave it out."),
    **dict.fromkeys(("CutMix", "MixUp"), "It mixes targets too, which a stack does not see."),
    "Equalization": "Keras takes its output for its input; ContrastLimitedAdaptiveHistogramEqualization is alike.",
    "RandomCrop": "Keras forgets the crop when it predicts; RandomTranslation moves images, CenterCrop cuts them.",
}
#: Arguments of every layer in Keras that a stack gives itself, and why.
OWN_ARGUMENTS = {
    "name": "layers are named by their places",
    "dtype": "all layers compute in float32",
    **dict.fromkeys(("input_shape", "batch_input_shape", "batch_size"), "the data tell the shape of the inputs"),
    "quantization_config": "what quantizes a trained model has no part in its training",
}


def problems(item: Item, place: str = "") -> Iterator[Misfit]:
    """What is wrong with a layer, as seen from its place: the stack, or an argument of another layer."""
    ((name, arguments),) = item.items()
    layers = table()["layers"]
    if name not in layers:
        near = did_you_mean(name, layers) or " dlexp list layers names them all."
        yield Misfit(name, f"unknown layer {name!r}.{near}" if name not in UNUSABLE else _unusable(name))
        return
    if (name in CELLS) != (place in CELL_ARGUMENTS):
        yield Misfit(name, _misplaced(name, place))
        return
    known = layers[name]["arguments"]
    for argument, value in arguments.items():
        if argument in known:
            yield from _argument_problems(name, argument, value)
        else:
            yield Misfit(f"{name}.{argument}", _unknown(argument, known))
    for argument, is_required in known.items():
        if is_required and argument not in arguments:
            yield Misfit(f"{name}.{argument}", "missing")


def _unusable(name: str) -> str:
    start = "unknown layer" if name == "Lambda" else "a stack cannot use"
    return f"{start} {name!r}. {UNUSABLE[name]}"


def _misplaced(name: str, place: str) -> str:
    if place in CELL_ARGUMENTS:
        return f"expected a cell: {', '.join(CELLS)}; given {name}"
    return f"a cell makes one step, and needs a layer that goes through all: RNN: {{cell: {{{name}: ...}}}}"


def _unknown(argument: str, known: dict[str, bool]) -> str:
    if argument in OWN_ARGUMENTS:
        return f"unknown argument {argument!r}: {OWN_ARGUMENTS[argument]}; leave it out"
    return f"unknown argument {argument!r}.{did_you_mean(argument, known)} Choose from: {', '.join(known)}"


def _argument_problems(name: str, argument: str, value: Any) -> Iterator[Misfit]:
    path = f"{name}.{argument}"
    if argument in LAYER_ARGUMENTS and value is not None:
        yield from _layer_problems(name, argument, value)
    elif foreign := next(_foreign_objects(value), ""):
        yield Misfit(path, f"{foreign}. Code has its place in model: {{type: python}}.")
    elif why := _value_problem(name, argument, value) or _word_problem(name, argument, value):
        yield Misfit(path, why)


def _layer_problems(name: str, argument: str, value: Any) -> Iterator[Misfit]:
    is_list = isinstance(value, list) and argument in CELL_ARGUMENTS
    for i, each in enumerate(value if is_list else [value]):
        path = f"{name}.{argument}.{i}" if is_list else f"{name}.{argument}"
        inner = normal(each)
        if inner is None:
            example = "LSTMCell" if argument in CELL_ARGUMENTS else "LSTM"
            yield Misfit(path, f"expected a layer, such as {{{example}: {{units: 32}}}}, given {each!r}")
        elif name == "Bidirectional" and next(iter(inner)) in table()["layers"] and not is_recurrent(next(iter(inner))):
            yield Misfit(path, f"expected a layer that goes through steps, such as LSTM, given {next(iter(inner))}")
        else:
            yield from (misfit.below(path) for misfit in problems(inner, argument))


def _value_problem(name: str, argument: str, value: Any) -> str:
    """What is wrong with a number, a flag or a shape; empty if nothing is known to be."""
    if argument in (*COUNTS, *AXIS_COUNTS) and not _are_counts(argument, value):
        lists = ", or a list of them" if argument in AXIS_COUNTS else ""
        return f"expected a whole number, at least 1{lists}, given {value!r}"
    if argument.endswith(SHARES) and argument not in NO_SHARES and not _is_share(value):
        return f"expected a number from 0 to below 1, given {value!r}"
    if argument == "momentum" and not (_is_share(value) or value == 1):
        return f"expected a number from 0 to 1, given {value!r}"
    if argument in table()["flags"] and not isinstance(value, bool):
        return f"expected true or false, given {value!r}"
    if argument == "target_shape" and not _is_shape(value):
        return f"expected a list of whole numbers, of which one may be -1, given {value!r}"
    if argument == "noise_shape" and isinstance(value, list) and value and value[0] not in (None, 1):
        return f"the first axis is that of the batch, whose size is not always {value[0]}; begin with null"
    return UNUSABLE_FLAGS[argument] if value is True and argument in UNUSABLE_FLAGS else ""


def _word_problem(name: str, argument: str, value: Any) -> str:
    """What is wrong with a word, or with what stands for an object of Keras's; empty if nothing is known to be."""
    kind = argument.rpartition("_")[2]
    own = WORDS.get(f"{name}.{argument}") or WORDS.get(argument)
    words: Sequence[str] = own or table()["words"].get(kind, ())
    if argument == "merge_mode" and value is None:
        return f"null leaves two outputs, and a stack passes one tensor on; choose from: {', '.join(words)}"
    if kind in table()["words"]:
        if isinstance(value, dict) and kind != "activation" and "class_name" in value:
            value = value["class_name"]
        elif value is not None and not isinstance(value, str):
            return f"expected {_expected(kind, value, words)}, given {value!r}"
    if words and isinstance(value, str) and value not in words:
        return f"unknown {kind} {value!r}.{did_you_mean(value, words)} Choose from: {', '.join(words)}"
    return ""


def _expected(kind: str, value: Any, words: Sequence[str]) -> str:
    """What to write for a regularizer and the like with settings: `{class_name: L2, config: {l2: 0.01}}`."""
    if kind == "activation":
        return "the name of an activation"
    name, config = {"regularizer": ("L2", "{l2: 0.01}"), "constraint": ("MaxNorm", "{max_value: 2}")}.get(
        kind, ("RandomNormal", "{stddev: 0.01}")
    )
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in words:
        ((name, inner),) = value.items()
        if isinstance(inner, dict):
            config = f"{{{', '.join(f'{key}: {each}' for key, each in inner.items())}}}"
        elif kind == "regularizer" and name.lower() in ("l1", "l2"):
            config = f"{{{name.lower()}: {inner}}}"
    return f"the name of {'an' if kind == 'initializer' else 'a'} {kind}, or {{class_name: {name}, config: {config}}}"


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


def _are_counts(argument: str, value: Any) -> bool:
    if argument == "strides" and value is None:  # As Keras's poolings have it: the size of the window.
        return True
    values = value if isinstance(value, list) and argument in AXIS_COUNTS else [value]
    return bool(values) and all(type(each) is int and each >= 1 for each in values)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < 1


def _is_shape(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value) and all(type(each) is int for each in value)
    return is_list and all(each > 0 or each == -1 for each in value) and value.count(-1) <= 1
