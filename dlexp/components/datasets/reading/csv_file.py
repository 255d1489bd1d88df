"""A reader of CSV files, packed or not: every cell as text, and every doubt of how the file was read."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.components import memory, snapshot
from dlexp.components.datasets.reading import encodings, packed, parsing
from dlexp.components.datasets.reading.dialect import Dialect
from dlexp.components.datasets.reading.layout import Layout, column_names, layout
from dlexp.components.datasets.reading.lines import lines
from dlexp.components.datasets.reading.read import Read
from dlexp.components.remarks import Remark
from dlexp.errors import DataError, DlexpError, in_one_line

if TYPE_CHECKING:
    from dlexp.components.datasets.reading.compact import Compact
    from dlexp.components.datasets.reading.compact_reading import Wanted

#: So many characters tell how a file is written, and so many lines if they are longer than that.
HEAD, HEAD_LINES = 1 << 16, 4
DEFAULT = Dialect()


def read(path: Path, dialect: Dialect = DEFAULT, rows: bool = True, wanted: "Wanted | None" = None) -> Read:
    """A table, all of it text, or its columns alone, without rows.

    If it says what is `wanted` of the columns, a large file is read compactly, where nothing in it is odd.

    Raises:
        DataError: It cannot be read: with the line, and the key that decides if there is one.
        UserError: The config says it is written otherwise than it is, or what unpacks it is not installed.
    """
    try:
        try:
            return _read(path, dialect, rows, wanted)
        except UnicodeError as error:
            with packed.opened(path, whole=False) as (file, _):
                raise encodings.refused(path, file.read(), dialect.encoding) from error
    except (DlexpError, MemoryError):
        raise
    except IsADirectoryError as error:
        raise DataError(f"{path}: a folder, not a file") from error
    # Each kind of archive has errors of its own, and a damaged one raises nearly any.
    except Exception as error:
        raise DataError(f"{path}: not a readable CSV file ({in_one_line(error)})") from error


def _read(path: Path, dialect: Dialect, rows: bool, wanted: "Wanted | None") -> Read:
    import pandas as pd

    with packed.opened(path, whole=False) as (file, remarks):
        head, is_whole = _head(_decoded(file, dialect))
    if wide := encodings.wide_encoding(head.encode()):
        raise DataError(f"{path}: UTF-16 without a byte order mark; see dataset.file_encoding: {wide}")
    found = layout(path, head, is_whole, dialect)
    remarks = [*remarks, *_misread(path, dialect), *found.remarks]
    frame = pd.DataFrame(columns=range(len(found.names)))
    compact = _compact(path, dialect, found, head, wanted) if rows and wanted else None
    if rows and not compact:
        memory.require(packed.CHARACTER_BYTES * packed.unpacked_size(path), str(path))
        frame, of_rows = parsing.rows(path, dialect.quote, found, partial(_text, path, dialect))
        remarks += of_rows
    frame.columns = pd.Index(column_names(found))
    return Read(frame, remarks, compact=compact)


def _compact(path: Path, dialect: Dialect, found: Layout, head: str, wanted: "Wanted") -> "Compact | None":
    """The rows in little memory; None if the file is small, packed, in another encoding, or odd in any way."""
    from dlexp.components.datasets.reading import compact_reading
    from dlexp.components.datasets.reading.blocks import Odd

    if packed.unpacked_size(path) < compact_reading.LEAST_BYTES or packed.is_packed(path):
        return None
    with snapshot.opened(path) as file:
        encoding = encodings.by_mark(beginning := file.read(encodings.MARK_BYTES), dialect.encoding)
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
        return None
    mark = len(codecs.BOM_UTF8) if beginning.startswith(codecs.BOM_UTF8) else 0
    try:
        return compact_reading.read(path, found, mark + len(head[: found.start].encode()), wanted)
    except Odd:
        return None


@contextmanager
def _text(path: Path, dialect: Dialect) -> Iterator[Iterator[str]]:
    """The text of a file, in pieces."""
    with packed.opened(path) as (file, _):
        yield _decoded(file, dialect)


def _decoded(file: packed.Unpacked, dialect: Dialect) -> Iterator[str]:
    beginning = file.read(encodings.MARK_BYTES)
    return encodings.decoded(beginning, file, encodings.by_mark(beginning, dialect.encoding))


def _head(pieces: Iterator[str]) -> tuple[str, bool]:
    """The first characters of a text, with some lines at least, and whether they are all."""
    head, size = "", HEAD
    for piece in pieces:
        head += piece
        while len(head) > size:
            if len(lines(head[:size])) > HEAD_LINES:
                return head[:size], False
            size *= 2
    return head, True


def _misread(path: Path, dialect: Dialect) -> list[Remark]:
    """That a text is UTF-8, though the config says another encoding."""
    if codecs.lookup(dialect.encoding).name == encodings.UTF_8:
        return []
    with packed.opened(path, whole=False) as (file, _):
        found = encodings.misread(file.read(), dialect.encoding)
    return [Remark(rule="encoding", place=str(path), found=found, key="dataset.file_encoding: utf-8")] if found else []
