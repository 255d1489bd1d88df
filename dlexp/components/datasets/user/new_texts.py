"""Texts that no split has, for `dlexp predict`: a line each of a file, the files of a folder, or a table's column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlexp.components.datasets.reading import csv_file
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import text_files
from dlexp.components.datasets.user.new_examples import require_examples, rows
from dlexp.components.datasets.user.roles import Roles
from dlexp.errors import UserError
from dlexp.format import plural
from dlexp.near_words import did_you_mean

#: The column of a table that has the texts, unless it has one column alone.
TEXT_COLUMN = "text"
#: What may lie between the names in the first line of a table.
_DELIMITERS = re.compile("[,;|\t]")


@dataclass(frozen=True)
class NewTexts:
    """Texts, and how they are named."""

    texts: Sequence[str]
    names: Sequence[str]
    """The line or row of each, counted from 1, or its file as seen from the folder."""
    notes: Sequence[str] = ()
    """What was read otherwise than it may be meant."""
    unit: str = "row"
    """What of the file or folder is one text: a row, a line or a file."""


def read(path: Path, reader: TextReader) -> NewTexts:
    """The texts of a folder, of a .txt file or of a table's column `text`, or its only one.

    Raises:
        DataError: They cannot be read.
        UserError: There are none.
    """
    return outside_tables(path, reader) or _of_table(path)


def outside_tables(path: Path, reader: TextReader, columns: Sequence[str] = ()) -> NewTexts | None:
    """The texts of a folder, or of a .txt file, one per line; None for a table, of which the first line names columns.

    Raises as `read`.
    """
    if path.is_dir():
        return _of_folder(path, reader)
    if not text_files.is_text(path):
        return None
    lines = _lines(path, reader)
    require_examples(path, len(lines))
    if {cell.strip(' "') for cell in _DELIMITERS.split(lines[0])} & set(columns):
        return None
    return NewTexts(lines, rows(len(lines)), _doubts(reader), "line")


def instead_of_table(path: Path, reader: TextReader, roles: Roles) -> NewTexts | None:
    """New texts for a table's column of texts that are in no table; None if they are, or none are learned from.

    Raises as `read`, and UserError if more than that column is needed.
    """
    found = outside_tables(path, reader, roles.texts) if roles.texts else None
    if found is None:
        return None
    needed = [*roles.texts, *(roles.features or [])]
    if len(needed) > 1:
        raise UserError(
            f"{path}: has texts alone; the model learned from {len(needed)} columns, so give a table with them: "
            f"{', '.join(needed)}"
        )
    return replace(found, notes=[*found.notes, f"each {found.unit} is taken as a text of column {needed[0]}"])


def _of_folder(folder: Path, reader: TextReader) -> NewTexts:
    paths = list(text_files.texts_below(folder))
    others = sorted({path for path in folder.rglob("*") if path.is_file()} - set(paths))
    unread = [path for path in others if not text_files.is_system_file(path)]
    notes = [f"not read: {plural(len(unread), 'file')}, the first {unread[0].relative_to(folder)}"] if unread else []
    require_examples(folder, len(paths))
    names = [str(path.relative_to(folder)) for path in paths]
    texts = list(reader.texts(paths))
    return NewTexts(texts, names, [*notes, *_doubts(reader)], "file")


def _lines(path: Path, reader: TextReader) -> list[str]:
    text = reader.text(path).removeprefix("\ufeff")
    # Not splitlines, which splits at form feeds and Unicode's separators too.
    return text.removesuffix("\n").split("\n") if text else []


def _doubts(reader: TextReader) -> list[str]:
    return [f"{each.place}: {each.found}" for each in reader.remarks()]


def _of_table(path: Path) -> NewTexts:
    read = csv_file.read(path)
    frame = read.frame
    require_examples(path, len(frame))
    columns = list(frame.columns)
    column = TEXT_COLUMN if TEXT_COLUMN in columns or len(columns) > 1 else columns[0]
    if column not in columns:
        hint = did_you_mean(TEXT_COLUMN, columns)
        raise UserError(
            f"{path}: no column {TEXT_COLUMN!r}.{hint} Give a .txt file with one text per line, or name the column so"
        )
    notes = [f"{each.place}: {each.found}" for each in read.remarks]
    if column != TEXT_COLUMN:
        notes.append(f"the texts are those of the only column, {column}")
    return NewTexts(frame[column].fillna("").to_list(), rows(len(frame)), notes)
