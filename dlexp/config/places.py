"""The schema as a tree of places: what may stand at a path, short forms, defaults, other keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from dlexp.components.component import Component, Off, OneOf, Word
from dlexp.config.experiment import Experiment
from dlexp.config.node import Keys, Node
from dlexp.config.problems import DEFAULT

#: Keys at the top of a file that are short for the head's.
HEAD_SHORT_FORMS = ("loss", "metrics", "heads", "sharing", "weighting")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the schema says about one path. A plain value has none of the first three."""

    one_of: OneOf | None = None
    """A component, chosen by its `type`."""
    settings: type[BaseModel] | None = None
    """A mapping with these keys."""
    element: "Place | None" = None
    """What a list holds, or a mapping with free keys."""
    choices: tuple[object, ...] = ()
    """The values of a Literal, or of a `Word`."""
    default: Any = PydanticUndefined
    off: Any = PydanticUndefined
    """The plain value for which null stands."""
    is_union: bool = False
    """A plain value or a list or mapping of them: pydantic puts the name of the one it tried into its paths."""

    @classmethod
    def of_field(cls, field: FieldInfo) -> "Place":
        """The place of a field of a mapping."""
        place = cls._of(field.annotation, field.metadata, field.default)
        off = next((item.value for item in field.metadata if isinstance(item, Off)), PydanticUndefined)
        return replace(place, off=off)

    @classmethod
    def _of(cls, annotation: Any, metadata: list[Any], default: Any = PydanticUndefined) -> "Place":
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return cls._of(arguments[0], [*metadata, *arguments[1:]], default)
        if one_of := next((item for item in metadata if isinstance(item, OneOf)), None):
            return cls(one_of=one_of, default=default)
        if word := next((item for item in metadata if isinstance(item, Word)), None):
            return cls(choices=word.choices, default=default)
        if origin in (Union, UnionType):
            members = [cls._of(member, [], default) for member in arguments if member is not NoneType]
            structured = [place for place in members if place.one_of or place.settings or place.element]
            choices = tuple(choice for place in members for choice in place.choices)
            if not structured:
                return cls(choices=choices, default=default)
            # A component or a list of them: what the list holds is a place of its own.
            elements = [place.element for place in structured if place.element]
            choices_inside = tuple(choice for place in elements for choice in place.choices)
            element = replace(elements[0], choices=choices_inside) if elements else None
            is_union = len(members) > 1 and not any(place.one_of for place in members)
            return replace(structured[0], element=element, choices=choices, default=default, is_union=is_union)
        if origin in (list, dict):
            return cls(element=cls._of(arguments[-1], []), default=default)
        if origin is Literal:
            return cls(choices=arguments, default=default)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return cls(settings=annotation, default=default)
        return cls(default=default)

    @property
    def types(self) -> list[str]:
        """The types to choose from, of a component."""
        return list(self.one_of.choices) if self.one_of else []

    @property
    def default_type(self) -> str | None:
        """The type of a component that does not name one; None if it has to."""
        return self.default.type if isinstance(self.default, Component) else None

    @property
    def default_node(self) -> Node | None:
        """The default as a value; None if there is no default."""
        if self.default is PydanticUndefined:
            return None
        default = self.default.model_dump() if isinstance(self.default, BaseModel) else self.default
        return Node.of(default, DEFAULT)

    def settings_for(self, entries: Mapping[str, Node]) -> type[BaseModel] | None:
        """The class of a mapping here; None if its type is unknown or its keys are free."""
        if not self.one_of:
            return self.settings
        chosen = entries["type"].value if "type" in entries else self.default_type
        return self.one_of.choices.get(chosen) if isinstance(chosen, str) else None

    def child(self, key: str, entries: Mapping[str, Node]) -> "Place":
        """The place of a key of the mapping that stands here."""
        settings = self.settings_for(entries)
        if settings and key in settings.model_fields:
            return Place.of_field(settings.model_fields[key])
        # Only a number chooses from what may be a list or one component of an unknown type.
        return self.element if self.element and (not self.one_of or key.isdecimal()) else Place()

    def expanded(self, node: Node) -> Node:
        """A short form written out: `adam` is `{type: adam}`, and null the value that switches off."""
        if node.value is None and self.off is not PydanticUndefined:
            return Node(self.off, node.source)
        if not self.one_of or node.is_mapping:
            return node
        value = node.plain()
        full = self.one_of.base.expand(value)
        return node if full is value else Node.of(full, node.source)


