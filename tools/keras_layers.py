"""Write down what the installed Keras's layers are called and take: `dlexp check` knows them without importing Keras.

Run: python tools/keras_layers.py
"""

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras

TABLE = Path(__file__).parents[1] / "dlexp" / "components" / "models" / "keras_layers.json"

#: Layers that a stack cannot use: bases, code in a config, other frameworks, several inputs, words, examples mixed
#: with their targets, a crop that Keras forgets when it predicts, a layer whose output Keras takes for its input.
LEFT_OUT = {
    *("Layer", "InputLayer", "Wrapper", "Lambda", "Pipeline", "MaxNumBoundingBoxes", "CutMix", "MixUp"),
    *("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"),
    *("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing", "Discretization"),
    *("CategoryEncoding", "Normalization", "RandomCrop", "Equalization"),
}
#: Arguments of all layers that a stack gives itself, or that would change how numbers are computed layer by layer.
#: What quantizes a trained model has no part in its training, and Keras does not open a model that was saved with it.
OWN_ARGUMENTS = {"self", "name", "dtype", "kwargs", "args", "quantization_config", "gptq_unpacked_column_size"}
#: What every layer takes through its base.
BASE_ARGUMENTS = ("trainable",)


def table() -> dict[str, Any]:
    """Keras's version, its layers by name with summary and arguments (true where required), flags, words."""
    layers = {
        name: {"summary": _summary(layer), "arguments": _arguments(layer)}
        for name, layer in inspect.getmembers(keras.layers, inspect.isclass)
        if issubclass(layer, keras.Layer) and name not in LEFT_OUT
    }
    words = {
        "activation": _words(keras.activations, inspect.isfunction),
        **{kind: _words(getattr(keras, f"{kind}s"), inspect.isclass) for kind in ("initializer", "regularizer")},
        "constraint": _words(keras.constraints, inspect.isclass),
    }
    return {"keras": keras.__version__, "layers": layers, "flags": _flags(layers), "words": words}


def _flags(layers: Iterable[str]) -> list[str]:
    """Arguments that are true or false in every layer that has them."""
    defaults: dict[str, set[type]] = {"trainable": {bool}}
    for name in layers:
        for each in inspect.signature(getattr(keras.layers, name).__init__).parameters.values():
            defaults.setdefault(each.name, set()).add(type(each.default))
    return sorted(name for name, types in defaults.items() if types == {bool})


def _arguments(layer: type[keras.Layer]) -> dict[str, bool]:
    parameters = inspect.signature(layer.__init__).parameters.values()
    own = {each.name: each.default is each.empty for each in parameters if each.name not in OWN_ARGUMENTS}
    return own | {name: False for name in BASE_ARGUMENTS if name not in own}


def _summary(layer: type[keras.Layer]) -> str:
    first = (inspect.getdoc(layer) or "").split("\n\n")[0]
    return " ".join(first.split())


def _words(module: Any, is_kind: Any) -> list[str]:
    """Names that `get` of the module takes; its own functions and the bases are none."""
    left_out = ("get", "serialize", "deserialize", "Initializer", "Regularizer", "Constraint")
    names = (name for name, _ in inspect.getmembers(module, is_kind) if name not in left_out)
    return sorted(name for name in names if _is_known(module, name))


def _is_known(module: Any, name: str) -> bool:
    try:
        return callable(module.get(name))
    except (ValueError, TypeError, KeyError):
        return False


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
