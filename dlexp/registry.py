"""What a config can name: components by kind and type.

A component registers itself when its class is defined; its kind's module is imported when the kind is first asked for.
"""

import importlib
import sys
from typing import Any

#: The kinds that `dlexp list` shows, in its order, and the modules that define their components.
KINDS: dict[str, str] = {
    "datasets": "dlexp.components.datasets",
    "models": "dlexp.components.models",
    "heads": "dlexp.components.heads",
    "activations": "dlexp.components.activations",
    "optimizers": "dlexp.components.optimizers",
    "regularizers": "dlexp.components.regularizers",
    "schedules": "dlexp.components.schedules",
    "validations": "dlexp.components.validations",
    "resamples": "dlexp.components.training_sets",
}

_components: dict[str, dict[str, type[Any]]] = {}


def add(kind: str, type_name: str, component: type[Any]) -> None:
    """Make a component known under its kind and type."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of component {kind!r}; choose from {', '.join(KINDS)}")
    known = _components.setdefault(kind, {})
    if type_name in known:
        raise ValueError(f"two {kind} of type {type_name!r}: {known[type_name]} and {component}")
    known[type_name] = component


def components(kind: str) -> dict[str, type[Any]]:
    """The classes of a kind by type, in the order of their definition: subclasses of the kind's own base class."""
    if KINDS[kind] not in sys.modules:
        importlib.import_module(KINDS[kind])
    return _components[kind]
