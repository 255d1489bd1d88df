"""What `--set`, `--grid` and the variants of a study lay over a config: `optimizer.learning_rate=0.01`."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from pydantic import BaseModel

from dlexp.config.bases import typed_by_keys
from dlexp.config.grid import Override, source_of
from dlexp.config.node import Keys, Node, dotted
from dlexp.config.places import HEAD_SHORT_FORMS, ROOT, Document, Place, chosen_types, merged, of_chosen_types
from dlexp.config.problems import DEFAULT, ConfigError, Problem, Source, refused
from dlexp.config.suggestions import as_text, fits
from dlexp.config.yaml_source import parse_value


def overridden(config: Node, overrides: Iterable[str]) -> Node:
    """A config with all overrides laid over it, the later over the earlier.

    Types come first, so that no key is lost to a type that is named after it.
    """
    overrides = list(overrides)
    _require_one_value_each(overrides)
    return _laid_over(config, [partial(_override, override) for override in overrides])


def with_values(config: Node, values: Iterable[tuple[Sequence[str], Node]]) -> Node:
    """A config with values, each by the keys that lead to it, laid over it as overrides are."""
    return _laid_over(config, [partial(nested, keys, value) for keys, value in values])


def _laid_over(config: Node, changes: Sequence[Callable[[Node], Node]]) -> Node:
    """A config with changes laid over it, each of which says what it lays over the config as it is then."""
    for change in changes:
        # What is wrong with it is said below, where all that it says is laid over.
        with suppress(ConfigError):
            config = merged(config, chosen_types(change(config), config))
    for change in changes:
        config = merged(config, of_chosen_types(change(config), config))
    return config


def _require_one_value_each(overrides: Iterable[str]) -> None:
    """Refuse a key with two values, of which one would be dropped; a grid replaces one too, which is said elsewhere."""
    given: dict[str, dict[str, None]] = {}
    for override in overrides:
        key, equals, value = override.partition("=")
        if equals and key.strip() and not isinstance(override, Override):
            given.setdefault(".".join(keys_of(override)), {})[value.strip()] = None
    twice = {key: values for key, values in given.items() if len(values) > 1}
    if twice:
        raise ConfigError(
            Problem("", f"given more than once, with {' and '.join(values)}; give one of them", Source(f"--set {key}"))
            for key, values in twice.items()
        )


def _override(override: str, config: Node) -> Node:
    """The mapping that a `--set KEY=VALUE` lays over a config."""
    source = source_of(override)
    key, equals, value = override.partition("=")
    keys = tuple(key.strip().split("."))
    if not equals:
        raise refused("expected KEY=VALUE, such as optimizer.learning_rate=1e-2", source)
    if not all(keys):
        raise refused(f"expected a dotted key before the =, given {key!r}", source)
    if keys[0] == "extends":
        raise refused("extends can be said in a file only", source)
    keys = tuple(keys_of(override))
    if not value.strip():
        null = f"; nothing at all is written as {key.strip()}=null" if fits(keys, None, Document(config)) else ""
        raise refused(f"expected a value after the ={null}", source)
    try:
        new = parse_value(value, source)
    except ConfigError as error:
        raise ConfigError(
            replace(each, message=each.message + as_text(keys, value, Document(config))) for each in error.problems
        ) from None
    return nested(keys, new, config)


def nested(keys: Sequence[str], new: Node, config: Node) -> Node:
    """The mapping with a value at the end of these keys, as it is laid over a config."""
    keys = ("head", *keys) if keys[0] in HEAD_SHORT_FORMS else tuple(keys)
    source = new.source
    place, node = ROOT, config
    # An index is laid over as the list with that element replaced.
    for depth, part in enumerate(keys):
        if isinstance(node.value, list):
            new, keys = _with_element(node, keys, depth, new, place), keys[:depth]
            break
        place = place.child(part, node.entries)
        default = place.default.model_dump() if isinstance(place.default, BaseModel) else place.default
        node = node.child(part) or Node.of(default, DEFAULT)
    for part in reversed(keys):
        new = Node({part: new}, source)
    return typed_by_keys(new)


def _with_element(whole: Node, keys: Keys, depth: int, new: Node, place: Place) -> Node:
    """A copy of a list in which what `keys[depth:]` names is replaced."""
    old = whole.child(keys[depth])
    if old is None:
        path, n = dotted(keys[:depth]), len(whole.value)
        numbers = f"0 to {n - 1}" if n else "none at all"
        raise refused(f"{path}: expected the number of an item, {numbers}, given {keys[depth]!r}", new.source)
    source = new.source
    for part in reversed(keys[depth + 1 :]):
        new = Node({str(part): new}, source)
    index = int(keys[depth])
    items = [*whole.value[:index], merged(old, new, place.element or Place()), *whole.value[index + 1 :]]
    return Node(items, source)


def keys_of(override: str) -> list[str]:
    """The keys on the way to what an override sets."""
    keys = override.partition("=")[0].strip().split(".")
    return ["head", *keys] if keys[0] in HEAD_SHORT_FORMS else keys
