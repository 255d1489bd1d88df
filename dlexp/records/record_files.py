"""Recorded files, read with care: what was cut short, edited into nonsense or replaced is damage, in one line.

What reads raises `DamagedRecord` where a file holds something else than it is read as, or cannot be read.
"""

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.errors import DlexpError
from dlexp.records.shapes import Check, anything

#: A larger file is no record of a run; nor is one with a larger whole number or deeper nesting.
MAX_BYTES = 256_000_000
MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 60

_ESCAPED_HALF = re.compile(rb"\\u[dD]")
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


class DamagedRecord(DlexpError):
    """A record that was cut short, edited into nonsense, replaced, or moved in from another run."""


def damaged(path: Path, why: object, line: int | None = None) -> DamagedRecord:
    """What is wrong with a record, in one line whatever it holds."""
    said = why.strerror or str(why) if isinstance(why, OSError) else str(why)
    place = str(path) if line is None else f"{path}:{line}"
    return DamagedRecord(f"{place}: damaged: {''.join(c if c.isprintable() else ascii(c)[1:-1] for c in said)}")


def sha256(path: Path) -> str:
    """The SHA-256 of a file (hex), of whatever size."""
    with regular_files.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> bytes | None:
    """The bytes of a record; None if there is no file."""
    try:
        return regular_files.read_bytes(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, MemoryError) as error:
        raise damaged(path, error) from error


def read_json(path: Path, check: Check = anything) -> dict[str, Any] | None:
    """The mapping in a JSON file, checked; None if there is no file."""
    content = read(path)
    return None if content is None else parsed(content, path, check)


def parsed(content: bytes, path: Path, check: Check = anything, line: int | None = None) -> dict[str, Any]:
    """The mapping in the content of a JSON file, or in this line of one, checked."""
    try:
        record = _strict(content)
    except ValueError as error:
        raise damaged(path, error, line) from error
    if not isinstance(record, dict):
        raise damaged(path, "no mapping", line)
    if wrong := check(record, ""):
        raise damaged(path, wrong, line)
    return record


def _strict(content: bytes) -> Any:
    """The value of a JSON document in UTF-8; what would trip a reader later is refused at once, by a ValueError.

    That is a number that no float or 64-bit integer holds, or that is none (NaN), half a character, and deep nesting.
    """
    try:
        document = json.loads(content.decode(), parse_float=_float, parse_int=_integer, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"nested more than {MAX_DEPTH} deep: maximum recursion depth exceeded") from None
    # Nothing is deeper than there are brackets.
    if content.count(b"[") + content.count(b"{") > MAX_DEPTH and _is_deeper(document, MAX_DEPTH):
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    # Text in UTF-8 has none itself: only an escape makes one.
    if _ESCAPED_HALF.search(content) and _HALF_A_CHARACTER.search(json.dumps(document, ensure_ascii=False)):
        raise ValueError("half a character (a lone surrogate)")
    return document


def _is_deeper(document: Any, depth: int) -> bool:
    """Whether mappings and lists are nested deeper than so many levels."""
    level = [document]
    for _ in range(depth + 1):
        containers = [value for value in level if type(value) in (dict, list)]
        if not containers:
            return False
        level = [each for value in containers for each in (value.values() if type(value) is dict else value)]
    return True


def _float(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"the number {digits:.30} is too large")
    return value


def _integer(digits: str) -> int:
    # The length first: Python refuses to read very long numbers.
    if len(digits) > 20 or abs(value := int(digits)) > MAX_INTEGER:
        raise ValueError(f"the whole number {digits:.30} is too large")
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")
