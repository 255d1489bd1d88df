"""The variants of a study: what each of them and each point of the grid lays over a config."""

import functools
import itertools
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.config.bases import read_with_bases
from dlexp.config.budget import Imposed
from dlexp.config.claim import MINUS, OVER
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.identity import identified
from dlexp.config.limits import MAX_RUNS
from dlexp.config.load import Loaded, checked, load
from dlexp.config.names import of_variant
from dlexp.config.node import Node, dotted
from dlexp.config.overrides import nested, with_values
from dlexp.config.places import merged
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source, refused
from dlexp.config.yaml_source import NamedBy

#: The key of a variant that names its own config.
FILE = "file"
#: A value with the keys that lead to it.
Value = tuple[tuple[str, ...], Node]
#: Values of a grid and names up to this length are shown whole in messages.
MAX_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One experiment of a study, as the file says it."""

    name: str
    source: Source
    """Where it is said."""
    config: Node
    """The name of its config."""
    config_path: str
    """The dotted path of that name: `base`, or `file` in the variant."""
    values: Sequence[Value]
    """What it lays over its config."""
    tuned: Sequence[Value] = ()
    """What a point of the tuning lays over that."""

    def at(self, point: Sequence[Value]) -> "Variant":
        """The variant at a point of the grid."""
        texts = [f"{dotted(keys)}={format_value(value.plain())}" for keys, value in point]
        return replace(self, name=", ".join(filter(None, [self.name, *texts])), values=[*self.values, *point])


def variants_of(file: Node, n_seeds: int) -> tuple[list[Variant], list[Problem]]:
    """The variants of a study at every point of its grid, and what is wrong with their names and keys.

    What the schema refuses is left out: a variant that is no mapping, a key of the grid without a list.
    """
    said, grid = file.child("variants"), file.child("grid")
    named = list(_named(said)) if said else []
    problems = [problem for problem in map(_misnamed, named) if problem]
    points, of_axes = axes(grid, "grid") if grid else ([], [])
    n = max(1, len(named)) * math.prod(map(len, points)) * n_seeds
    if n > MAX_RUNS:
        path = "grid" if points else "seeds"
        message = f"{MAX_RUNS:,} runs at most in one command, asked for {n:,}"
        return [], [*problems, *of_axes, Problem(path, message, file.nearest_source([path]))]
    if not named and not points:
        missing = "missing; name what is compared, such as `variants: {sgd: {}, adam: {optimizer: adam}}`"
        is_said = any(node and (node.entries or not node.is_mapping) for node in (said, grid))
        return [], [*of_axes, *([] if is_said else [Problem("variants", missing, file.source)])]
    if not named and grid:
        named = [("", Node({}, _within(grid, "grid").source))]
    base, variants = file.child("base"), []
    without = [name for name, node in named if not node.child(FILE)]
    if base is None and without:
        none = f"has no {FILE} of its own" if len(without) == 1 else f"have no {FILE} of their own"
        owners = f"; {_quoted(without)} {none}" if without != [""] else ""
        problems.append(Problem("base", f"missing; name the config that the variants change{owners}", file.source))
    for name, node in named:
        try:
            if own := _variant(name, node, base):
                variants += [own.at(point) for point in itertools.product(*points)]
        except ConfigError as error:
            problems += error.problems
    return variants, [*problems, *of_axes]


def load_variants(
    variants: Sequence[Variant], study: Path, imposed: Imposed | None = None
) -> tuple[list[Loaded | None], dict[str, list[Problem]]]:
    """The experiments of variants, their configs named as seen from a study; the problems of others by name."""
    read, identity_of_file = functools.cache(read_with_bases), functools.cache(_identity_of_file)
    loaded: list[Loaded | None] = []
    problems: dict[str, list[Problem]] = {}
    for each in variants:
        try:
            path = _seen_from(study.parent, each.config.value)
            base = read(path, NamedBy(each.config.source, each.config_path, each.config.value))
            if twice := list(_given_twice(each.values, base)):
                raise ConfigError(twice)
            own = checked(path, with_values(base, [*each.values, *each.tuned]))
            if imposed:
                own = imposed.on(own)
            is_named = any(keys[0] == "name" for keys, _ in each.values)
            is_other = (each.values or each.tuned or imposed) and _identity(own.experiment) != identity_of_file(path)
            loaded.append(called(own, of_variant(study, each.name), each.source) if is_other and not is_named else own)
        except ConfigError as error:
            loaded.append(None)
            problems.setdefault(each.name, []).extend(error.problems)
    return loaded, problems


def observed(variant: Loaded, source: Source) -> Loaded:
    """A variant that records the diagnostics of its hidden layers, for what is said at a place: the same experiment."""
    assert variant.said
    return checked(variant.path, with_values(variant.said, [(("training", "diagnostics"), Node(True, source))]))


def same_experiments(variants: Sequence[Variant], loaded: Sequence[Loaded | None]) -> Iterator[Problem]:
    """Variants that are the same experiment as one before them, so that nothing can be told from their runs."""
    first: dict[str, str] = {}
    for each, own in zip(variants, loaded, strict=True):
        if own:
            other = first.setdefault(_identity(own.experiment), each.name)
            if other != each.name:
                yield Problem("", f"{each.name!r} is the same experiment as {other!r}", each.source)


def _identity(experiment: Experiment) -> str:
    """All that makes it the experiment that it is, apart from the data."""
    return json.dumps(identified(experiment.model_dump(mode="json", exclude={"name"})), sort_keys=True)


def _identity_of_file(path: Path) -> str:
    """That of a config as it is; empty if something in it is wrong, or missing, until a variant says otherwise."""
    try:
        return _identity(load(path).experiment)
    except ConfigError:
        return ""


def called(loaded: Loaded, name: str, source: Source) -> Loaded:
    """A config by another name, so that its records can be told from those of its file; as it is without one."""
    if not name:
        return loaded
    assert loaded.said
    return replace(
        loaded,
        experiment=loaded.experiment.model_copy(update={"name": name}),
        sources={**loaded.sources, "name": source},
        said=with_values(loaded.said, [(("name",), Node(name, source))]),
    )


def _named(said: Node) -> Iterator[tuple[str, Node]]:
    """The variants that are mappings, each value with the variant within which it stands."""
    for name, node in said.entries.items():
        if node.is_mapping:
            yield name, _within(node, dotted(("variants", name)))


def _misnamed(named: tuple[str, Node]) -> Problem | None:
    """Why a variant cannot have its name."""
    name, node = named
    if not name or name != name.strip() or not name.isprintable():
        message = f"expected a name of printable characters without spaces around it, given {name!r}"
        return Problem("", message, node.source)
    found = next((sign for sign in (MINUS, OVER, ",") if sign in name), "")
    message = f"a name with {found!r} in it cannot be told from two names in a claim; choose another"
    return Problem("", message, node.source) if found else None


def _variant(name: str, node: Node, base: Node | None) -> Variant | None:
    """A variant as it says itself; None if its config is a base that is missing or no name: that is said once."""
    file = node.child(FILE)
    config = file or base
    if config is None or not isinstance(config.value, str) or not config.value:
        if file:
            raise refused(f"expected the name of one file, given {format_value(file.plain())}", file.source, FILE)
        return None
    values = [(_keys(key, value), value) for key, value in node.entries.items() if key != FILE]
    return Variant(name=name, source=node.source, config=config, config_path=FILE if file else "base", values=values)


def axes(grid: Node, path: str, *, are_named: bool = True) -> tuple[list[list[Value]], list[Problem]]:
    """The values of each key of a grid at this path of a study, and what is wrong with them.

    Args:
        are_named: Whether claims name the points by their values.
    """
    found: list[list[Value]] = []
    problems: list[Problem] = []
    for key, listed in _within(grid, path).entries.items():
        items: list[Node] = listed.value if isinstance(listed.value, list) else []
        texts = [format_value(item.plain()) for item in items]
        for i, (text, item) in enumerate(zip(texts, items, strict=True)):
            sign = next((sign for sign in (MINUS, OVER) if sign in text), "")
            if text in texts[:i]:
                problems.append(Problem(f"{key}.{i}", f"{_shown(text)} is given twice", item.source))
            elif sign and are_named:
                message = f"a value with {sign!r} in it cannot be told from two names in a claim; make it a variant"
                problems.append(Problem(f"{key}.{i}", message, item.source))
        try:
            keys = _keys(key, listed)
        except ConfigError as error:
            problems += error.problems
        else:
            found += [[(keys, item) for item in items]] if items else []
    return found, problems


def _keys(key: str, value: Node) -> tuple[str, ...]:
    keys = tuple(key.split("."))
    if not all(keys):
        raise refused(f"expected a dotted key, given {key!r}", value.source)
    if keys[0] in ("extends", FILE):
        raise refused(f"a variant names its config as {FILE}, and extends nothing", value.source, key)
    return keys


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
    whole = [(i, merged(None, nested(keys, value, base))) for i, (keys, value) in enumerate(values)]
    said = [(i, path, leaf.source) for i, node in whole for path, leaf in _leaves(node) if leaf.source != DEFAULT]
    by_path: dict[str, tuple[int, Source]] = {}
    for i, path, source in said:
        by_path.setdefault(path, (i, source))
    for i, path, source in said:
        parts = path.split(".")
        for n in range(1, len(parts) + 1):
            other, first = by_path.get(dotted(parts[:n]), (i, source))
            if other < i or (other > i and n < len(parts)):
                where = dotted((first.within, *parts[:n]))
                yield Problem(path, f"given twice, the other time as {where} in {first}", source)
                break


def _leaves(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """The single values and lists of a mapping, by dotted path."""
    if not node.is_mapping:
        yield path, node
    for key, item in node.entries.items():
        yield from _leaves(item, f"{path}.{key}".lstrip("."))


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{_shown(names[0])!r}{more}"


def _shown(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."
