"""The memory that one example takes in training and evaluation, as TensorFlow computes it.

A training step is traced for some examples whose number is known, and every array in it is counted, in loops too.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

#: Examples that are traced: a prime that divides the size of hardly any array that does not grow with them.
TRACED = 29
#: What gives its input under another shape or name, in the same memory.
VIEWS = frozenset({"ExpandDims", "Identity", "Reshape", "Squeeze", "StopGradient"})
#: Where weights and inputs come into the trace: they are counted for themselves.
GIVEN = frozenset({"Const", "Placeholder"})
LOOPS = frozenset({"While", "StatelessWhile"})


@dataclass(frozen=True)
class Footprint:
    """Bytes for one example that are there at the same time, at most."""

    trained: float
    """In a step of training."""
    evaluated: float
    by_layer: Mapping[str, float]
    """All that a step computes in each layer, whether or not at the same time."""


def footprint(
    body: keras.Model, trained: Sequence[keras.Variable], others: Sequence[keras.Variable], loss: Callable[[Any], Any]
) -> Footprint:
    """What a model with these variables computes; `loss` makes a number of what the model gives."""
    layers = sorted((layer.name for layer in body.layers), key=len, reverse=True)
    graph = tf.__internal__.FuncGraph("footprint")
    with keras.StatelessScope(initialize_variables=False) as scope, graph.as_default(), tf.GradientTape() as tape:
        for variable in [*trained, *others]:
            scope.add_update((variable, tf.compat.v1.placeholder(variable.dtype, tuple(variable.shape))))
        weights = [scope.get_current_value(variable) for variable in trained]
        tape.watch(weights)
        inputs = [tf.compat.v1.placeholder(each.dtype, (TRACED, *each.shape[1:])) for each in body.inputs]
        total = loss(body(inputs if len(inputs) > 1 else inputs[0], training=True))
        n_forward = len(graph.get_operations())
        tape.gradient(total, weights)
    operations = graph.get_operations()
    by_layer: dict[str, float] = defaultdict(float)
    for operation in operations:
        by_layer[_layer(operation.name, layers)] += sum(map(_size, operation.outputs)) + _kept(operation)
    return Footprint(_peak(operations), _peak(operations[:n_forward], is_kept=False), dict(by_layer))


def _peak(operations: Sequence["tf.Operation"], is_kept: bool = True) -> float:
    """What is live at the same time at most, in the order in which the operations were made."""
    needed_until = _needed_until(operations)
    live = peak = 0.0
    ends: dict[int, float] = defaultdict(float)
    for i, operation in enumerate(operations):
        for given in operation.outputs:
            live += _size(given)
            ends[max(i, needed_until.get(given.name, i))] += _size(given)
        live += _kept(operation) if is_kept else 0.0
        within = max((_peak(body.get_operations(), is_kept) for body, _ in _loops(operation)), default=0.0)
        peak = max(peak, live + within)
        live -= ends[i]
    return peak


def _needed_until(operations: Sequence["tf.Operation"]) -> dict[str, int]:
    """The last operation that takes each array; what is added up is there until all of it is."""
    last: dict[str, int] = {}
    sums: dict[str, int] = {}
    for i, operation in reversed(list(enumerate(operations))):
        is_sum = operation.type == "AddN"
        end = sums.get(operation.outputs[0].name, i) if is_sum else i
        for given in operation.inputs:
            name = _whole(given).name
            last[name] = max(end, last.get(name, 0))
            if is_sum and given.op.type == "AddN":
                sums[given.name] = end
    return last


def _size(given: "tf.Tensor") -> float:
    """The bytes that an operation takes for what it gives; none for a view, nor for what it was given."""
    return 0.0 if given.op.type in GIVEN or given.op.type in VIEWS else _bytes(given)


def _bytes(given: "tf.Tensor") -> float:
    """An array's bytes for one example; none of what does not grow with the examples."""
    if given.dtype == tf.variant:  # A list is as large as the array that it is made of.
        return _bytes(given.op.inputs[0]) if given.op.type == "TensorListFromTensor" else 0.0
    if not given.shape.is_fully_defined():
        return 0.0
    n = math.prod(given.shape)
    size = n * given.dtype.size / TRACED if n % TRACED == 0 else 0.0
    return 2 * size if given.op.type == "TensorListStack" else size  # The list, too.


def _kept(operation: "tf.Operation") -> float:
    """What a loop keeps of all its steps for the gradient."""
    return sum(
        n_steps * _bytes(each.inputs[1])
        for body, n_steps in _loops(operation)
        for each in body.get_operations()
        if each.type == "TensorListPushBack"
    )


def _loops(operation: "tf.Operation") -> Iterator[tuple["tf.Graph", int]]:
    """The body of a loop, and its steps: as many as the elements of the longest list that it takes apart."""
    if operation.type in LOOPS:
        lists = [each.op.inputs[0] for each in operation.inputs if each.op.type == "TensorListFromTensor"]
        body = operation.graph._get_function(operation.get_attr("body").name)
        yield body.graph, max([each.shape[0] or 1 for each in lists], default=1)


def _whole(given: "tf.Tensor") -> "tf.Tensor":
    """The array in whose memory another one is."""
    while given.op.type in VIEWS:
        given = given.op.inputs[0]
    return given


def _layer(name: str, layers: Sequence[str]) -> str:
    """The layer in whose scope an operation is, whose name TensorFlow may have numbered."""
    return next((each for scope in name.split("/") for each in layers if f"{scope}_".startswith(f"{each}_")), "")
