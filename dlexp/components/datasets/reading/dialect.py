"""How the rows of a CSV file are written: what the config says of it, and what the file's beginning shows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from dlexp.components.datasets.reading import first_row
from dlexp.components.datasets.reading.lines import SPACES, Marks, Record, cells, lines, opens_at_end, records
from dlexp.components.remarks import Remark
from dlexp.errors import DataError, UserError

AUTO, NONE = "auto", "none"
COMMA = ","
#: What is looked for between the columns, the likeliest first.
DELIMITERS = (COMMA, ";", "\t", "|", SPACES)
#: What is named where none of these is there.
ODD = ":^~\x01\x1f"
#: What lines begin with that some programs write above a table.
COMMENTS = "#%!"
#: So many records tell how a file is written.
N_LOOKED_AT = 500
#: Share of the records that have as many cells as the first one where the right character divides them.
MOSTLY = 0.9
MAX_SHOWN = 40
#: A name of a column has fewer lines.
MAX_NAME_LINES = 5
#: So many lines may stand above the names of the columns.
MAX_ABOVE = 10


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a file is written, as far as its config says so."""

    delimiter: str = AUTO
    """One character, `spaces` or `auto`."""
    quote: str = AUTO
    """One character, `none` or `auto`."""
    encoding: str = "utf-8"
    comment: str = NONE
    """One character or `none`."""
    header: Literal["first", "none"] = "first"
    names: Sequence[str] | None = None
    """The names of the columns, instead of those of the header if there is one."""


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


def layout(path: Path, head: str, is_whole: bool, dialect: Dialect) -> Layout:
    """What the beginning of a text shows; `is_whole` if it is the whole text.

    Raises:
        DataError: There are no rows in it, or no table begins where it should.
        UserError: The config says another delimiter than the file has, or not as many names.
    """
    numbered = list(enumerate(lines(head), 1))
    skipped, said = _separator_line(numbered)
    remarks = []
    quote = {AUTO: '"', NONE: ""}.get(dialect.quote, dialect.quote)
    comment = "" if dialect.comment == NONE else dialect.comment
    given = dialect.delimiter
    if said and given in (AUTO, said):
        given = said
    elif said:
        place, found = f"{path}: line 1", f"{named(said)} divides the columns, as this line says, not {named(given)}"
        raise UserError(f"{place}: {found}; see dataset.delimiter: {typed(said)}")
    marked = {each: _marks(head, each, quote, comment) for each in DELIMITERS}
    looked_at = {each: _looked_at(numbered[skipped:], marked[each], is_whole) for each in DELIMITERS}
    found, doubt = _delimiter(looked_at)
    marks = _marks(head, found if given == AUTO else given, quote, comment)
    rows = looked_at.get(marks.delimiter) or _looked_at(numbered[skipped:], marks, is_whole)
    if not rows:
        raise DataError(f"{path}: the file is empty")
    if given == AUTO:
        if len(rows[0][1]) == 1:
            doubt = _odd_delimiter(numbered[skipped:], marks, is_whole)
        remarks += _delimiter_remarks(path, found, doubt)
    if given != AUTO and given != found and len(rows[0][1]) == 1 and _is_consistent(looked_at[found]):
        raise UserError(
            f"{path}: no {named(given)} in line {rows[0][0].line}, but {named(found, 2)} "
            f"between {len(looked_at[found][0][1])} columns; see dataset.delimiter: {typed(found)}"
        )
    if dialect.quote == AUTO:
        marks = replace(marks, quote=_quote(marks, numbered[skipped:], rows, is_whole))
        if marks.quote == "'":
            rows = _looked_at(numbered[skipped:], marks, is_whole)
            found = "cells stand between apostrophes, which are taken as quotation marks"
            remarks.append(Remark(rule="quote", place=str(path), found=found, key="dataset.quote: none"))
    return _laid_out(path, rows, numbered, marks, dialect, remarks)


