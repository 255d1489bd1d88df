"""A layer of Keras's on trial: whether it computes what a model made of it promises, before anything is trained."""

import json
import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from dlexp.components.data import Tensor

if TYPE_CHECKING:
    import keras

#: Weights up to which a layer is also run on an example of zeros, and not traced alone.
MAX_WEIGHTS = 1_000_000
#: What has been found sound in this process, which need not be tried for every seed.
_sound: set[str] = set()


def flaw(x: Tensor, y: Tensor) -> str:
    """Why `y`, which a layer made of `x`, is no tensor of numbers that the next layer can take; or empty."""
    import keras

    if not isinstance(y, keras.KerasTensor):
        n = len(y) if isinstance(y, list | tuple | dict) else "no"
        return f"gives {n} tensors, and a stack passes one on"
    if y is x:
        return f"cannot be part of a model: Keras {keras.version()} takes its input for its output"
    shape = shown(y.shape)
    if y.sparse or not keras.backend.is_float_dtype(y.dtype):
        return f"gives {'a sparse tensor' if y.sparse else y.dtype}, and the layers behind it take plain numbers"
    if len(y.shape) < 2 or y.shape[0] is not None:
        return f"gives {shape}: the axis of the examples is gone"
    if 0 in y.shape:
        return f"gives {shape}: nothing is left of its inputs {shown(x.shape)}"
    return ""


def try_out(
    layer: "keras.layers.Layer", call: Callable[..., Any], x: Tensor, y: Tensor, said: Mapping[str, Any]
) -> str:
    """What training would find wrong with `y`, which Keras says that `call` makes of `x`, or empty; errors are Keras's.

    Keras takes many a layer's own word for the shape of what it gives. So the layer is traced as training traces it,
    which neither draws from a generator nor changes a weight. `said` is what the config says of it.
    """
    import keras
    import tensorflow as tf

    key = json.dumps([said, x.shape, x.dtype], default=str)
    if key in _sound:
        return ""
    before = random.getstate()  # AugMix draws from it when it is traced.
    try:
        with keras.StatelessScope():
            trained = tf.function(partial(call, training=True), autograph=False)
            traced = trained.get_concrete_function(tf.TensorSpec(x.shape, x.dtype))
            if None not in x.shape[1:] and layer.count_params() <= MAX_WEIGHTS:
                traced(tf.zeros((1, *x.shape[1:]), x.dtype))
    finally:
        random.setstate(before)
    given = traced.structured_outputs.shape
    if given.rank != len(y.shape) or any(
        None not in pair and len({*pair}) > 1 for pair in zip(given, y.shape, strict=True)
    ):
        return f"gives {shown(given)}, where Keras expects {shown(y.shape)}: no model can be made of it"
    _sound.add(key)
    return ""


def try_regularizers(layer: "keras.layers.Layer") -> None:
    """Raise what the regularizers of its weights would raise in training, such as one of matrices for a bias."""
    import tensorflow as tf

    for weight in layer.trainable_weights:
        if weight.regularizer is not None:
            penalty = tf.function(weight.regularizer, autograph=False)
            penalty.get_concrete_function(tf.TensorSpec(weight.shape, weight.dtype))


def shown(shape: Any) -> str:
    """A shape as Keras writes it: `(None, 8, 8, 3)`."""
    return str(tuple(shape))
