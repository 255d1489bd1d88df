"""What the layers of a built model need of the inputs that reach them as they are, and do not get.

Of the user's own function nothing is known before it has made its layers.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from dlexp.components.models import given_numbers
from dlexp.components.models.given_numbers import GivenNumbers, Need

#: Functions of `keras.ops` whose outputs are inputs, moved or cast; and those that give some of them.
MOVING = ("Cast", "Reshape", "ExpandDims", "Squeeze", "Transpose", "Moveaxis", "Swapaxes")
CUTTING = ("GetItem", "Slice", "Split", "Take")
PATH = "model.function"


def unmet(x: keras.KerasTensor, model: keras.Model, numbers: GivenNumbers | None, *, alike: bool) -> Iterator[Need]:
    """The needs of the layers of a model between its tensor of inputs, `x`, and the first weights.

    `alike` says whether all inputs are `numbers`, so that some of them are too.
    """
    reached: dict[int, GivenNumbers | None] = {id(x): numbers}
    for operation in model.operations:
        yield from _unadapted(operation)
        for node in operation._inbound_nodes:
            given = next((reached[id(each)] for each in node.input_tensors if id(each) in reached), None)
            if given is not None:
                needs, behind = _passed(operation, given, alike=alike)
                yield from needs
                reached |= {id(each): behind for each in node.output_tensors}


def _passed(operation: Any, numbers: GivenNumbers, *, alike: bool) -> tuple[list[Need], GivenNumbers | None]:
    """What an operation, and those within it, need and do not get; and what numbers it gives, if that is known."""
    if isinstance(operation, keras.layers.TimeDistributed):
        return _passed(operation.layer, numbers, alike=alike)
    if isinstance(operation, keras.Sequential):
        found: list[Need] = []
        behind: GivenNumbers | None = numbers
        for layer in operation.layers:
            if behind is not None:
                needs, behind = _passed(layer, behind, alike=alike)
                found += needs
        return found, behind
    if isinstance(operation, keras.Model):
        is_graph = bool(getattr(operation, "inputs", None))
        return list(unmet(operation.inputs[0], operation, numbers, alike=alike)) if is_graph else [], None
    name = _name(operation)
    if not isinstance(operation, keras.Layer):
        keeps = name in MOVING or (name in CUTTING and alike)
        return [], numbers if keeps else None
    arguments = operation.get_config() if given_numbers.matters(name) else {}
    needs = [
        replace(need, why=f"{name} {operation.name!r} {need.why}")
        for need in given_numbers.needs(PATH, name, arguments, numbers)
    ]
    return needs, given_numbers.behind(name, arguments, numbers)


def _unadapted(operation: Any) -> Iterator[Need]:
    """A Normalization that nobody gave a mean and a variance does nothing."""
    if isinstance(operation, keras.layers.Normalization) and operation.input_mean is None:
        mean, variance = (np.asarray(each) for each in (operation.adapt_mean, operation.adapt_variance))
        if not mean.any() and (variance == 1).all():
            why = f"Normalization {operation.name!r} has no mean and variance, and leaves numbers as they are"
            yield Need(path=PATH, why=why, kind="scale")


def _name(operation: Any) -> str:
    """Keras's own name of an operation, whatever class of the user's it is."""
    return next(each.__name__ for each in type(operation).__mro__ if each.__module__.startswith("keras."))
