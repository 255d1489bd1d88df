"""Which rows of a table train, validate and test: as a column says, drawn, by time or in whole groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components import held_out
from dlexp.components.data import Array
from dlexp.components.datasets.user import date_columns
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.keys import not_there
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.labels import NoLabel, label_numbers
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.validations import GroupSplit, TimeSplit
from dlexp.errors import DataError, UserError
from dlexp.format import plural
from dlexp.near_words import did_you_mean

#: What a split column may say, in any case and between spaces.
WORDS: Mapping[str, str] = {
    "train": "train",
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    "test": "test",
}
#: From this share of numbers on, a column is one of numbers.
MOSTLY = 0.5


@dataclass(frozen=True, kw_only=True)
class SplitRows:
    """The rows of both splits, in the order of their file."""

    train: Rows
    """Those that validate included."""
    test: Rows
    test_choice: str = ""
    """How the test rows were chosen, if settings do that: `drawn by class`."""
    marked: "Sequence[int] | Array" = ()
    """Positions of the training rows that a column marks for validation."""

    @property
    def is_drawn(self) -> bool:
        """Whether dlexp has drawn the test rows."""
        return held_out.is_drawn(self.test_choice)


def by_column(rows: Rows, column: str) -> SplitRows:
    """The rows as a column says, which may also say which of them validate."""
    codes, words = pd.factorize(rows.given(column).astype(str))
    roles = np.array([WORDS.get(word.strip().casefold(), "") for word in words], object)[codes]
    for i in np.flatnonzero(roles == "")[:1]:
        given = words[codes[i]]
        hint = did_you_mean(given.strip().casefold(), WORDS)
        raise DataError(f"{rows.where(i, column)}: expected train, val or test, given {given!r}.{hint}".rstrip("."))
    for role in ("train", "test"):
        if role not in roles:
            raise DataError(f"{rows.path}: column {column} marks no row {role}")
    in_test = roles == "test"
    return SplitRows(
        train=rows.take(~in_test),
        test=rows.take(in_test),
        test_choice="as marked",
        marked=np.flatnonzero(roles[~in_test] == "validation"),
    )


def drawn(rows: Rows, test_size: float, seed: int, classes: str | None) -> SplitRows:
    """Training and test rows at random: by class, if each class of that column has enough examples."""
    require_two(rows)
    try:
        labels = label_numbers(_labels_in(rows, classes)) if classes else None
    except NoLabel as error:
        raise DataError(f"{rows.where(error.position, classes or '')}: {error}") from error
    return _without(rows, held_out.test_split(len(rows), test_size, seed, labels))


def _labels_in(rows: Rows, column: str) -> Sequence[Any]:
    coded = rows.coded(rows.columns.index(column))
    return rows.given(column).to_list() if coded is None else coded


def by_rows(rows: Rows, split: TimeSplit | GroupSplit, columns: "RowColumns") -> SplitRows:
    """The last rows in time, or whole groups, as the test split."""
    require_two(rows)
    n = len(rows)
    if (count := split.count(n)) >= n:
        raise UserError(f"dataset.test_split.size: {count} rows held out of {n}; none would be left to train on")
    return _without(rows, split.of_rows(n, count, columns, "dataset.test_split"))


def require_two(rows: Rows) -> None:
    """Refuse a table that cannot be split."""
    if len(rows) < 2:
        raise DataError(f"{rows.path}: {plural(len(rows), 'row')} left; a split needs at least 2")


def _without(rows: Rows, test: held_out.HeldOut) -> SplitRows:
    kept = np.delete(np.arange(len(rows)), test.positions)
    return SplitRows(train=rows.take(kept), test=rows.take(test.positions), test_choice=test.how)


@dataclass(frozen=True)
class RowColumns:
    """The columns of rows by which they can be split."""

    rows: Callable[[], Rows]
    """Gives the rows: they may have to be read again."""
    rules: CellRules

    def times(self, column: str, key: str) -> Array:
        """Numbers in the order of the dates, times or numbers of a column; see `Columns`."""
        cells = Cells(self._complete(column, key), column, self.rules)
        numbers = cells.numbers.values
        if date_columns.is_one(cells) or np.isfinite(numbers).mean() < MOSTLY:
            return date_columns.seconds(cells)
        for i in np.flatnonzero(~np.isfinite(numbers))[:1]:
            given = cells.given.iloc[i]
            raise DataError(f"{cells.rows.where(i, column)}: expected a number, as in most rows, given {given!r}")
        return numbers

    def groups(self, column: str, key: str) -> Array:
        """The values of a column as texts; see `Columns`."""
        groups: Array = self._complete(column, key).given(column).astype(str).str.strip().to_numpy()
        return groups

    def _complete(self, column: str, key: str) -> Rows:
        """The rows, each of which has a value in the column."""
        rows = self.rows()
        if column not in rows.columns:
            raise UserError(f"{key}.column: {not_there(rows.path, 'column', column, rows.columns)}")
        for i in np.flatnonzero(self.rules.gaps.of(rows, column))[:1]:
            raise DataError(f"{rows.where(i, column)}: missing; {key} needs it in every row")
        return rows
