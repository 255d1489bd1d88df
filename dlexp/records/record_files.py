"""Recorded files, read with care: what was cut short, edited into nonsense or replaced is damage, in one line."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dlexp import regular_files
from dlexp.errors import DlexpError
from dlexp.records import strict_json
from dlexp.records.shapes import Check, anything

#: A larger file is no record of a run.
MAX_BYTES = 256_000_000
#: The first column of a history and of diagnostics.
EPOCH = "epoch"


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
    if content is None:
        return None
    record = parsed(content, path)
    require(record, check, path)
    return record


def parsed(content: bytes, path: Path) -> dict[str, Any]:
    """The mapping in the content of a JSON file.

    Raises:
        DamagedRecord: It is something else.
    """
    try:
        record = strict_json.parse(content)
    except ValueError as error:
        raise damaged(path, error) from error
    if not isinstance(record, dict):
        raise damaged(path, "no mapping")
    return record


def require(record: dict[str, Any], check: Check, path: Path) -> None:
    """Check a record.

    Raises:
        DamagedRecord: It is not what it should be.
    """
    if wrong := check(record, ""):
        raise damaged(path, wrong)


def read_history(path: Path) -> list[dict[str, float]]:
    """A row for each epoch, 1, 2, 3, ...; `epoch` is a whole number. Empty if there is no file.

    What follows the last line end is left out: it is torn.

    Raises:
        DamagedRecord: A whole line cannot be read, or is not the next epoch's.
    """
    rows = _read_rows(path)
    for n, row in enumerate(rows, start=1):
        if row[EPOCH] != n:
            raise damaged(path, f"epoch {row[EPOCH]:.0f} where epoch {n} is expected", line=n + 1)
    return rows


def read_layers(path: Path, columns: Sequence[str]) -> list[dict[str, float]]:
    """A row for each epoch and layer, `epoch` a whole number; as `read_history` else.

    Raises:
        DamagedRecord: A whole line cannot be read, it lacks one of the columns, or rows are missing, twice or out of
            order.
    """
    rows = _read_rows(path, columns)
    # They only observe: of a run whose diagnostics were lost on the way, they begin where it was resumed.
    before = (int(rows[0][EPOCH]) - 1, 0) if rows else (0, 0)
    for n, row in enumerate(rows, start=2):
        epoch, layer = row[EPOCH], row["layer"]
        if (epoch, layer) not in ((before[0], before[1] + 1), (before[0] + 1, 1)):
            raise damaged(path, f"layer {layer:.0f} of epoch {epoch:.0f} is not the next", line=n)
        before = (int(epoch), int(layer))
    return rows


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


def _read_rows(path: Path, required: Sequence[str] = ()) -> list[dict[str, float]]:
    """The whole rows of a CSV file of numbers, `epoch`, its first column, a whole number."""
    try:
        text = (read(path) or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, error) from error
    header, *lines = text.split("\n")[:-1] or [""]
    columns = _columns(path, header) if header else []
    if lacking := [column for column in required if lines and column not in columns]:
        raise damaged(path, f"no column {lacking[0]}")
    rows = []
    for number, line in enumerate(lines, start=2):
        try:
            row = dict(zip(columns, map(_number, line.split(",")), strict=True))
            rows.append(row | {EPOCH: _whole(row[EPOCH])})
        except (KeyError, ValueError) as error:
            raise damaged(path, f"{line[:40]!r}", line=number) from error
    return rows


def _columns(path: Path, header: str) -> list[str]:
    try:
        columns = next(csv.reader([header]))
    except csv.Error as error:
        raise damaged(path, error, line=1) from error
    if columns[:1] != [EPOCH] or len(set(columns)) < len(columns):
        raise damaged(path, f"expected columns, the first {EPOCH} and none twice, given {header[:40]!r}", line=1)
    return columns


def _number(cell: str) -> float:
    value = float(cell)
    if math.isinf(value) and "inf" not in cell:  # More digits than a float has.
        raise ValueError(cell)
    return value


def _whole(value: float) -> int:
    if not value.is_integer():  # NaN and infinities are none.
        raise ValueError(value)
    return int(value)
