"""Values of a config that know where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlexp.config.problems import DEFAULT, Source

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Node:
    """A value and its source."""

    value: Any
    """None, a boolean, a number, a string, `list[Node]` or `dict[str, Node]`."""
    source: Source

    @classmethod
    def of(cls, value: object, source: Source) -> "Node":
        """Give a plain value, and all that is in it, one source."""
        if isinstance(value, dict):
            return cls({key: cls.of(item, source) for key, item in value.items()}, source)
        if isinstance(value, list):
            return cls([cls.of(item, source) for item in value], source)
        return cls(value, source)

    @property
    def entries(self) -> "dict[str, Node]":
        """The values by key; empty where this is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)

    def plain(self) -> Any:
        """The value without sources."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def child(self, key: str | int) -> "Node | None":
        """The value under a key of a mapping or an index of a list; None if there is none."""
        if isinstance(self.value, list):
            index = int(key) if str(key).isdecimal() else len(self.value)
            return self.value[index] if index < len(self.value) else None
        return self.entries.get(str(key))

    def find(self, keys: Sequence[str | int]) -> "Node | None":
        """The value at a path; None if there is none."""
        node: Node | None = self
        for key in keys:
            node = node and node.child(key)
        return node

    def nearest_source(self, keys: Sequence[str | int]) -> Source:
        """Where the value at a path is said, or else the deepest mapping around it that is said anywhere."""
        on_the_way = (self.find(keys[:n]) for n in range(len(keys), 0, -1))
        return next((node.source for node in on_the_way if node and node.source != DEFAULT), self.source)


def dotted(keys: Sequence[str | int]) -> str:
    """The one name of a value: `optimizer.learning_rate`."""
    return ".".join(map(str, keys))


def with_value(whole: Any, keys: Sequence[str | int], value: Any) -> Any:
    """A copy of a plain value in which what the keys lead to is another; an integer is the index of an item."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(whole, list) and isinstance(key, int) and key < len(whole):
        return [*whole[:key], with_value(whole[key], rest, value), *whole[key + 1 :]]
    entries = whole if isinstance(whole, dict) else {}
    return {**entries, str(key): with_value(entries.get(str(key)), rest, value)}
