"""The schema as a tree of places: what may stand at a path, short forms, defaults, other keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticUndefined

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
    others: tuple[str, ...] = ()
    """Keys that a file may have beside those of its settings."""

    @staticmethod
    @cache  # The schema is the same for all configs.
    def of_field(settings: type[BaseModel], key: str) -> "Place":
        """The place of a key of a mapping."""
        field = settings.model_fields[key]
        off = next((item.value for item in field.metadata if isinstance(item, Off)), PydanticUndefined)
        return replace(Place._of(field.annotation, field.metadata), default=field.default, off=off)

    @classmethod
    def _of(cls, annotation: Any, metadata: Sequence[Any] = ()) -> "Place":
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return cls._of(arguments[0], [*metadata, *arguments[1:]])
        for item in metadata:
            if isinstance(item, OneOf):
                return cls(one_of=item)
            if isinstance(item, Word):
                return cls(choices=item.choices)
        if origin is Literal:
            return cls(choices=arguments)
        if origin in (list, dict):
            return cls(element=cls._of(arguments[-1]))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return cls(settings=annotation)
        return cls._of_union(arguments) if origin in (Union, UnionType) else cls()

    @classmethod
    def _of_union(cls, arguments: tuple[Any, ...]) -> "Place":
        members = [cls._of(member) for member in arguments if member is not NoneType]
        structured = [place for place in members if place.one_of or place.settings or place.element]
        elements = [place.element for place in structured if place.element]
        return replace(
            structured[0] if structured else cls(),
            # A component or a list of them: what the list holds is a place of its own.
            element=replace(elements[0], choices=_choices(elements)) if elements else None,
            choices=_choices(members),
            is_union=bool(structured) and len(members) > 1 and not any(place.one_of for place in members),
        )

    @property
    def types(self) -> list[str]:
        """The types to choose from, of a component."""
        return list(self.one_of.choices) if self.one_of else []

    @property
    def default_type(self) -> str | None:
        """The type of a component that does not name one; None if it has to."""
        return self.default.type if isinstance(self.default, Component) else None

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
            return Place.of_field(settings, key)
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
        if full is value:
            return node
        entries = Node.of(full, node.source).entries
        # A number names no type: the type only follows from it.
        implied = {"type": Node(entries["type"].value, DEFAULT)} if isinstance(value, int | float) else {}
        return Node({**entries, **implied}, node.source)


def _choices(places: Sequence[Place]) -> tuple[object, ...]:
    return tuple(choice for place in places for choice in place.choices)


#: The place of a whole config.
ROOT = Place(settings=Experiment, others=("extends", "allow", *HEAD_SHORT_FORMS))


@dataclass(frozen=True)
class Document:
    """The values of a whole file, and what the schema says about such a file."""

    node: Node
    root: Place = ROOT

    def place_of(self, keys: Keys) -> Place:
        """What the schema says about a path of this file, with the class of the mapping that stands there."""
        place, node = self.root, self.node
        for key in keys:
            place = place.child(str(key), node.entries)
            node = node.child(key) or Node({}, DEFAULT)
        return replace(place, settings=place.settings_for(node.entries))


def keys_of(details: ErrorDetails, root: Place) -> Keys:
    """The path that an error of pydantic is about, as it is written in YAML.

    In pydantic's location a component's key is followed by its type, and that of a union by a member's name.
    """
    keys: Keys = ()
    place, settings = root, root.settings
    for part in details["loc"]:
        if place.one_of and place.element and isinstance(part, int):
            keys, place = (*keys, part), place.element
        elif place.is_union:
            place = replace(place, is_union=False)
        elif place.one_of and not settings:
            settings = place.one_of.choices.get(str(part))
        elif settings or place.element:
            if settings and str(part) in settings.model_fields:
                place = Place.of_field(settings, str(part))
            else:
                place = place.element or Place()
            keys, settings = (*keys, part), place.settings
        else:
            break
    return (*keys, "type") if details["type"].startswith("union_tag") else keys


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
    for settings in filter(None, dict.fromkeys([used, *others])):
        for key in settings.model_fields:
            if key != "type":
                yield key, f"{path}{key}"
                child = entries.get(key) if settings is used else None
                yield from keys_below(child, Place.of_field(settings, key), f"{path}{key}.")
