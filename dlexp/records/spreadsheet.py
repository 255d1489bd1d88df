"""CSV that is safe to open in a spreadsheet: text that looks like a formula is marked as text."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from dlexp.console import safe

#: How a formula begins; leading tabs and carriage returns are skipped by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.?inf|\.?nan)")


def write(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and the rows; a column that a row lacks is an empty cell.

    A spreadsheet would run a class named `=HYPERLINK(...)`: such text gets a leading `'`, which marks it as text.
    Numbers stay as they are; control characters are written as escapes.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_marked, columns))
    writer.writerows([_marked(row.get(column, "")) for column in columns] for row in rows)


def _marked(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # Python's csv leaves a carriage return without quotes, and readers take it for the end of the row.
    return safe(f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell)
