"""One column of a table's inputs: what kind it is, how it is encoded, what new rows have in it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack

from dlexp.components import precision
from dlexp.components.data import Array
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.user import categories, date_columns, number_columns
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.filled import Filled, gaps_said
from dlexp.components.datasets.user.gaps import Gaps
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.datasets.user.unread import Unread, lines
from dlexp.components.remarks import Remark
from dlexp.errors import DataError, shown
from dlexp.format import plural


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One column as the model takes it: numbers, or a column of 0 and 1 per category."""

    column: str
    names: Sequence[str]
    made: tuple[Callable[[], Array], Callable[[], Array]]
    """What makes the rows of both splits: of a large table not all columns are there at the same time."""
    is_number: bool
    remarks: Sequence[Remark] = ()
    losses: Sequence[precision.Loss] = ()
    """What float32 loses of the numbers of the training split."""
    may_be_merged: bool = False
    """Whether float64 may have made one of several of its numbers."""

    @property
    def train(self) -> Array:
        """Made each time, `(n, len(names))`."""
        return self.made[0]()

    @property
    def test(self) -> Array:
        """As `train`."""
        return self.made[1]()

    def standardized(self) -> "Encoded":
        """With mean 0 and variance 1 in the training split; a number that never varies there is only centred."""
        train = self.train
        mean, scale = np.array([(precision.mean_of(column), precision.scale_of(column)) for column in train.T]).T
        return replace(self, made=_as_they_are([(train - mean) / scale, (self.test - mean) / scale]))

    def held(self) -> "Encoded":
        """With both splits in memory."""
        return replace(self, made=_as_they_are([self.train, self.test]))


def _as_they_are(splits: Sequence[Array]) -> tuple[Callable[[], Array], Callable[[], Array]]:
    train, test = splits
    return lambda: train, lambda: test


def encoded(train: Rows, test: Rows, columns: Sequence[str], rules: CellRules) -> list[Encoded]:
    """Columns of numbers, dates or categories; training rows alone decide which.

    Raises:
        DataError: For each column that cannot be read a line with what is there, and what reads it.
    """
    for column in columns:
        if column not in test.columns:
            raise DataError(f"{test.path}: no column {column!r}, which {train.path} has")
    both = {column: (Cells(train, column, rules), Cells(test, column, rules)) for column in columns}
    problems = []
    for column, (of_train, of_test) in both.items():
        if problem := _problem(of_train, of_test):
            problems.append(problem)
        if of_train.is_plain:  # Its numbers are made again: there is no room for those of all columns.
            both[column] = Cells(train, column, rules), Cells(test, column, rules)
    if problems:
        raise DataError(*shown(lines(_agreeing(problems, [each for each, _ in both.values()]))))
    features, filled = [], []
    for column in columns:
        of_train, of_test = both.pop(column)
        features.append(_encoded(of_train, of_test))
        if of_train.is_gap.any() or of_test.is_gap.any():
            filled.append(Filled.of(of_train, of_test, features[-1].train, features[-1].test))
    said = gaps_said(filled)
    return [replace(each, remarks=[*each.remarks, *said.get(each.column, [])]) for each in features]


def _problem(train: Cells, other: Cells) -> Unread | None:
    if train.is_gap.all():
        return Unread(train.column, f"{train.rows.path}: column {train.column} has no value in the training split")
    if date_columns.is_one(train):
        return date_columns.problem(train)
    if _is_number(train):
        return number_columns.problem(train, other)
    return categories.problem(train)


def _agreeing(problems: Sequence[Unread], columns: Sequence[Cells]) -> Iterator[Unread]:
    """The problems without a key that would only make another column unreadable: a file has one decimal sign."""
    unread = {each.column for each in problems}
    rules = columns[0].rules
    others = [each for each in columns if each.column not in unread and number_columns.has_decimals(each)]
    for each in problems:
        if "dataset.decimal" in each.key and (others or rules.notation.decimal == ","):
            told = f"as column {quoted(others[0].column)} does" if others else "as the config says"
            sign = {".": "dots", ",": "commas"}[rules.notation.decimal]
            yield replace(each, key=f"write decimals with {sign}, {told}")
        else:
            yield each


def _is_number(train: Cells) -> bool:
    """Whether most of the training values are numbers, if the config does not call them categories."""
    if train.column in train.rules.categorical:
        return False
    n_numbers = int((~np.isnan(train.numbers.values) & ~train.is_gap).sum())
    return n_numbers > int((~train.is_gap).sum()) / 2


