"""The rows of a CSV file: parsed by pandas, then compared with the lines that they were read from."""

import csv
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dlexp.components.data import Frame
from dlexp.components.datasets.reading.counted_text import CountedText, behind, without_comments
from dlexp.components.datasets.reading.dialect import AUTO, named
from dlexp.components.datasets.reading.layout import Layout
from dlexp.components.datasets.reading.lines import BREAK, SPACES
from dlexp.components.datasets.reading.row_lines import Doubt, RowLines, Unclosed
from dlexp.components.datasets.reading.swallowed import N_LOOKED_AT, n_within, swallowed
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: Opens the text of a file, which comes in pieces.
Text = Callable[[], AbstractContextManager[Iterator[str]]]


@dataclass(frozen=True)
class _Checked:
    """Rows, and what the lines they were read from say of them."""

    frame: Frame
    remarks: list[Remark]
    doubt: Doubt | None


def rows(path: Path, quote: str, layout: Layout, text: Text) -> tuple[Frame, list[Remark]]:
    """The rows of a file, and what is to be said of them; `quote` is the key of the config.

    Raises:
        DataError: A row has more cells than there are columns, or quotation marks have joined rows, and the file cannot
            be read without any quotation marks either.
    """
    checked: _Checked | None
    try:
        checked = _checked(path, layout, text)
        doubt = checked.doubt
    except Unclosed as error:
        checked, doubt = None, error.doubt
    if checked and not doubt:
        return checked.frame, checked.remarks
    assert doubt  # Without rows there is one.
    key = "dataset.quote: none"
    if quote == AUTO and (plain := _unquoted(path, layout, text)):
        return plain.frame, [*plain.remarks, doubt.remark("so quotation marks are read as characters", key)]
    if not checked or (quote == AUTO and doubt.is_likely):
        raise doubt.refusal()
    return checked.frame, [*checked.remarks, doubt.remark("it is read as one cell", key)]


def _unquoted(path: Path, layout: Layout, text: Text) -> _Checked | None:
    """The rows where quotation marks are characters; None if these do not fit the columns, or stand around cells."""
    try:
        checked = _checked(path, replace(layout, marks=replace(layout.marks, quote="")), text)
    except DataError:
        return None
    is_short = any(remark.rule == "short_rows" for remark in checked.remarks)
    return None if is_short or _is_quoted(checked.frame, layout.marks.quote) else checked


def _is_quoted(frame: Frame, quote: str) -> bool:
    """Whether most cells of a column stand between quotation marks."""
    for k in range(frame.shape[1]):
        cells = [cell for cell in frame.iloc[:N_LOOKED_AT, k] if cell]
        if cells and sum(len(cell) > 1 and cell[0] == cell[-1] == quote for cell in cells) > len(cells) / 2:
            return True
    return False


def _checked(path: Path, layout: Layout, text: Text) -> _Checked:
    """The rows as the layout says, compared with the lines."""
    from pandas.errors import ParserError, ParserWarning

    again, marks, n_columns = RowLines(path, layout, text), layout.marks, len(layout.names)
    with text() as pieces:
        pieces = behind(pieces, layout.start)
        if marks.comment:
            pieces = without_comments(pieces, marks.comment)
        counted = CountedText(pieces, marks.delimiter, marks.quote)
        try:
            frame = _parsed(counted, layout)
        except (ParserError, ParserWarning):
            if (width := again.require_width()) <= layout.width:
                raise
            return _checked(path, replace(layout, width=width), text)
    if counted.has_nul:
        raise again.nul()
    remarks = []
    if layout.width > n_columns:
        if not (frame.iloc[:, n_columns:] == "").all(axis=None):
            again.require_width()
        frame = frame.iloc[:, :n_columns]
        found = f"rows end with a {named(marks.delimiter)}, behind which nothing stands: it is left out"
        remarks.append(Remark(rule="trailing_delimiter", place=str(path), found=found))
    doubt = None
    if counted.n_lines > len(frame):
        if counted.has_quotes and (one := swallowed(frame, marks)):
            doubt = again.swallowed(one)
        elif n_columns == 1 and counted.n_lines > len(frame) + n_within(frame, BREAK.pattern):
            remarks += filter(None, [again.blank_line()])
    if not doubt and _may_be_short(frame, counted, layout):
        remarks += filter(None, [again.short()])
    if counted.has_spaces:
        frame, of_spaces = _stripped(path, frame, layout)
        remarks += of_spaces
    return _Checked(frame, remarks, doubt)


def _parsed(text: CountedText, layout: Layout) -> Frame:
    import pandas as pd

    marks = layout.marks
    how: dict[str, Any] = {"quotechar": marks.quote} if marks.quote else {"quoting": csv.QUOTE_NONE}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            text,
            sep=r"\s+" if marks.delimiter == SPACES else marks.delimiter,
            header=None,
            names=range(layout.width),
            index_col=False,
            skipinitialspace=marks.skips_spaces,
            dtype=str,
            keep_default_na=False,
            **how,
        )


def _may_be_short(frame: Frame, text: CountedText, layout: Layout) -> bool:
    """Whether a row may have fewer cells than there are columns: its last one is empty then, as others may be."""
    delimiter, n_columns = layout.marks.delimiter, len(layout.names)
    if n_columns < 2 or not (frame.iloc[:, -1] == "").any():
        return False
    if delimiter == SPACES or layout.width > n_columns:
        return True
    n_in_cells = n_within(frame, re.escape(delimiter)) if text.has_quotes else 0
    return text.n_delimiters < (n_columns - 1) * len(frame) + n_in_cells


def _stripped(path: Path, frame: Frame, layout: Layout) -> tuple[Frame, list[Remark]]:
    """The cells without the spaces around them; what is said is of cells of one word, not of texts or empty ones."""
    columns, first, n_cells, n_columns = {}, None, 0, 0
    for k in range(frame.shape[1]):
        given = frame.iloc[:, k]
        columns[k] = given.str.strip()
        is_changed = (columns[k] != given).to_numpy(bool)
        if not is_changed.any():
            continue
        of_words = is_changed & ~columns[k].str.contains("^$| ").to_numpy(bool)
        if of_words.sum() > is_changed.sum() / 2:
            n_cells, n_columns = n_cells + int(of_words.sum()), n_columns + 1
            first = min(filter(None, [first, (int(of_words.argmax()), k)]))
    if first is None:
        return _framed(columns), []
    i, k = first
    cell = frame.iat[i, k]
    what = f"{cell!r} is read without the space around it"
    more = f"; so are {plural(n_cells - 1, 'more cell')} in {plural(n_columns, 'column')}" if n_cells > 1 else ""
    place = f"{path}: row {i + 1}, column {layout.names[k]}"
    return _framed(columns), [Remark(rule="spaces", place=place, found=f"{what}{more}")]


def _framed(columns: dict[int, Any]) -> Frame:
    import pandas as pd

    return pd.DataFrame(columns)
