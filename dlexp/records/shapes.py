"""Whether a value that was read from JSON has a type, at every depth; what is wrong with it is said in words.

A key that the type does not name is passed through: it may be a later version's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, NotRequired, Union, get_args, get_origin, get_type_hints

#: Says what is wrong with the value at a path; empty where nothing is. A path is made only where something is wrong.
Check = Callable[[Any, str], str]

#: No score of float32 predictions comes near to it, and sums and differences of smaller numbers are finite.
LARGEST_NUMBER = 1e300
_SHOWN_LENGTH = 60


def anything(value: Any, path: str) -> str:
    """Any value."""
    return ""


def text(value: Any, path: str) -> str:
    """Any text."""
    return "" if isinstance(value, str) else _wrong(value, path, "text")


def boolean(value: Any, path: str) -> str:
    """True or false."""
    return "" if isinstance(value, bool) else _wrong(value, path, "true or false")


def count(value: Any, path: str) -> str:
    """A whole number from 0."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_count else _wrong(value, path, "a whole number from 0")


def number(value: Any, path: str) -> str:
    """A number of a size that can be calculated with."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER
    return "" if is_number else _wrong(value, path, "a number")


def optional(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value, path: "" if value is None else check(value, path)


def list_of(item: Check) -> Check:
    """A list of what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, list):
            return _wrong(value, path, "a list")
        return next((item(each, f"{path}.{i}") for i, each in enumerate(value) if item(each, "")), "")

    return check


def mapping_of(item: Check) -> Check:
    """A mapping of any keys to what `item` takes."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        return next((item(each, _below(path, key)) for key, each in value.items() if item(each, "")), "")

    return check


def record(required: Mapping[str, Check], known: Mapping[str, Check]) -> Check:
    """A mapping that has the required keys, and may have the known ones and others."""
    checks = {**required, **known}

    def check(value: Any, path: str) -> str:
        if not isinstance(value, dict):
            return _wrong(value, path, "a mapping")
        if missing := [key for key in required if key not in value]:
            return f"no {_below(path, missing[0])}"
        wrong = (key for key, each in value.items() if key in checks and checks[key](each, ""))
        return next((checks[key](value[key], _below(path, key)) for key in wrong), "")

    return check


def either(first: Check, second: Check) -> Check:
    """What one of the two takes; a value of neither is said as the second does."""
    return lambda value, path: first(value, path) and second(value, path)


_PLAIN: Mapping[Any, Check] = {Any: anything, str: text, bool: boolean, int: count, float: number}


def of_type(annotation: Any) -> Check:
    """The check of a type as JSON writes its values; of an `Annotated` one, the check that stands beside it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        check: Check = arguments[1]
        return check
    if origin is NotRequired:
        return of_type(arguments[0])
    if origin in (Union, UnionType):
        check, *others = (of_type(each) for each in arguments if each is not NoneType)
        for other in others:
            check = either(check, other)
        return optional(check) if NoneType in arguments else check
    if origin is Sequence:
        return list_of(of_type(arguments[0]))
    if origin is Mapping:
        return mapping_of(of_type(arguments[1]))
    return _PLAIN[annotation] if annotation in _PLAIN else _of_class(annotation)


@cache
def _of_class(cls: Any) -> Check:
    """The check of a mapping with the keys of a TypedDict or the fields of a dataclass."""
    checks = of_fields(cls)
    if is_dataclass(cls):
        required = {each.name for each in fields(cls) if each.default is each.default_factory is MISSING}
    else:
        required = cls.__required_keys__
    return record({name: check for name, check in checks.items() if name in required}, checks)


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
