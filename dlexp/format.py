"""How results are written, each format once: aligned columns, CSV, JSON and Markdown."""

import csv
import io
import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TextIO

from dlexp.console import one_line, safe

#: What `--format` takes where the result is one table, and where it is a page.
TableFormat = Literal["table", "json", "csv", "md"]
PageFormat = Literal["table", "json"]
#: Of many things in a sentence, so many are named.
N_LISTED = 3

#: How a formula begins; leading tabs and carriage returns are skipped by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: A list of numbers, on several lines.
_NUMBERS = re.compile(r"\[\n[-+.0-9a-zA-Z,\s]*\]")
_NUMBER = re.compile(r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.?inf|\.?nan)")


def tabulated(
    output: TableFormat,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    columns: Sequence[str],
    records: Iterable[Mapping[str, Any]],
) -> str:
    """A table with a line end after its last line: `header` and `rows` are cells as they are read.

    JSON and CSV have the `records`, numbers with all digits, in these `columns`.
    """
    match output:
        case "table":
            return "\n".join(aligned([header, *rows])) + "\n"
        case "json":
            return to_json(list(records))
        case "csv":
            return to_csv(columns, records)
        case "md":
            return "\n".join(markdown_table(header, rows)) + "\n"


def plural(n: int, thing: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 4 more`."""
    more = f" and {len(names) - N_LISTED:,} more" if len(names) > N_LISTED else ""
    return f"{', '.join(names[:N_LISTED])}{more}"


def joined(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def aligned(rows: Iterable[Iterable[str]], gap: str = "  ", *, numbers: bool = False) -> list[str]:
    """A line for each row, every column as wide as its widest cell; line ends and control characters are escaped.

    The rows are of equal length, the first may be a header. With `numbers`, all columns except the first are flush
    right.
    """
    cells = [list(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sides = ["<", *(">" if numbers else "<") * (len(widths) - 1)]
    return [
        gap.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in cells
    ]


#: Stands for the second column of a wide character while lines are counted; no text has it, since it would be escaped.
_SECOND_COLUMN = "\0"


def paragraph(text: str, width: int | None, start: str = "", below: str = "") -> list[str]:
    """A text in lines of at most `width`, or in one line; the first one begins with `start`, the others with `below`.

    An option, a name or a number is not cut at a hyphen; line ends and control characters are escaped.
    """
    line = one_line(text)
    if width is None:
        return [start + line]
    if not line.isascii():
        line = _with_wide_characters(line, max(width - len(max(start, below, key=len)), 2))
    lines = textwrap.wrap(line, width, initial_indent=start, subsequent_indent=below, break_on_hyphens=False)
    return [each.replace(_SECOND_COLUMN, "") for each in lines]


def _with_wide_characters(line: str, room: int) -> str:
    """A text as long as it is wide, no word of which has to be broken within a character that takes two columns."""
    from rich.cells import cell_len, chop_cells

    words = [
        piece for word in line.split(" ") for piece in (chop_cells(word, room) if cell_len(word) > room else [word])
    ]
    return "".join(each + _SECOND_COLUMN * (cell_len(each) - 1) for each in " ".join(words))


def filled(items: Iterable[str], width: int, gap: str = "  ") -> list[str]:
    """Lines of at most `width`, each with as many of the items as there is room for; only longer items are broken."""
    lines: list[str] = []
    for item in map(one_line, items):
        if lines and len(lines[-1]) + len(gap) + len(item) <= width:
            lines[-1] += gap + item
        else:
            lines += paragraph(item, width, below="  ")
    return lines


def markdown_table(header: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in (header, *rows)]
    return [f"| {lines[0]} |", "|---" * len(header) + "|", *(f"| {line} |" for line in lines[1:])]


def to_json(value: Any, *, flat_lists: bool = False) -> str:
    """Readable JSON with a line end; a number that JSON lacks (NaN, an infinity) becomes null.

    With `flat_lists`, a list of numbers stands on one line.
    """
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # Within a string, a line end is written otherwise.
    return _NUMBERS.sub(lambda found: "".join(found[0].split()).replace(",", ", "), text) if flat_lists else text


def to_json_line(value: Any) -> str:
    """The same in one line, without a line end."""
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """The text that `write_csv` writes."""
    file = io.StringIO()
    write_csv(file, columns, rows)
    return file.getvalue()


def write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a header and the rows, safe to open in a spreadsheet; a column that a row lacks is an empty cell.

    A spreadsheet would run a class named `=HYPERLINK(...)`: such text gets a leading `'`, which marks it as text.
    Numbers stay as they are; control characters are written as escapes.
    """
    cells = ([_marked(row.get(column, "")) for column in columns] for row in rows)
    write_exact_csv(file, map(_marked, columns), cells)


def write_exact_csv(file: TextIO, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a header and the rows as they are, for programs to read."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _marked(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # Python's csv leaves a carriage return without quotes, and readers take it for the end of the row.
    return safe(f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell)
