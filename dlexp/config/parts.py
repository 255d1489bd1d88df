"""The parts in which two configs differ, and every config in between: some parts as in one, the others as in the other.

A part is a key, with all that can only change with it: what comes with a type, a list of layers of another length, a
section that one config lacks, and what the checks of a config refuse without it.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dlexp.config.flat import MISSING, changed, flatten, ordered
from dlexp.config.identity import compared
from dlexp.config.labels import setting, short_keys, telling
from dlexp.config.load import Loaded, checked
from dlexp.config.names import BIAS_VARIANCE, MAX_LENGTH, mended, why_not
from dlexp.config.node import Node
from dlexp.config.problems import ConfigError, Source
from dlexp.format import joined

#: A config by dotted key.
Flat = Mapping[str, Any]
#: Of so many characters the names of both configs are part of that of one in between.
_OF_EACH = 30


@dataclass(frozen=True, kw_only=True)
class ChangedPart:
    """Keys that change together."""

    keys: tuple[str, ...]
    """Those that tell it, in the order of the configs: the type of a component, a whole section or list of layers."""
    main_keys: tuple[str, ...]
    """Those of them that do not come with the type of another: one, or several that the checks refuse apart."""
    leaves: frozenset[str]
    """All single values that change with it."""
    why: str = ""
    """Why keys that could be parts of their own change together: what a check says without; empty if none could."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Two configs and the parts in which they differ.

    A corner says which parts are as in the second config: bit i of it is that of part i.
    """

    a: Loaded
    b: Loaded
    settings: tuple[Flat, Flat]
    """Of both, with equal values of the keys that make no difference."""
    parts: tuple[ChangedPart, ...]

    @classmethod
    def between(cls, a: Loaded, b: Loaded) -> "Change":
        """All in which the second config differs from the first, each part as small as the schema allows."""
        plain = [_plain(each) for each in (a, b)]
        first, other = (flatten(each) for each in plain)
        differing = set(changed(*(flatten(compared(each)) for each in plain)))
        # What only observes a run is as in the first config, and so is a path that names the same file.
        same = first.keys() & other.keys() - differing
        other = {key: first[key] if key in same else value for key, value in other.items() if key in same | differing}
        first = {key: value for key, value in first.items() if key in same | differing}
        settings = (first, other)
        told = {*telling(settings)}
        of_owner: dict[str, list[str]] = {}
        roots: dict[str, str] = {}
        for key in ordered(changed(first, other), first, other):
            roots[key], owner = _root(key, plain, settings)
            of_owner.setdefault(owner, []).append(key)
        parts = [
            ChangedPart(
                # A default that comes with a type tells nothing.
                keys=tuple(dict.fromkeys([owner, *(roots[key] for key in leaves if key in told)])),
                main_keys=(owner,),
                leaves=frozenset(leaves),
            )
            for owner, leaves in of_owner.items()
        ]
        return cls(a=a, b=b, settings=settings, parts=tuple(_in_order(parts, settings)))

    @cached_property
    def short(self) -> dict[str, str]:
        """The short form of each telling key."""
        leaves = {key for part in self.parts for key in part.leaves}
        others = {key for own in self.settings for key in own} - leaves
        return short_keys([key for part in self.parts for key in part.keys], others)

    @property
    def last(self) -> int:
        """The corner of the second config."""
        return (1 << len(self.parts)) - 1

    def config(self, corner: int) -> Loaded:
        """The config at a corner: the first or the second one itself, or one in between.

        Raises:
            ConfigError: The checks refuse it.
        """
        if corner in (0, self.last):
            return self.b if corner else self.a
        return self._in_between(self._changed(corner), self.name(corner))

    def name(self, corner: int) -> str:
        """What the config at a corner is called: `sgd-to-adam+hidden`, or `sgd-to-adam-except-hidden`."""
        a, b = (each.experiment.name for each in (self.a, self.b))
        if corner in (0, self.last):
            return b if corner else a
        changed_parts = self._changed(corner)
        kept = [i for i in range(len(self.parts)) if i not in changed_parts]
        is_short = len(kept) == 1 < len(changed_parts)
        named = kept if is_short else changed_parts
        keys = [self.short[self.parts[i].main_keys[0]] for i in named]
        numbers = [str(i + 1) for i in named]
        for from_a, to_b, words in (
            (a, b, keys),
            (a[:_OF_EACH], b[:_OF_EACH], keys),
            (a[:_OF_EACH], b[:_OF_EACH], numbers),
        ):
            name = mended(f"{from_a}-to-{to_b}{'-except-' if is_short else '+'}{'+'.join(words)}")
            if len(name + BIAS_VARIANCE) <= MAX_LENGTH and not why_not(name, self.a.path, is_resampled=False):
                return name
        return mended(f"{a[:_OF_EACH]}-to-{b[:_OF_EACH]}+{corner:x}")

    def settled(self, corners: Callable[[int], Iterable[int]]) -> "Change":
        """With parts joined until no config at the corners, those that so many parts need, is refused."""
        found = self
        while refused := found._first_refused(corners(len(found.parts))):
            found = found._joined(*refused)
        return found

    def title(self, part: ChangedPart) -> str:
        """What a part is called in a sentence: `hidden`, `encoding with maxlen and model`."""
        first, *others = (self.short[key] for key in part.main_keys)
        return f"{first} with {joined(others)}" if others else first

    def values(self, key: str) -> tuple[Any, Any]:
        """A telling key in both configs, MISSING where it is not: its values, kinds of layers, names of heads."""
        first, other = (_value(each, key) for each in self.settings)
        return first, other

    def _changed(self, corner: int) -> list[int]:
        return [i for i in range(len(self.parts)) if corner >> i & 1]

    def _in_between(self, changed_parts: Collection[int], name: str) -> Loaded:
        from_b = {key for i in changed_parts for key in self.parts[i].leaves}
        first, other = self.settings
        flat = {key: value for key, value in first.items() if key not in from_b}
        flat |= {key: value for key, value in other.items() if key in from_b}
        plain = _nested(flat, _lists(_plain(self.a)) | _lists(_plain(self.b)))
        allowed = list(dict.fromkeys([*self.a.allowed, *self.b.allowed]))
        said = Node.of({"name": name, **plain, "allow": allowed}, Source(str(self.a.path), brief=name))
        # What is unwise about it was nobody's choice.
        return replace(checked(self.a.path, said), warnings=())

    def _refusal(self, changed_parts: Collection[int]) -> str:
        """Why the config with these parts changed cannot be; empty if it can."""
        if len(changed_parts) in (0, len(self.parts)):
            return ""
        try:
            self._in_between(changed_parts, "between")
        except ConfigError as error:
            problem = error.problems[0]
            return f"{problem.path}: {problem.message.partition('; ')[0]}"
        return ""

    def _first_refused(self, corners: Iterable[int]) -> tuple[list[int], str] | None:
        """The changed parts of the first of these configs that is refused, and why."""
        found = ((own, self._refusal(own)) for own in map(self._changed, corners))
        return next(((own, why) for own, why in found if why), None)

    def _joined(self, refused: Sequence[int], why: str) -> "Change":
        """With two parts joined of which a refused config has one changed: if possible, two that are the reason."""
        others = [i for i in range(len(self.parts)) if i not in refused]

        def n_refused(pair: tuple[int, int]) -> int:
            kept, added = [i for i in refused if i != pair[0]], [*refused, pair[1]]
            return bool(self._refusal(kept)) + bool(self._refusal(added))

        pair = min(itertools.product(refused, others), key=n_refused)
        both = [self.parts[i] for i in sorted(pair)]
        joined = ChangedPart(
            keys=tuple(ordered([key for part in both for key in part.keys], *self.settings)),
            main_keys=tuple(ordered([key for part in both for key in part.main_keys], *self.settings)),
            leaves=both[0].leaves | both[1].leaves,
            why=next(filter(None, [part.why for part in both]), why),
        )
        rest = [part for i, part in enumerate(self.parts) if i not in pair]
        return replace(self, parts=tuple(_in_order([joined, *rest], self.settings)))


def _plain(loaded: Loaded) -> dict[str, Any]:
    return loaded.experiment.model_dump(mode="json", exclude={"name"})


def _root(key: str, plain: Sequence[Mapping[str, Any]], settings: Sequence[Flat]) -> tuple[str, str]:
    """What a differing key cannot change without: the outermost value of another shape, and the part with that."""
    keys = key.split(".")
    here: list[Any] = list(plain)
    n, are_layers = 0, False
    while n < len(keys) and _have_same_shape(here[0], here[1], are_layers):
        are_layers = isinstance(here[0], list)
        here = [_child(value, keys[n]) for value in here]
        n += 1
    root = ".".join(keys[:n])
    if MISSING not in here:
        return root, root
    # What comes with a type is nothing without it.
    around = (f"{'.'.join(keys[:i])}.type" for i in reversed(range(1, n)))
    own_types = ((path, [each.get(path, MISSING) for each in settings]) for path in around)
    return root, next((path for path, (a, b) in own_types if MISSING not in (a, b) and a != b), root)


def _child(value: Any, key: str) -> Any:
    return value[int(key)] if isinstance(value, list) else value.get(key, MISSING)


def _have_same_shape(a: Any, b: Any, are_layers: bool) -> bool:
    """Whether two values can be compared key by key: mappings, of layers those of one kind; lists of as many layers."""
    if isinstance(a, dict) and isinstance(b, dict):
        return not are_layers or a.keys() == b.keys()
    both = isinstance(a, list) and isinstance(b, list) and len(a) == len(b)
    return both and all(isinstance(item, dict) for item in (*a, *b))


def _in_order(parts: Sequence[ChangedPart], settings: Sequence[Flat]) -> Iterator[ChangedPart]:
    """Parts in the order of the configs."""
    of_leaf = {key: part for part in parts for key in part.leaves}
    yield from dict.fromkeys(of_leaf[key] for key in ordered(list(of_leaf), *settings))


def _value(settings: Flat, key: str) -> Any:
    value = setting(settings, key)
    if not isinstance(value, dict):
        return value
    if key.rpartition(".")[2].isdecimal():  # A layer: its kind.
        return next(iter(value)).partition(".")[0]
    names = dict.fromkeys(tuple(name.split(".")[:2]) for name in value)
    if all(each[0].isdecimal() for each in names):  # A list of layers.
        return [each[1] for each in names]
    is_flat = all(len(each) == 1 for each in names)
    return value if is_flat else list(dict.fromkeys(each[0] for each in names))


def _lists(value: Any, path: str = "") -> set[str]:
    """The dotted paths of the lists of mappings."""
    if isinstance(value, dict):
        items: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = enumerate(value)
    else:
        return set()
    own = {path} if isinstance(value, list) else set()
    return own.union(*(_lists(item, f"{path}.{key}".lstrip(".")) for key, item in items))


def _nested(flat: Flat, lists: Collection[str]) -> dict[str, Any]:
    """The config that `flatten` made flat, given the paths of its lists of mappings."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *around, last = path.split(".")
        inner = nested
        for key in around:
            inner = inner.setdefault(key, {})
        inner[last] = value

    def with_lists(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return value
        items = {key: with_lists(item, f"{path}.{key}".lstrip(".")) for key, item in value.items()}
        return [items[key] for key in sorted(items, key=int)] if path in lists and items else items

    found: dict[str, Any] = with_lists(nested, "")
    return found
