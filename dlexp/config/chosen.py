"""The settings of an experiment that somebody chose, as its record tells them: those that are no defaults."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from dlexp.config.flat import MISSING
from dlexp.config.load import resolved
from dlexp.config.node import Keys, Node
from dlexp.config.places import Document
from dlexp.config.problems import ConfigError, Source


def chosen(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a resolved config, by dotted key, that a config of the same data set would not have by itself.

    The defaults that come with a chosen type are no choice. All settings, where this version takes them no longer.
    """
    flat = _with_whole_lists(config)
    file = Document(Node.of(config, Source("")))
    said = _said(config, (), file)
    try:
        # What a config has that names its data set alone, and one that names its types too.
        bare, typed = (_with_whole_lists(resolved(each)) for each in ({"dataset": config["dataset"]}, said))
    except (ConfigError, KeyError):
        return flat
    required = _with_whole_lists(said)

    def is_chosen(key: str, value: Any) -> bool:
        if key.startswith("dataset."):
            return key == "dataset.type" or value != file.place_of(tuple(key.split("."))).default
        if key.endswith(".type"):
            return bool(value != bare.get(key, MISSING))
        return key in required or bool(value != typed.get(key, MISSING))

    return {key: value for key, value in flat.items() if is_chosen(key, value)}


def _said(config: Mapping[str, Any], keys: Keys, file: Document) -> dict[str, Any]:
    """Of a resolved config the data set, the types, and what has no default."""
    found = {}
    for key, value in config.items():
        at = (*keys, key)
        if isinstance(value, Mapping) and at != ("dataset",):
            if within := _said(value, at, file):
                found[key] = within
        elif key in ("dataset", "type") or file.place_of(at).default is PydanticUndefined:
            found[key] = value
    return found


def _with_whole_lists(config: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves by dotted key; a list, such as one of layers, is one of them."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            found |= {f"{key}.{inner}": leaf for inner, leaf in _with_whole_lists(value).items()}
        else:
            found[key] = value
    return found
