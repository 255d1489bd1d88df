"""Conditions on what is on record of a run, as people type them: `learning_rate < 0.1`."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dlexp.config.flat import MISSING
from dlexp.config.problems import ConfigError, Source
from dlexp.config.yaml_source import parse_value, reads_as_number
from dlexp.errors import UserError
from dlexp.records.moments import moment, recorded_moment

#: What tells times; all other conditions are on numbers, texts, lists, true, false and null.
TIMES = ("started", "ended")
#: What is a list of words, and compares with one of them or with all.
TAGS = "tags"

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS = (*_ORDERS, "==", "=", "!=", "~", "!~")
#: What is typed for them.
_INSTEAD = {"=>": ">=", "=<": "<=", "<>": "!=", "===": "==", "!==": "!=", "=~": "~", "~=": "~"}
_FORM = re.compile(r"\s*(?P<key>[^<>=!~]*[^<>=!~\s])\s*(?P<operator>[<>=!~]+)\s*(?P<value>.*?)\s*", re.DOTALL)
#: A second condition in what is read as the value of the first.
_SECOND = re.compile(r"\s(?:and|or|&&?|\|\|?)\s.*[<>=~]|,[^\[\]'\"]*[<>=~]")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a run is to fulfil: that what it has under a key compares like this with a value."""

    text: str
    """As it was written."""
    key: str
    operator: str
    value: Any
    """As YAML reads it; a datetime for a key of `TIMES`."""
    raw: str
    """The value as it was written."""

    def __str__(self) -> str:
        """As it was written, for messages."""
        return " ".join(self.text.split())

    def is_about(self, own: Any) -> bool:
        """Whether a value is of a kind that can be compared like this."""
        if self.key in TIMES:
            return isinstance(own, datetime)
        if self.operator in _ORDERS:
            return _is_number(own)
        if self.operator.endswith("~"):
            return isinstance(own, str | list)
        is_text = isinstance(own, str) or self.key == TAGS
        return self.value is None or own is None or is_text or _kind(own) == _kind(self.value)

    def holds(self, own: Any) -> bool:
        """Whether it holds for a value on record."""
        if not self.is_about(own):
            return self.operator in ("!=", "!~")
        if order := _ORDERS.get(self.operator):
            return order(own, self.value)
        compares = self._is_within if self.operator.endswith("~") else self._is_equal
        return compares(own) is not self.operator.startswith("!")

    def instead(self, own: Any) -> str:
        """What to write for a value of a kind that cannot be compared like this; empty where nothing is sure."""
        if isinstance(own, list) and self.operator in ("=", "==", "!=") and isinstance(self.value, int | float | str):
            return f"{self.key} {self.operator} [{self.raw}], or {self.key} ~ {self.raw} for one that contains it"
        return ""

    def _is_equal(self, own: Any) -> bool:
        if isinstance(own, datetime):  # To the minute, or on that day.
            return f"{own:%Y-%m-%d %H:%M}".startswith(
                f"{self.value:%Y-%m-%d %H:%M}" if ":" in self.raw else f"{self.value:%Y-%m-%d}"
            )
        if self.key == TAGS and not isinstance(self.value, list):  # `tags == good`: it is one of them.
            return self._is_within(own)
        return _are_equal(own, self.value) or own == self.raw

    def _is_within(self, own: Any) -> bool:
        if isinstance(own, list):
            return any(_are_equal(item, self.value) or item == self.raw for item in own)
        sought = self.value if isinstance(self.value, str) else self.raw
        return sought.casefold() in str(own).casefold()


def condition(text: str, example: str = "learning_rate < 0.1") -> Condition:
    """Read `KEY OP VALUE`; the value is YAML, in quotes or without. Messages show the example.

    Raises:
        UserError: It is no condition.
    """
    try:
        key, sign, raw = _parts(text, example)
        value = _moment(key, sign, raw) if key in TIMES else _number_or_else(sign, raw)
    except UserError as error:
        raise UserError(f"{' '.join(text.split())}: {error.lines[0]}") from None
    return Condition(text=text, key=key, operator=sign, value=value, raw=raw)


def _parts(text: str, example: str) -> tuple[str, str, str]:
    """The key, the operator and the value as they were written."""
    found = _FORM.fullmatch(text)
    if not found:
        if re.match(r"\s*[<>=!~]", text):
            raise UserError(f"expected a key before the {text.split()[0]}, as in '{example}'")
        raise UserError(
            f"expected KEY OP VALUE, such as '{example}', in quotes: a shell takes < and > for names of files"
        )
    key, sign, raw = found.group("key", "operator", "value")
    if sign not in _OPERATORS:
        meant = f" Did you mean {_INSTEAD[sign]}?" if sign in _INSTEAD else ""
        raise UserError(f"there is no {sign}.{meant} Choose from: {' '.join(_OPERATORS)}")
    if not raw:
        raise UserError(f"expected a value after the {sign}; no text at all is written as ''")
    if reads_as_number(key):
        raise UserError(f"expected the key first, then the operator and {key}, as in '{example}'")
    if raw[0] not in "'\"" and _SECOND.search(raw):
        raise UserError("expected one condition; give each its own --where (where=[...]): all must hold")
    return key, sign, raw


def _moment(key: str, sign: str, raw: str) -> datetime:
    if sign.endswith("~"):
        raise UserError(f"{key} is a time, and compares by < <= > >= == !=")
    return moment(raw.strip("'\""))


def _number_or_else(sign: str, raw: str) -> Any:
    """What YAML reads; where an order is asked for, a number."""
    try:
        value = parse_value(raw, Source("")).plain()
    except ConfigError as error:
        raise UserError(f"{error.problems[0].message}; put a text in quotes of its own") from None
    if isinstance(value, dict):
        raise UserError("expected a single value or a list after the operator, given keys and values")
    if sign in _ORDERS and not _is_number(value):
        from dlexp.config.suggestions import number_readings  # All that a config can hold: not for every command.

        readings = number_readings(raw)
        raise UserError(f"{sign} compares numbers, given {raw}{f'. Did you mean {readings[0]}?' if readings else ''}")
    return value


def as_recorded(key: str, own: Any) -> Any:
    """What is on record under a key, as conditions compare it: of a time a datetime, `MISSING` where it is none."""
    return recorded_moment(own) or MISSING if key in TIMES and isinstance(own, str) else own


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return "number" if _is_number(value) else type(value).__name__


def _are_equal(own: Any, value: Any) -> bool:
    """As in YAML: 1 is 1.0, and neither is true; lists item by item."""
    if isinstance(own, list) and isinstance(value, list):
        return len(own) == len(value) and all(map(_are_equal, own, value))
    return _kind(own) == _kind(value) and bool(own == value)
