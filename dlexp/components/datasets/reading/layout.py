"""Where the rows of a CSV file begin, what divides them, and what their columns are called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components.datasets.reading import delimiters, first_row
from dlexp.components.datasets.reading.delimiters import DELIMITERS, Beginning, Sample, common_width, is_consistent
from dlexp.components.datasets.reading.dialect import AUTO, COMMENTS, NONE, Dialect, named, shortened, typed
from dlexp.components.datasets.reading.lines import Marks, Record, lines, opens_at_end
from dlexp.components.remarks import Remark
from dlexp.errors import DataError, UserError
from dlexp.format import plural

#: A name of a column has fewer lines.
MAX_NAME_LINES = 5
#: So many lines may stand above the names of the columns.
MAX_ABOVE = 10


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the rows of a file lie in it."""

    marks: Marks
    names: Sequence[str]
    """Of all columns, as they stand there; an empty one may be."""
    width: int
    """Cells of a row: more than there are names where every row ends with the delimiter."""
    start: int
    """Where the first row begins, in characters."""
    line: int
    """The line in which the first row begins, from 1."""
    remarks: Sequence[Remark] = ()


def column_names(layout: Layout) -> list[str]:
    """What the columns are called: one without a name by its place."""
    return [name or f"Unnamed: {k}" for k, name in enumerate(layout.names)]


def layout(path: Path, head: str, is_whole: bool, dialect: Dialect) -> Layout:
    """What the beginning of a text shows; `is_whole` if it is the whole text.

    Raises:
        DataError: There are no rows in it, or no table begins where it should.
        UserError: The config says another delimiter than the file has, or not as many names.
    """
    numbered = list(enumerate(lines(head), 1))
    delimiter = _said_delimiter(path, numbered, dialect)
    beginning = Beginning(numbered[1:] if delimiter else numbered, is_whole)
    marks, remarks = _marks(path, head, beginning, replace(dialect, delimiter=delimiter or dialect.delimiter))
    sample = beginning.sample(marks)
    (record, first), *others = sample
    has_header, rows = dialect.header == "first", [row for _, row in others]
    if has_header:
        _require_header(path, sample, marks, dialect)
    names, width = _names(path, first, rows, dialect)
    behind = record.last_line if has_header else record.line - 1
    return Layout(
        marks=marks,
        names=names,
        width=width,
        start=sum(len(line) for _, line in numbered[:behind]),
        line=behind + 1,
        remarks=[*remarks, *_header_remarks(path, record, first, rows, dialect)],
    )


def _said_delimiter(path: Path, numbered: Sequence[tuple[int, str]], dialect: Dialect) -> str:
    """What the first line says to Excel, `sep=;`; nothing if it does not."""
    first = numbered[0][1].rstrip("\r\n") if numbered else ""
    if len(first) != len("sep=;") or not first.lower().startswith("sep="):
        return ""
    said, given = first[-1], dialect.delimiter
    if given not in (AUTO, said):
        found = f"{named(said)} divides the columns, as this line says, not {named(given)}"
        raise UserError(f"{path}: line 1: {found}; see dataset.delimiter: {typed(said)}")
    return said


def _marks(path: Path, head: str, beginning: Beginning, dialect: Dialect) -> tuple[Marks, list[Remark]]:
    """What divides the text into cells, and what is to be said of it."""
    quote = {AUTO: '"', NONE: ""}.get(dialect.quote, dialect.quote)
    comment = "" if dialect.comment == NONE else dialect.comment

    def marked(delimiter: str) -> Marks:
        skips_spaces = bool(quote) and f"{delimiter} {quote}" in head
        return Marks(delimiter=delimiter, quote=quote, comment=comment, skips_spaces=skips_spaces)

    samples = {each: beginning.sample(marked(each)) for each in DELIMITERS}
    found, doubt = delimiters.found(samples)
    given, remarks = dialect.delimiter, []
    marks = marked(found if given == AUTO else given)
    sample = samples.get(marks.delimiter) or beginning.sample(marks)
    if not sample:
        raise DataError(f"{path}: the file is empty")
    (record, first), *_ = sample
    if given == AUTO:
        doubt = doubt or (delimiters.odd(beginning, marks) if len(first) == 1 else "")
        remarks += delimiters.remarks(path, found, doubt)
    elif given != found and len(first) == 1 and is_consistent(samples[found]):
        raise UserError(
            f"{path}: no {named(given)} in line {record.line}, but {named(found, 2)} "
            f"between {len(samples[found][0][1])} columns; see dataset.delimiter: {typed(found)}"
        )
    if dialect.quote == AUTO and delimiters.quote(marks, beginning, sample) != quote:
        marks = replace(marks, quote="'")
        said = "cells stand between apostrophes, which are taken as quotation marks"
        remarks.append(Remark(rule="quote", place=str(path), found=said, key="dataset.quote: none"))
    return marks, remarks