def _encoded(train: Cells, other: Cells) -> Encoded:
    if date_columns.is_one(train):
        made = date_columns.encoded(train, other)
        return _filled(train, other, made.names, made.splits, made.remarks)
    if _is_number(train):
        values = [each.numbers.values[:, None] for each in (train, other)]
        return _filled(train, other, [train.column], values, list(number_columns.remarks(train, other)))
    words, of_train, of_other = categories.encoded(train, other)
    return Encoded(
        column=train.column,
        names=[f"{train.column}={word}" for word in words],
        made=(of_train, of_other),
        is_number=False,
        remarks=list(categories.remarks(train, other)),
    )


def _filled(
    train: Cells, other: Cells, names: Sequence[str], splits: Sequence[Array], remarks: Sequence[Remark]
) -> Encoded:
    """Numbers whose gaps have the mean or median of the training rows."""
    known = splits[0][~train.is_gap]
    fill = np.median(known, axis=0) if train.rules.gaps.rule(train.column) == "median" else known.mean(axis=0)
    of_both = [
        np.where(each.is_gap[:, None], fill, values) for each, values in zip((train, other), splits, strict=True)
    ]
    made = _as_they_are(of_both)
    if train.is_plain and other.is_plain:
        made = partial(_plain, train.rows, train.column, fill), partial(_plain, other.rows, train.column, fill)
    return Encoded(
        column=train.column,
        names=names,
        made=made,
        is_number=True,
        remarks=remarks,
        losses=precision.losses(of_both[0]),
        may_be_merged=len(names) == 1 and precision.may_be_merged(of_both[0][:, 0]),
    )


def _plain(rows: Rows, column: str, fill: Array) -> Array:
    """The numbers of a plain column, each gap filled, `(n, 1)`."""
    values = rows.values(rows.columns.index(column))
    assert values is not None  # As it was when the column was looked at.
    return np.where(np.isnan(values), fill, values)[:, None]


def joined(words: Any, features: Sequence[Callable[[], Array]], width: int, n: int, are_wide: bool = False) -> Any:
    """Features as one array, `(n, width)`, or behind sparse rows of words, `(n, words + width)`, in float32.

    If they `are_wide`, an array is float64.
    """
    if not features:
        return words
    if words is not None:
        made = np.hstack([make() for make in features])
        return csr_array(hstack([words, csr_array(made)], format="csr", dtype=np.float32))
    x = np.empty((n, width), np.float64 if are_wide else np.float32)
    k = 0
    for make in features:
        part = make()
        x[:, k : k + part.shape[1]] = part
        k += part.shape[1]
    return x


def notes(rows: Rows, columns: Sequence[Encoded], gaps: Gaps) -> Iterator[str]:
    """What new rows, the `test` of these columns, have that the model did not learn from, and what it gets instead."""
    for each in columns:
        yield from (f"{said.place}: {said.found}" for said in each.remarks if _is_of(rows, said))
    for column in gaps.texts:
        yield from _gap_note(rows, column, gaps, "an empty text")
    for each in columns:
        if each.is_number:
            yield from _gap_note(rows, each.column, gaps, f"the training data's {gaps.rule(each.column)}")
    for each in columns:
        if not each.is_number:
            yield from _gap_note(rows, each.column, gaps, "no category")
            yield from _unknown_note(rows, each, gaps)


def _is_of(rows: Rows, remark: Remark) -> bool:
    """Whether it is said of cells of these rows, of which it is not known from training."""
    return remark.rule == "number_signs" and remark.place.startswith(f"{rows.path}: ")


def _gap_note(rows: Rows, column: str, gaps: Gaps, instead: str) -> Iterator[str]:
    if n := int(gaps.of(rows, column).sum()):
        yield f"{column}: missing in {plural(n, 'row')}, taken as {instead}"


def _unknown_note(rows: Rows, encoded: Encoded, gaps: Gaps) -> Iterator[str]:
    is_unknown = ~encoded.test.any(axis=1) & ~gaps.of(rows, encoded.column)
    unseen = rows.given(encoded.column)[is_unknown].map(label).to_list()
    if values := list(dict.fromkeys(unseen)):
        listed = ", ".join(" ".join(value.split()) for value in values[:MAX_SHOWN])
        more = ", ..." * (len(values) > MAX_SHOWN)
        were = f"{plural(len(values), 'value')} in {plural(len(unseen), 'row')}"
        yield f"{encoded.column}: {were} not in the training data: {listed}{more}"
