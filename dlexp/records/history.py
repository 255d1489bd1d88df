"""history.csv and diagnostics.csv: rows of numbers, written as they come, and read with care."""

import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from numbers import Integral
from pathlib import Path
from typing import TextIO

from dlexp import regular_files
from dlexp.components.columns import DIAGNOSED
from dlexp.errors import Changed
from dlexp.format import write_exact_csv
from dlexp.records.record_files import damaged, read, sha256
from dlexp.whole_files import Fence, write_text

#: The first column of a history and of diagnostics.
EPOCH = "epoch"
#: The columns of diagnostics.csv.
DIAGNOSTICS_COLUMNS = (EPOCH, "layer", *DIAGNOSED)

#: How many examples the units are looked at on.
PROBE_ROWS = 256


class HistoryWriter(AbstractContextManager["HistoryWriter"]):
    """A CSV file of numbers that grows by one row per epoch and can be read at any moment."""

    def __init__(self, path: Path, columns: Sequence[str], after: int = 0, fence: Fence | None = None) -> None:
        """Begin with the rows of the epochs up to `after` that the file has, as they stand there.

        They are copied into a new file: a row that an earlier owner of the run still adds gets lost in the old one.
        `fence` is asked before anything is written.
        """
        self._columns = tuple(columns)
        self._names = frozenset(columns)
        self._fence = fence
        header = io.StringIO()
        write_exact_csv(header, self._columns, ())
        kept = lines_up_to(path, after)[1:] if after and path.exists() else []
        content = header.getvalue() + b"".join(kept).decode()
        write_text(path, content, fence)
        self._path = path
        self._written = hashlib.sha256(content.encode())
        self._file: TextIO = path.open("a", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, float]) -> None:
        """Add a row of exactly the columns; floats are written so that they read back to the bit."""
        if row.keys() != self._names:
            raise ValueError(f"a row of {sorted(row)} into columns {sorted(self._columns)}")
        if self._fence:
            self._fence()
        # In one piece: a reader, or the next start after a kill, sees whole rows and at most one torn one.
        line = ",".join(_text(row[column]) for column in self._columns) + "\n"
        self._file.write(line)
        self._file.flush()
        self._written.update(line.encode())

    def require_unchanged(self) -> None:
        """Make sure that the file holds what was written: an editor that saves it replaces it, and loses later rows.

        Raises:
            Changed: It holds something else, or is gone.
        """
        try:
            found = sha256(self._path)
        except FileNotFoundError:
            found = ""
        if found != self._written.hexdigest():
            raise Changed(f"{self._path}: changed while the run was trained")

    def __exit__(self, *_: object) -> None:
        self._file.close()


def lines_up_to(path: Path, epoch: int) -> list[bytes]:
    """The header of a CSV file, and its whole lines whose first column, the epoch, is at most this one."""
    header, *lines = regular_files.read_bytes(path).splitlines(keepends=True) or [b""]
    try:
        return [header, *(line for line in lines if line.endswith(b"\n") and int(line.partition(b",")[0]) <= epoch)]
    except ValueError as error:
        raise damaged(path, "a row without an epoch") from error


def _text(value: float) -> str:
    """The shortest text that reads back to the same value; numpy's scalars too."""
    return str(int(value)) if isinstance(value, Integral) else repr(float(value))


def read_history(path: Path) -> list[dict[str, float]]:
    """A row for each epoch, 1, 2, 3, ...; `epoch` is a whole number. Empty if there is no file.

    What follows the last line end is left out: it is torn. Rows that are missing, twice or out of order are damage.
    """
    rows = _read_rows(path)
    for n, row in enumerate(rows, start=1):
        if row[EPOCH] != n:
            raise damaged(path, f"epoch {row[EPOCH]:.0f} where epoch {n} is expected", line=n + 1)
    return rows


def read_layers(path: Path) -> list[dict[str, float]]:
    """A row for each epoch and layer, `epoch` a whole number; as `read_history` else."""
    rows = _read_rows(path, DIAGNOSTICS_COLUMNS)
    # They only observe: of a run whose diagnostics were lost on the way, they begin where it was resumed.
    epoch, layer = rows[0][EPOCH] - 1 if rows else 0.0, 0.0
    for n, row in enumerate(rows, start=2):
        if (row[EPOCH], row["layer"]) not in ((epoch, layer + 1), (epoch + 1, 1)):
            raise damaged(path, f"layer {row['layer']:.0f} of epoch {row[EPOCH]:.0f} is not the next", line=n)
        epoch, layer = row[EPOCH], row["layer"]
    return rows


def _read_rows(path: Path, required: Sequence[str] = ()) -> list[dict[str, float]]:
    """The whole rows of a CSV file of numbers, `epoch`, its first column, a whole number."""
    try:
        text = (read(path) or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, error) from error
    header, *lines = text.split("\n")[:-1] or [""]
    columns = columns_of(header, path)
    if lacking := [column for column in required if lines and column not in columns]:
        raise damaged(path, f"no column {lacking[0]}")
    return [row_of(columns, line, path, number) for number, line in enumerate(lines, start=2)]


def columns_of(header: str, path: Path) -> list[str]:
    """The columns that the first line of a file names; none of an empty one."""
    try:
        columns = next(csv.reader([header]), [])
    except csv.Error as error:
        raise damaged(path, error, line=1) from error
    if header and (columns[:1] != [EPOCH] or len(set(columns)) < len(columns)):
        raise damaged(path, f"expected columns, the first {EPOCH} and none twice, given {header[:40]!r}", line=1)
    return columns


def row_of(columns: Sequence[str], line: str, path: Path, number: int) -> dict[str, float]:
    """The numbers in the line of a file that has this number."""
    try:
        row = dict(zip(columns, map(_number, line.split(",")), strict=True))
        if not row[EPOCH].is_integer():  # NaN and infinities are none.
            raise ValueError(row[EPOCH])
    except (KeyError, ValueError) as error:
        raise damaged(path, f"{line[:40]!r}", line=number) from error
    return row | {EPOCH: int(row[EPOCH])}


def _number(cell: str) -> float:
    value = float(cell)
    if math.isinf(value) and "inf" not in cell:  # More digits than a float has.
        raise ValueError(cell)
    return value
