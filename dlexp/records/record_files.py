"""Recorded files, read with care: what was cut short, edited into nonsense or replaced is damage, in one line."""

import hashlib
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.errors import DlexpError
from dlexp.records import strict_json
from dlexp.records.shapes import Check, anything

#: A larger file is no record of a run.
MAX_BYTES = 256_000_000


class DamagedRecord(DlexpError):
    """A record that was cut short, edited into nonsense, replaced, or moved in from another run."""


def damaged(path: Path, why: object, line: int | None = None) -> DamagedRecord:
    """What is wrong with a record, in one line whatever it holds."""
    said = why.strerror or str(why) if isinstance(why, OSError) else str(why)
    place = str(path) if line is None else f"{path}:{line}"
    return DamagedRecord(f"{place}: damaged: {''.join(c if c.isprintable() else ascii(c)[1:-1] for c in said)}")


def read_json(path: Path, check: Check = anything) -> dict[str, Any] | None:
    """The mapping in a JSON file, checked; None if there is no file.

    Raises:
        DamagedRecord: It cannot be read, or is something else.
    """
    content = read(path)
    return None if content is None else parsed(content, path, check)


def parsed(content: bytes, path: Path, check: Check = anything) -> dict[str, Any]:
    """The mapping in the content of a JSON file, checked.

    Raises:
        DamagedRecord: It is something else.
    """
    try:
        record = strict_json.parse(content)
    except ValueError as error:
        raise damaged(path, error) from error
    if not isinstance(record, dict):
        raise damaged(path, "no mapping")
    if wrong := check(record, ""):
        raise damaged(path, wrong)
    return record


def sha256(path: Path) -> str:
    """The SHA-256 of a file (hex), of whatever size."""
    with regular_files.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path) -> bytes | None:
    """The bytes of a record; None if there is no file.

    Raises:
        DamagedRecord: It cannot be read, or is too large for one.
    """
    try:
        return regular_files.read_bytes(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, MemoryError) as error:
        raise damaged(path, error) from error
