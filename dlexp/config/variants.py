"""The variants of a study: what each of them and each point of the grid lays over a config."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.config.bases import read_with_bases
from dlexp.config.flat import format_value
from dlexp.config.load import Loaded, checked
from dlexp.config.node import Node, dotted
from dlexp.config.overrides import nested, with_values
from dlexp.config.places import merged
from dlexp.config.problems import DEFAULT, ConfigError, Problem, refused
from dlexp.config.study import MINUS, OVER
from dlexp.config.yaml_source import NamedBy

#: The key of a variant that names its own config.
FILE = "file"
#: A value with the keys that lead to it.
Value = tuple[tuple[str, ...], Node]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One experiment of a study, as the file says it."""

    name: str
    node: Node
    """Where it is said."""
    config: Node
    """The name of its config."""
    config_path: str
    """The dotted path of that name: `base` or `variants.wide.file`."""
    values: Sequence[Value]
    """What it lays over its config."""

    def problem(self, message: str) -> Problem:
        """What is wrong with it as a whole."""
        return Problem("", message, self.node.source)


def variants_of(file: Node) -> tuple[list[Variant], list[Problem]]:
    """The variants of a study at every point of its grid, and what is wrong with their names and keys.

    Left out is what the schema refuses.
    """
    said, grid, base = file.child("variants"), file.child("grid"), file.child("base")
    axes = list(_axes(grid)) if grid else []
    named = {name: node for name, node in said.entries.items() if node.is_mapping} if said else {}
    if not named and axes and grid:
        named = {"": Node({}, grid.source)}
    variants, problems = [], []
    for name, node in named.items():
        try:
            own = _Own.of(name, node, base)
        except ConfigError as error:
            problems += error.problems
            continue
        variants += [own.at(point) for point in itertools.product(*axes)]
    return variants, problems


@dataclass(frozen=True)
class _Own:
    """What a variant says itself."""

    name: str
    node: Node
    config: Node
    config_path: str
    values: Sequence[Value]

    @classmethod
    def of(cls, name: str, node: Node, base: Node | None) -> "_Own":
        path = dotted(("variants", name))
        node = _within(node, path) if name else node
        if why := _why_not(name):
            raise refused(why, node.source)
        file = node.child(FILE)
        config, config_path = (file, FILE) if file else (base, "base")
        if config is None:
            key = "base" if not name else f"base, and no {FILE} in this variant"
            raise refused(f"no {key}: name the config that is changed, such as `base: ../digits_sgd.yaml`", node.source)
        if not isinstance(config.value, str) or not config.value:
            given = format_value(config.plain())
            raise refused(f"expected the name of one file, given {given}", config.source, config_path)
        values = [(_keys(key, value), value) for key, value in node.entries.items() if key != FILE]
        return cls(name, node, config, config_path, values)

    def at(self, point: Sequence[Value]) -> Variant:
        """The variant at a point of the grid."""
        texts = [f"{dotted(keys)}={format_value(value.plain())}" for keys, value in point]
        return Variant(
            name=", ".join(filter(None, [self.name, *texts])),
            node=self.node,
            config=self.config,
            config_path=self.config_path,
            values=[*self.values, *point],
        )


def loaded(variant: Variant, folder: Path) -> Loaded:
    """The experiment of a variant, whose config is named as seen from a folder.

    Raises:
        ConfigError: As `load`; or it gives a key twice.
    """
    path = _seen_from(folder, variant.config.value)
    base = read_with_bases(path, NamedBy(variant.config.source, variant.config_path))
    if twice := list(_given_twice(variant.values, base)):
        raise ConfigError(twice)
    return checked(path, with_values(base, variant.values))


def _axes(grid: Node) -> Iterator[list[Value]]:
    """The values of each key of a grid."""
    for key, values in grid.entries.items():
        if isinstance(values.value, list):
            yield [(tuple(key.split(".")), _within(value, "grid")) for value in values.value]


def _keys(key: str, value: Node) -> tuple[str, ...]:
    keys = tuple(key.split("."))
    if not all(keys):
        raise refused(f"expected a dotted key, given {key!r}", value.source)
    if keys[0] == "extends":
        raise refused(f"a variant extends no file; name its config as {FILE}", value.source, key)
    return keys


def _why_not(name: str) -> str:
    """Why a variant cannot have this name; empty if it can."""
    if name != name.strip() or not name.isprintable():
        return f"expected a name of printable characters without spaces around it, given {name!r}"
    found = next((sign for sign in (MINUS, OVER, ",") if sign in name), "")
    return f"a name with {found!r} in it cannot be told from two names in a claim; choose another" if found else ""


def _within(node: Node, path: str) -> Node:
    """A value that knows the path below which it stands."""
    source = replace(node.source, within=path)
    if isinstance(node.value, list):
        return Node([_within(item, path) for item in node.value], source)
    if node.is_mapping:
        return Node({key: _within(item, path) for key, item in node.entries.items()}, source)
    return Node(node.value, source)


def _seen_from(folder: Path, name: str) -> Path:
    """A file as seen from a folder, without `..` where that is the same file."""
    path = folder / name
    shorter = Path(os.path.normpath(path))
    try:
        return shorter if shorter.samefile(path) else path
    except (OSError, ValueError):  # What cannot be read is said when it is read.
        return path


def _given_twice(values: Sequence[Value], base: Node) -> Iterator[Problem]:
    """The keys that two values of a variant give, of which one would be lost."""
    said: list[tuple[int, str, Node]] = []
    for i, (keys, value) in enumerate(values):
        whole = merged(None, nested(keys, value, base))
        said += [(i, path, leaf) for path, leaf in _leaves(whole, "") if leaf.source != DEFAULT]
    by_path: dict[str, tuple[int, Node]] = {}
    for i, path, leaf in said:
        by_path.setdefault(path, (i, leaf))
    for i, path, leaf in said:
        parts = path.split(".")
        for n in range(1, len(parts) + 1):
            other, first = by_path.get(dotted(parts[:n]), (i, leaf))
            if other != i and (other < i or n < len(parts)):
                where = f"{first.source.within}.{dotted(parts[:n])} in {first.source}"
                yield Problem(path, f"given twice, the other time as {where}", leaf.source)
                break


def _leaves(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """The single values and lists of a mapping, by dotted path."""
    if node.is_mapping:
        for key, item in node.entries.items():
            yield from _leaves(item, f"{path}.{key}".lstrip("."))
    else:
        yield path, node
