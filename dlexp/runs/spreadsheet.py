"""CSV that a spreadsheet can open: text that it would take for a formula is marked as text."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from dlexp.console import safe

#: What a formula begins with; in front of one, tabs and carriage returns are passed over.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.?inf|\.?nan)")


def write(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and a row each; a column that a row does not have is an empty cell.

    A class named `=HYPERLINK(...)` would be run by whoever opens the file: it gets a leading `'`, which a spreadsheet
    takes as the sign of text. Numbers stay as they are; control characters are written out.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_marked, columns))
    writer.writerows([_marked(row.get(column, "")) for column in columns] for row in rows)


def _marked(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # Python's csv leaves a carriage return without quotes, and readers take it for the end of the row.
    return safe(f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell)
