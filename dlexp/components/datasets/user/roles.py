"""What the columns of a table are for, as a config says it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dlexp.components.component import Misfit


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

    def problems(self) -> Iterator[Misfit]:
        """Columns that are named twice or have two roles, and roles that no column can have."""
        if self.features == []:
            yield Misfit("features", "expected at least one column")
        if not self.takes_all:
            yield from self._problems_of_named_features()
        answers = (*self.targets, self.split)
        for field, columns in (("features", self.features or []), ("text", self.texts)):
            if both := [column for column in columns if column in answers]:
                yield Misfit(field, f"column {both[0]!r} is the target or the split: it would give the answer away")
            if self.id in columns:
                yield Misfit(field, f"column {self.id!r} names the rows, as dataset.id says: it is no feature")
            if twice := [column for column, n in Counter(columns).items() if n > 1]:
                yield Misfit(field, f"column {twice[0]!r} is named twice")
        if self.id and self.id in answers:
            yield Misfit("id", f"column {self.id!r} is the target or the split; another one has to name the rows")

    def _problems_of_named_features(self) -> Iterator[Misfit]:
        if unused := [each for each in self.categorical if each not in (self.features or [])]:
            beside = "Beside a text, only the columns that" if self.texts else "Only the columns that"
            yield Misfit("categorical", f"column {unused[0]!r} is no feature. {beside} dataset.features names are")
        if self.ignored:
            yield Misfit("ignore", "the features are named, or there is a text: no other column is one")

    def features_of(self, columns: Sequence[str]) -> list[str]:
        """The columns of the features, of all that a file has."""
        if not self.takes_all:
            return list(self.features or [])
        return [column for column in columns if column not in (*self.targets, self.split, self.id, *self.ignored)]

    def inputs_of(self, columns: Sequence[str]) -> list[str]:
        """The columns of text and of the features."""
        return list(dict.fromkeys([*self.texts, *self.features_of(columns)]))

    def beside_targets(self, columns: Sequence[str]) -> list[str]:
        """The columns that are no target, no text and do not split, whether or not they are features."""
        return [column for column in columns if column not in (*self.targets, self.split, *self.texts)]

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
