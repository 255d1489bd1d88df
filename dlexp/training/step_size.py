"""How much a training step computes, by the network that was built."""

import math
from collections.abc import Sequence

import keras


def multiplications(layers: Sequence[keras.layers.Layer]) -> int:
    """Of one example: each kernel once for every place, or every step, to which it is applied.

    An Embedding multiplies nothing. Nor does the first layer of sparse rows, which is not in the body of a network.
    """
    return sum(map(_of_layer, layers))


def _of_layer(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return multiplications(layer.layers)
    if isinstance(layer, keras.layers.Embedding):
        return 0
    is_recurrent = isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
    given = keras.tree.flatten(layer.input if is_recurrent else layer.output)[0].shape
    places = given[1:2] if is_recurrent else given[1:-1]
    kernels = sum(math.prod(each.shape) for each in layer.trainable_variables if _is_kernel(each))
    return int(kernels * math.prod(n or 1 for n in places))


def _is_kernel(variable: keras.Variable) -> bool:
    return len(variable.shape) > 1 and variable.name != "bias"  # A GRU has two biases in one.