def _names(path: Path, first: list[str], others: list[list[str]], dialect: Dialect) -> tuple[list[str], int]:
    """What the columns are called, and how many cells a row has: one more if all rows end with the delimiter."""
    has_header = dialect.header == "first"
    rows = others if has_header else [first, *others]

    def is_ended(n: int) -> bool:
        return bool(rows) and all(len(row) == n + 1 and not row[n].strip() for row in rows)

    if dialect.names is not None:
        names, n_cells = list(dialect.names), len(rows[0]) if rows else len(first)
        if len(names) != n_cells and not is_ended(len(names)):
            raise UserError(f"{path}: {n_cells} columns, but dataset.names has {plural(len(names), 'name')}")
    elif has_header:
        names = [cell.strip().lstrip("\ufeff") for cell in first]
        n = len(names) - 1
        if n and not names[-1] and rows and (is_ended(n) or all(len(row) == n for row in rows)):
            names.pop()  # The header ends with the delimiter.
    else:
        names = [f"column_{k}" for k in range(1, len(first) + 1)]
    return names, len(names) + is_ended(len(names))


def _header_remarks(
    path: Path, record: Record, first: list[str], rows: Sequence[list[str]], dialect: Dialect
) -> Iterator[Remark]:
    """That the first row looks like another one than it is taken as."""
    place, shown = f"{path}: line {record.line}", shortened(record.text)
    if dialect.header == "none":
        if first_row.is_header(first, rows):
            found = f"{shown!r} looks like names of columns, but is taken as a row"
            yield Remark(rule="header", place=place, found=found, key="dataset.header: first")
        return
    for name in first if dialect.names is None else ():
        if name != name.strip():
            found = f"the name {name!r} begins or ends with a space, which is left out"
            yield Remark(rule="spaces", place=place, found=found)
            break
    if first_row.is_row(first, rows):
        found = f"{shown!r} looks like the rows below it, but is taken as the names of the columns"
        key = f"dataset.header: none, which calls them column_1 to column_{len(first)}, or see dataset.names"
        yield Remark(rule="header", place=place, found=found, key=key)


def _require_header(path: Path, sample: Sample, marks: Marks, dialect: Dialect) -> None:
    """Refuse lines above the table, and a header that is shorter than its rows."""
    (record, first), *others = sample
    rows, place = [row for _, row in others], f"{path}: line {record.line}"
    if marks.quote and (opens_at_end(record.text, marks) or record.last_line >= record.line + MAX_NAME_LINES):
        raise DataError(
            f"{place}: a quotation mark in it opens a name that goes on to line {record.last_line}; "
            "put the quotation mark right, or see dataset.quote: none"
        )
    if dialect.names is not None:
        return
    width, shown = common_width(others), repr(shortened(record.text))
    if first[0].startswith(tuple(COMMENTS)) and (
        len(first) < width or (rows and first_row.is_header(rows[0], rows[1:]))
    ):
        advice = f"dataset.comment: {typed(first[0][0])}, which leaves out lines that begin so"
        raise DataError(f"{place}: {shown} is no header of {plural(width, 'column')}; see {advice}")
    if len(first) == width and (names := _names_below(first, rows)):
        raise DataError(
            f"{place}: {shown} names few of the {width} columns, and {shortened(names)!r} stands below it; "
            "remove the lines above the names of the columns"
        )
    n_right = sum(len(row) == width for row in rows)
    is_ended = width == len(first) + 1 and all(len(row) == width and not row[-1].strip() for row in rows)
    if len(first) >= width or is_ended or len(rows) < 2 or n_right < len(rows) / 2:
        return
    what = f"{shown} has {plural(len(first), 'cell')}, and most lines have {width}"
    if len(rows[0]) != width or len(first) not in (1, width - 1):
        raise DataError(f"{place}: {what}; the first line has to name the columns: remove the lines above it")
    if len(first) == 1:
        advice = f"and a cell with a {named(marks.delimiter)} in it to stand in quotation marks"
        raise DataError(f"{place}: {what}; the first line has to name the columns, {advice}")
    advice = f"name all {width} columns by dataset.names"
    raise DataError(f"{place}: the header has one name fewer than the rows have cells; {advice}")


def _names_below(first: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The row that names all columns, if the first one names less than half of them; nothing if it does not."""
    if 2 * sum(bool(cell.strip()) for cell in first) >= len(first):
        return ""
    for row in rows[:MAX_ABOVE]:
        if len(row) == len(first) and all(cell.strip() and not first_row.is_number(cell) for cell in row):
            return ", ".join(row)
    return ""
