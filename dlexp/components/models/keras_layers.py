"""What Keras's layers are called and take, known without Keras: from a table that `tools/keras_layers.py` writes."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

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