def named(delimiter: str, n: int = 1) -> str:
    """A character in words, for messages, or several of it."""
    words = {COMMA: "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
    word = words.get(delimiter)
    return f"{word}{'s' * (n > 1)}" if word else "white space" if delimiter == SPACES else repr(delimiter)


def typed(value: str) -> str:
    """A value as it is typed into a config."""
    return value if value.isalnum() else '"\\t"' if value == "\t" else "'\"'" if value == '"' else f'"{value}"'


def shortened(text: str) -> str:
    """A text for a message: the first characters, in one line."""
    shown = " ".join(text.split())
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."


Looked = list[tuple[Record, list[str]]]


def _marks(head: str, delimiter: str, quote: str, comment: str) -> Marks:
    skips_spaces = bool(quote) and f"{delimiter} {quote}" in head
    return Marks(delimiter=delimiter, quote=quote, comment=comment, skips_spaces=skips_spaces)


def _looked_at(numbered: Sequence[tuple[int, str]], marks: Marks, is_whole: bool) -> Looked:
    """The first records with their cells; the last one may be cut unless the text is whole."""
    found: Looked = []
    for record in records(numbered, marks):
        if len(found) == N_LOOKED_AT:
            return found
        found.append((record, cells(record.text, marks)))
    is_cut = found and not is_whole and len(found) > 1
    return found[:-1] if is_cut else found


def _separator_line(numbered: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """How many lines say what Excel takes as the delimiter, `sep=;`, and the character."""
    first = numbered[0][1].rstrip("\r\n") if numbered else ""
    is_said = len(first) == len("sep=;") and first.lower().startswith("sep=")
    return (1, first[-1]) if is_said else (0, "")


def _is_consistent(looked_at: Looked) -> bool:
    """Whether there are several columns, and in nearly all rows as many as in the first one."""
    if not looked_at or (width := len(looked_at[0][1])) < 2:
        return False
    # A row may end with the delimiter.
    n_right = sum(len(row) == width or (len(row) == width + 1 and not row[-1].strip()) for _, row in looked_at)
    return n_right >= MOSTLY * len(looked_at)


def _delimiter(looked_at: dict[str, Looked]) -> tuple[str, str]:
    """What divides the columns, and what else may do so: the comma wherever it may, since it is the usual one."""
    widths = {each: len(rows[0][1]) for each, rows in looked_at.items() if _is_consistent(rows)}
    if SPACES in widths and (len(widths) > 1 or not _are_numbers(looked_at[SPACES])):
        del widths[SPACES]
    if widths:
        # Other than what divides rows by chance, the right one leaves no other in the cells, except in numbers.
        best = max(widths, key=lambda each: (_n_plain(looked_at[each]), each == COMMA, widths[each]))
        return best, next((each for each, width in widths.items() if each != best and width >= widths[best]), "")
    divided = [each for each, rows in looked_at.items() if each != SPACES and rows and len(rows[0][1]) > 1]
    if not divided:  # Lines above the table, perhaps.
        divided = [each for each in DELIMITERS[:-1] if _common_width(looked_at[each]) > 1]
    return (COMMA if COMMA in divided or not divided else divided[0]), ""


def _odd_delimiter(numbered: Sequence[tuple[int, str]], marks: Marks, is_whole: bool) -> str:
    """A character that divides all rows alike, though few programs write it; nothing if there is none."""
    return next(
        (each for each in ODD if _is_consistent(_looked_at(numbered, replace(marks, delimiter=each), is_whole))), ""
    )


def _n_plain(looked_at: Looked) -> float:
    """The share of cells that are numbers, or have nothing in them that may divide columns."""
    found = [cell for _, row in looked_at for cell in row]
    return sum(first_row.is_number(cell) or not set(cell) & set(DELIMITERS[:-1]) for cell in found) / len(found)


def _are_numbers(looked_at: Looked) -> bool:
    """Whether most cells below the first row are numbers: words between spaces are mostly a text."""
    below = [cell for _, row in looked_at[1:] for cell in row]
    return bool(below) and sum(map(first_row.is_number, below)) > len(below) / 2


def _delimiter_remarks(path: Path, found: str, doubt: str) -> list[Remark]:
    said = f"its columns are read as separated by {named(found, 2)}"
    if doubt:
        said = said if doubt in DELIMITERS else "it is read as one column"
        said += f", though {named(doubt, 2)} would divide all rows alike"
        return [Remark(rule="delimiter", place=str(path), found=said, key=f"dataset.delimiter: {typed(doubt)}")]
    if found == COMMA:
        return []
    return [Remark(rule="delimiter", place=str(path), found=said, key=f"dataset.delimiter: {typed(found)}")]


def _quote(marks: Marks, numbered: Sequence[tuple[int, str]], looked_at: Looked, is_whole: bool) -> str:
    """The apostrophe, if no other quotation mark is there and whole columns stand between two of it."""
    if any('"' in record.text for record, _ in looked_at) or len(looked_at) < 3:
        return marks.quote
    rows = [row for _, row in looked_at[1:]]
    width = max(map(len, rows))
    columns = [[row[k].strip() for row in rows if k < len(row) and row[k].strip()] for k in range(width)]

    def is_between(cell: str) -> bool:
        return len(cell) > 1 and cell[0] == cell[-1] == "'"

    if not any(column and all(map(is_between, column)) for column in columns):
        return marks.quote
    by_apostrophe = _looked_at(numbered, replace(marks, quote="'"), is_whole)
    return "'" if len(by_apostrophe) == len(looked_at) and _is_consistent(by_apostrophe) else marks.quote


def _common_width(looked_at: Looked) -> int:
    """The number of cells that most rows have."""
    return Counter(len(row) for _, row in looked_at).most_common(1)[0][0] if looked_at else 0


def _laid_out(
    path: Path,
    looked_at: Looked,
    numbered: Sequence[tuple[int, str]],
    marks: Marks,
    dialect: Dialect,
    remarks: Sequence[Remark],
) -> Layout:
    """Where the rows begin, and what their columns are called."""
    (record, first), *others = looked_at
    has_header = dialect.header == "first"
    rows = others if has_header else looked_at
    n_cells = len(rows[0][1]) if rows else len(first)
    if has_header:
        _require_beginning(path, looked_at, marks, dialect)
    names = (
        [cell.strip().lstrip("\ufeff") for cell in first] if has_header else [f"column_{k + 1}" for k in range(n_cells)]
    )
    if dialect.names is not None:
        is_ended = n_cells == len(dialect.names) + 1 and all(not row[-1].strip() for _, row in rows)
        if len(dialect.names) != n_cells and not is_ended:
            raise UserError(f"{path}: {n_cells} columns, but dataset.names has {len(dialect.names)} names")
        names = list(dialect.names)
    elif has_header and len(names) > 1 and not names[-1] and rows and all(_is_ended(row, names) for _, row in rows):
        names.pop()
    is_ended = bool(rows) and all(len(row) == len(names) + 1 and not row[-1].strip() for _, row in rows)
    behind = record.last_line if has_header else record.line - 1
    return Layout(
        marks=marks,
        names=names,
        width=len(names) + is_ended,
        start=sum(len(line) for _, line in numbered[:behind]),
        line=behind + 1,
        remarks=[*remarks, *_header_remarks(path, record, first, [row for _, row in others], dialect)],
    )


def _is_ended(row: Sequence[str], names: Sequence[str]) -> bool:
    """Whether nothing stands below the last name, which is none: the header ends with the delimiter, as rows may."""
    return len(row) == len(names) - 1 or (len(row) == len(names) and not row[-1].strip())


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


def _require_beginning(path: Path, looked_at: Looked, marks: Marks, dialect: Dialect) -> None:
    """Refuse lines above the table, and a header that is shorter than its rows."""
    (record, first), *others = looked_at
    if marks.quote and (opens_at_end(record.text, marks) or record.last_line >= record.line + MAX_NAME_LINES):
        raise DataError(
            f"{path}: line {record.line}: a quotation mark in it opens a name that goes on to line {record.last_line}; "
            "put the quotation mark right, or see dataset.quote: none"
        )
    common = _common_width(others)
    mark = first[0][:1] if first[0][:1] and first[0][0] in COMMENTS else ""
    n_right = sum(len(row) == common for _, row in others)
    is_unclear = len(others) < 2 or n_right < len(others) / 2
    if dialect.names is not None:
        return
    if len(first) == common and (names := _names_below(first, [row for _, row in others])):
        raise DataError(
            f"{path}: line {record.line}: {shortened(record.text)!r} names few of the {common} columns, and "
            f"{shortened(names)!r} stands below it; remove the lines above the names of the columns"
        )
    if len(first) >= common or is_unclear:
        return
    if all(len(row) == common and not row[-1].strip() for _, row in others) and common == len(first) + 1:
        return  # Every row ends with the delimiter.
    place = f"{path}: line {record.line}"
    what = f"{shortened(record.text)!r} has {_cells(len(first))}, and most lines have {common}"
    if mark:
        raise DataError(f"{place}: {what}; see dataset.comment: {typed(mark)}, which leaves out lines that begin so")
    begin = next(record.line for record, row in others if len(row) == common)
    if begin == others[0][0].line and len(first) == 1:
        advice = f"and a cell with a {named(marks.delimiter)} in it to stand in quotation marks"
        raise DataError(f"{place}: {what}; the first line has to name the columns, {advice}")
    if begin == others[0][0].line and common == len(first) + 1:
        advice = f"name all {common} columns by dataset.names"
        raise DataError(f"{place}: the header has one name fewer than the rows have cells; {advice}")
    raise DataError(f"{place}: {what}; the first line has to name the columns: remove the lines above it")


def _names_below(first: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The row that names all columns, if the first one names less than half of them; nothing if it does not."""
    if 2 * sum(bool(cell.strip()) for cell in first) >= len(first):
        return ""
    for row in rows[:MAX_ABOVE]:
        if len(row) == len(first) and all(cell.strip() and not first_row.is_number(cell) for cell in row):
            return ", ".join(row)
    return ""


def _cells(n: int) -> str:
    return f"{n} cell{'s' * (n != 1)}"
