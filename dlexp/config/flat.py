"""A config as one level of dotted keys: for columns, comparisons and display."""

import re
from collections.abc import Collection, Mapping
from enum import Enum
from functools import lru_cache
from itertools import chain
from types import NoneType
from typing import Any, Final

import yaml

from dlexp.config.dump import Dumper


class Missing(Enum):
    """The value of a key that a config does not have; the only member is `MISSING`."""

    MISSING = "-"


MISSING: Final = Missing.MISSING
#: A dotted key with its value on both sides.
Difference = tuple[str, Any, Any]
#: A SHA-256.
_DIGEST = re.compile("[0-9a-f]{64}")
_SCALARS = (str, int, float, bool, NoneType)
LINE_ENDS = ("\n", "\r", "\x85", "\u2028", "\u2029")


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves by dotted key: single values, empty mappings, and lists that hold no mapping."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = {str(i): item for i, item in enumerate(value)}
        if isinstance(value, dict) and value:
            flat |= {f"{key}.{inner}": leaf for inner, leaf in flatten(value).items()}
        else:
            flat[key] = value
    return flat


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """The keys in which two flat configs differ, each with both values; `MISSING` where one has no such key.

    The order is the configs' own; a key that only `b` has follows its siblings.
    """
    return [(path, a.get(path, MISSING), b.get(path, MISSING)) for path in ordered(changed(a, b), a, b)]


def changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """The keys in which two flat configs differ, in any order."""
    return [path for path in {**a, **b} if a.get(path, MISSING) != b.get(path, MISSING)]


def ordered(paths: Collection[str], *configs: Mapping[str, Any]) -> list[str]:
    """Keys of flat configs in the configs' own order; a key that only a later one has follows its siblings."""
    if len(paths) < 2:
        return list(paths)
    rank: dict[str, int] = {}
    for path in dict.fromkeys(chain(*configs)):
        for prefix in _prefixes(path):
            rank.setdefault(prefix, len(rank))
    return sorted(paths, key=lambda path: [rank[prefix] for prefix in _prefixes(path)])


def _prefixes(path: str) -> list[str]:
    """`a.b.c` gives a, a.b and a.b.c."""
    keys = path.split(".")
    return [".".join(keys[: i + 1]) for i in range(len(keys))]


class _Display(Dumper):
    """As in a file, but with Python's short floats."""

    def represent_float(self, data: float) -> yaml.ScalarNode:
        """`1e-07`, where YAML 1.1 would need 1.0e-07."""
        text = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(data), repr(data))
        return self.represent_scalar("tag:yaml.org,2002:float", text)

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Line ends as `\\n`: everything stands in one line."""
        style = '"' if len(data.splitlines()) > 1 or data.endswith(LINE_ENDS) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Display.add_representer(float, _Display.represent_float)
_Display.add_representer(str, _Display.represent_str)


def format_value(value: Any) -> str:
    """A value in one line of YAML, which reads back as it was: `[64, 4]`, `1e-07`, `null`; `-` for `MISSING`."""
    if value is MISSING:
        return "-"
    if type(value) in _SCALARS:
        return _scalar(repr(value), value)
    if type(value) is list and all(type(item) in _SCALARS for item in value):
        return _list_of_scalars(repr(value), tuple(value))
    return _dumped(value)


# Thousands of runs share a few settings, and YAML is slow. By their text too: 1 is True to Python, and 0.0 is -0.0.
@lru_cache(10_000)
def _scalar(key: str, value: Any) -> str:
    return _dumped(value)


@lru_cache(10_000)
def _list_of_scalars(key: str, values: tuple[Any, ...]) -> str:
    return _dumped(list(values))


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Display, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").removesuffix("\n")


def short(value: Any) -> str:
    """A value in one line; of a digest the first ten characters."""
    return value[:10] if isinstance(value, str) and _DIGEST.fullmatch(value) else format_value(value)
