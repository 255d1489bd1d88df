"""Whether a value that was read from JSON has a type, at every depth; what is wrong with it is said in words.

A key that the type does not name is passed through: it may be a later version's. Thousands of records are checked at
once: the loops are plain ones, several times as fast as generators.
"""

import collections.abc
import types
import typing
from collections.abc import Callable, Container, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, reduce
from types import NoneType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

#: Says what is wrong with the value at a path; empty where nothing is. A path is made only where something is wrong.
Check = Callable[[Any, str], str]

#: No score of float32 predictions comes near to it, and sums and differences of smaller numbers are finite.
LARGEST_NUMBER = 1e300
_SHOWN_LENGTH = 60


def anything(value: Any, path: str) -> str:
    """Any value."""
    return ""


def _plain(fits: Callable[[Any], bool], expected: str) -> Check:
    return lambda value, path: "" if fits(value) else _wrong(value, path, expected)


text = _plain(lambda value: isinstance(value, str), "text")
#: `True` is an `int` to Python, and no number in a record.
count = _plain(lambda value: type(value) is int and value >= 0, "a whole number from 0")
number = _plain(lambda value: type(value) in (int, float) and abs(value) < LARGEST_NUMBER, "a number")

_OF_TYPE: Mapping[Any, Check] = {
    Any: anything,
    str: text,
    int: count,
    float: number,
    bool: _plain(lambda value: isinstance(value, bool), "true or false"),
}


def optional(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value, path: "" if value is None else check(value, path)


def list_of(item: Check) -> Check:
    """A list of what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, list):
            return _wrong(value, path, "a list")
        for i, each in enumerate(value):
            if item(each, ""):
                return item(each, f"{path}.{i}")
        return ""

    return check


def mapping_of(item: Check) -> Check:
    """A mapping of any keys to what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        for key, each in value.items():
            if item(each, ""):
                return item(each, _below(path, key))
        return ""

    return check


def record(known: Mapping[str, Check], required: Container[str] = ()) -> Check:
    """A mapping that has the required ones of the known keys, and may have the others and unknown ones."""
    needed = [key for key in known if key in required]

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        for key in needed:
            if key not in value:
                return f"no {_below(path, key)}"
        for key, each in value.items():
            if key in known and known[key](each, ""):
                return known[key](each, _below(path, key))
        return ""

    return check


def table_of(columns: Any) -> Check:
    """A mapping of a TypedDict's keys to lists of one length."""

    def check(value: Any, path: str) -> str:
        if wrong := of_type(columns)(value, path):
            return wrong
        lengths = {len(value[name]) for name in columns.__annotations__ if name in value}
        return f"{path} has columns of different lengths" if len(lengths) > 1 else ""

    return check


def either(first: Check, second: Check) -> Check:
    """What one of the two takes; a value of neither is said as the second does."""
    return lambda value, path: first(value, path) and second(value, path)


@cache
def of_type(annotation: Any) -> Check:
    """The check of a type as JSON writes its values; of an `Annotated` one, the check that stands beside it.

    That of a TypedDict or a dataclass is of a mapping with its keys or fields.
    """
    if annotation in _OF_TYPE:
        return _OF_TYPE[annotation]
    arguments = get_args(annotation)
    match get_origin(annotation):
        case typing.Annotated:
            check: Check = arguments[1]
            return check
        case typing.NotRequired:
            return of_type(arguments[0])
        case typing.Union | types.UnionType:
            check = reduce(either, (of_type(each) for each in arguments if each is not NoneType))
            return optional(check) if NoneType in arguments else check
        case collections.abc.Sequence:
            return list_of(of_type(arguments[0]))
        case collections.abc.Mapping:
            return mapping_of(of_type(arguments[1]))
    if is_dataclass(annotation):
        required = {each.name for each in fields(annotation) if each.default is each.default_factory is MISSING}
    else:
        required = annotation.__required_keys__
    return record(of_fields(annotation), required)


def of_fields(cls: Any) -> dict[str, Check]:
    """The check of each key of a TypedDict, or of each field of a dataclass."""
    hints = get_type_hints(cls, include_extras=True).items()
    return {name: of_type(hint) for name, hint in hints if get_origin(hint) is not ClassVar}


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _wrong(value: Any, path: str, expected: str) -> str:
    given = repr(value)
    shown = given if len(given) <= _SHOWN_LENGTH else f"{given[: _SHOWN_LENGTH - 3]}..."
    return f"{path} is {shown}, expected {expected}" if path else f"expected {expected}"