#: The place of a whole config.
ROOT = Place(settings=Experiment)


def place_of(keys: Keys, config: Node) -> Place:
    """What the schema says about a path of this config."""
    place, node = ROOT, config
    for key in keys:
        place = place.child(str(key), node.entries)
        node = node.child(key) or Node({}, DEFAULT)
    return place


def merged(base: Node | None, over: Node, place: Place = ROOT) -> Node:
    """Lay `over` on `base`, key by key; lists and single values replace.

    A component of another type drops what the old type had set. Short forms are written out.
    """
    over = place.expanded(over)
    if isinstance(over.value, list):
        return Node([merged(None, item, place.element or Place()) for item in over.value], over.source)
    if not over.is_mapping:
        return over
    kept = base.entries if base else {}
    if place.one_of and "type" in over.entries:
        old_type = kept["type"].value if "type" in kept else place.default_type
        if old_type not in (None, over.entries["type"].value):
            kept = {}
    entries = {**kept, **over.entries}
    for key, child in over.entries.items():
        entries[key] = merged(kept.get(key), child, place.child(key, entries))
    return Node(entries, base.source if base and kept else over.source)


def chosen_types(node: Node, base: Node | None, place: Place = ROOT) -> Node:
    """Of what is laid over a config, the types of components alone; an item of a list is no place of its own."""
    node = place.expanded(node)
    around = {**(base.entries if base else {}), **node.entries}
    types = {}
    for key, child in node.entries.items():
        if key == "type" and place.one_of:
            types[key] = child
        elif (inner := chosen_types(child, base and base.child(key), place.child(key, around))).entries:
            types[key] = inner
    return Node(types, node.source)


def of_chosen_types(node: Node, base: Node | None, place: Place = ROOT) -> Node:
    """What is laid over a config, without the components that name another type than the config has.

    A type that only follows from a key is no such name: the key is kept, and refused later.
    """
    node = place.expanded(node)
    if not node.is_mapping:
        return node
    entries, old = node.entries, base.entries if base else {}
    if place.one_of and "type" in entries and "type" in old and entries["type"].value != old["type"].value:
        if entries["type"].source != DEFAULT:
            return Node({}, node.source)
        entries = {key: child for key, child in entries.items() if key != "type"}
    around = {**old, **entries}
    kept = {key: of_chosen_types(child, old.get(key), place.child(key, around)) for key, child in entries.items()}
    return Node(kept, node.source)


def with_default_types(node: Node, place: Place = ROOT) -> Node:
    """Write the default `type` into every component that does not say its own."""
    if isinstance(node.value, list):
        return Node([with_default_types(item, place.element or Place()) for item in node.value], node.source)
    if not node.is_mapping:
        return node
    entries = {key: with_default_types(item, place.child(key, node.entries)) for key, item in node.entries.items()}
    if place.one_of and place.default_type and "type" not in entries:
        entries = {"type": Node(place.default_type, DEFAULT), **entries}
    return Node(entries, node.source)


def keys_below(node: Node | None, place: Place = ROOT, path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of the schema below a place with its dotted path, the types in use before all others."""
    entries = node.entries if node else {}
    used = place.settings_for(entries)
    others = place.one_of.choices.values() if place.one_of else ()
    for settings in dict.fromkeys([used, *others]):
        for key, field in settings.model_fields.items() if settings else ():
            if key != "type":
                yield key, f"{path}{key}"
                child = entries.get(key) if settings is used else None
                yield from keys_below(child, Place.of_field(field), f"{path}{key}.")
