"""What the columns of a table are for, as a config says it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Roles:
    """What the columns of a table are for."""

    targets: Sequence[str]
    split: str | None
    texts: Sequence[str]
    features: Sequence[str] | None
    """None for all that have no other role."""
    ignored: Sequence[str] = ()
    """Those that are no features, whatever else they are for."""
    categorical: Sequence[str] = ()
    """Those of the features that are categories, whatever stands in them."""
    cell_keys: Sequence[tuple[str, str]] = ()
    """Those that keys on the reading of cells name, each after its key."""
    id: str | None = None
    """The one that names the rows."""
    naming_key: str = ""
    """The key that names all columns, whatever the file calls them; empty if there is none."""
    target_field: str = "target"
    """The key below which a target is named; with `{}` in it where each has a key of its own."""

    @property
    def takes_all(self) -> bool:
        """Whether every column that has no other role is a feature."""
        return self.features is None and not self.texts

    def features_of(self, columns: Sequence[str]) -> list[str]:
        """The columns of the features, of all that a file has."""
        if not self.takes_all:
            return list(self.features or [])
        return [column for column in columns if column not in (*self.targets, self.split, self.id, *self.ignored)]

    def inputs_of(self, columns: Sequence[str]) -> list[str]:
        """The columns of text and of the features."""
        return list(dict.fromkeys([*self.texts, *self.features_of(columns)]))

    def used(self, columns: Sequence[str]) -> list[str]:
        """All columns that have a role, of all that a file has."""
        named = [column for _, column in self.named()]
        return list(dict.fromkeys([*named, *self.features_of(columns)]))

    def named(self) -> Iterator[tuple[str, str]]:
        """The columns that the config names, each with the key that names it."""
        yield from ((self.target_field.format(column), column) for column in self.targets)
        yield from (("split_column", column) for column in [self.split] if column)
        yield from (("id", column) for column in [self.id] if column)
        yield from (("features", column) for column in self.features or [])
        yield from (("text", column) for column in self.texts)
        yield from (("categorical", column) for column in self.categorical)
        yield from self.cell_keys
