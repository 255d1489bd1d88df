"""What a function of the user's returned in place of features, and what to return."""

import json
import sys
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Tensor
from dlexp.components.keras_messages import in_words

#: The weights of earlier models of this process, as far as something still holds them.
_built: WeakValueDictionary[int, Any] = WeakValueDictionary()


def require_features(given: Any, x: Tensor, function: str) -> None:
    """Refuse all but features `(batch, units)` that were made from the inputs `x`, by layers that can be saved.

    Raises:
        Unfit: With what there is, and what to return.
    """
    why = _no_tensor(given) or _no_features(given) or next(_of_layers(given, x, function), "")
    if why:
        raise Unfit(Misfit("model.function", f"{function}: {why}"))


def _no_tensor(given: Any) -> str:
    import keras

    expected = "expected a tensor of features (batch, units), found"
    if isinstance(given, keras.KerasTensor):
        return ""
    if given is None:
        return f"{expected} nothing (None); end the function with: return x"
    if isinstance(given, keras.Model):
        called = "return its call, model(x), without an output layer, which dlexp's head is"
        return f"{expected} a whole model ({type(given).__name__}); {called}"
    if isinstance(given, keras.Layer):
        return f"{expected} the layer {given.name} itself; return its call: layer(x)"
    if isinstance(given, list | tuple | dict):
        values = list(given.values()) if isinstance(given, dict) else given
        join = "; join them: keras.layers.Concatenate()([a, b])" * (len(values) > 1)
        return f"{expected} a {type(given).__name__} of {len(values)}{join}"
    if hasattr(given, "shape"):
        return f"{expected} numbers of shape {tuple(given.shape)}; make it of the function's first argument, by layers"
    return f"{expected} {type(given).__name__}"


def _no_features(given: Tensor) -> str:
    shape, end = tuple(given.shape), ""
    if len(shape) > 2:
        pooled = f" or keras.layers.GlobalAveragePooling{len(shape) - 2}D()(x)" * (len(shape) < 6)
        end = f"; end with keras.layers.Flatten()(x){pooled}"
    if len(shape) != 2:
        return f"expected features of shape (batch, units), found {shape}{end}"
    if shape[0] is not None:
        return f"expected features of any number of examples, (None, units), found {shape}"
    if shape[1] is None:
        return f"expected features of a known number of units, found {shape}"
    if not given.dtype.startswith(("float", "bfloat")):
        return f"expected features that are fractions (float32), found {given.dtype}"
    return ""


def _of_layers(given: Tensor, x: Tensor, function: str) -> Iterator[str]:
    """What only the layers between the inputs and the features tell."""
    import keras

    if given is x:
        return
    try:
        model = keras.Model(x, given)
    except ValueError as error:
        is_apart = "not connected" in str(error)
        apart = "the features are not made from the inputs: make them of the function's first argument"
        yield apart if is_apart else in_words(error)
        return
    held = vars(sys.modules[function.partition(":")[0]]).values()
    outside = {id(weight) for each in held if isinstance(each, keras.Layer) for weight in each.variables}
    for layer in model.layers:
        if any(id(weight) in outside or _built.get(id(weight)) is weight for weight in layer.variables):
            yield f"the layer {layer.name} is made outside the function, so that runs share its weights; make it within"
    _built.update((id(weight), weight) for weight in model.variables)
    for metric in model.metrics:
        yield f"a layer has a metric of its own ({metric.name}), which dlexp does not record; leave it out"
    for layer in model.layers:
        try:
            json.dumps(keras.saving.serialize_keras_object(layer))
        # A layer's own `get_config` raises anything.
        except Exception as error:
            kind = type(layer).__name__
            yield f"the layer {layer.name} ({kind}) cannot be saved; give it a get_config that works: {in_words(error)}"
