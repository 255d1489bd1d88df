"""JSON as dlexp writes it, read strictly: what would trip a reader later is refused at once."""

import json
import math
import re
from typing import Any

#: The largest whole number and the deepest nesting that a record has.
MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 60

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


def parse(content: bytes) -> Any:
    """The value of a JSON document in UTF-8.

    Raises:
        ValueError: It is none; or it has a number that no float or 64-bit integer holds, or that is none (NaN), half a
            character, or more than `MAX_DEPTH` levels.
    """
    try:
        document = json.loads(
            content.decode("utf-8"), parse_float=_float, parse_int=_integer, parse_constant=_no_number
        )
    except RecursionError:
        raise ValueError(f"nested more than {MAX_DEPTH} deep: maximum recursion depth exceeded") from None
    _require_shallow(document)
    # Text in UTF-8 has none itself: only an escape makes one.
    if b"\\ud" in content.lower() and _HALF_A_CHARACTER.search(json.dumps(document, ensure_ascii=False)):
        raise ValueError("half a character (a lone surrogate)")
    return document


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits:.30} is too large")
    return value


def _integer(digits: str) -> int:
    # The length first: Python refuses to read very long numbers.
    if len(digits) > 20 or abs(value := int(digits)) > MAX_INTEGER:
        raise ValueError(f"the whole number {digits:.30} is too large")
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _require_shallow(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        containers = [value for value in level if isinstance(value, dict | list)]
        if not containers:
            return
        level = [each for value in containers for each in (value.values() if isinstance(value, dict) else value)]
    raise ValueError(f"nested more than {MAX_DEPTH} deep")
