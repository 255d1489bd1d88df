"""One column of a table's inputs: what kind it is, how it is encoded, what new rows have in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
    train: Array
    """`(n, len(names))`."""
    test: Array
    is_number: bool
    remarks: Sequence[Remark] = ()

    def standardized(self) -> "Encoded":
        """With mean 0 and variance 1 in the training split; a number that never varies there is only centred."""
        mean, scale = np.array([(precision.mean_of(column), precision.scale_of(column)) for column in self.train.T]).T
        return replace(self, train=(self.train - mean) / scale, test=(self.test - mean) / scale)


def encoded(train: Rows, test: Rows, columns: Sequence[str], rules: CellRules) -> list[Encoded]:
    """Columns of numbers, dates or categories; training rows alone decide which.

    Raises:
        DataError: For each column that cannot be read a line with what is there, and what reads it.
    """
    for column in columns:
        if column not in test.frame:
            raise DataError(f"{test.path}: no column {column!r}, which {train.path} has")
    cells = [(Cells(train, column, rules), Cells(test, column, rules)) for column in columns]
    if problems := [problem for each in cells if (problem := _problem(*each))]:
        raise DataError(*shown(lines(_agreeing(problems, [each for each, _ in cells]))))
    features = [_encoded(*each) for each in cells]
    filled = [
        Filled(*each, of_one.train, of_one.test) for each, of_one in zip(cells, features, strict=True) if _has_gap(each)
    ]
    said = gaps_said(filled)
    return [replace(each, remarks=[*each.remarks, *said.get(each.column, [])]) for each in features]


def _has_gap(splits: Iterable[Cells]) -> bool:
    return any(each.is_gap.any() for each in splits)


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
        train=of_train,
        test=of_other,
        is_number=False,
        remarks=list(categories.remarks(train, other)),
    )


def _filled(
    train: Cells, other: Cells, names: Sequence[str], splits: Sequence[Array], remarks: Sequence[Remark]
) -> Encoded:
    """Numbers whose gaps have the mean or median of the training rows."""
    known = splits[0][~train.is_gap]
    fill = np.median(known, axis=0) if train.rules.gaps.rule(train.column) == "median" else known.mean(axis=0)
    of_train, of_other = (
        np.where(each.is_gap[:, None], fill, values) for each, values in zip((train, other), splits, strict=True)
    )
    return Encoded(column=train.column, names=names, train=of_train, test=of_other, is_number=True, remarks=remarks)


def joined(words: Any, features: Sequence[Array], are_wide: bool = False) -> Any:
    """Features as one array, `(n, numbers)`, or behind sparse rows of words, `(n, words + numbers)`, in float32.

    If they `are_wide`, an array is float64.
    """
    if not features:
        return words
    if words is None:
        return np.hstack(features).astype(np.float64 if are_wide else np.float32)
    return csr_array(hstack([words, csr_array(np.hstack(features))], format="csr", dtype=np.float32))


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
    unseen = rows.frame[encoded.column][is_unknown].map(label).to_list()
    if values := list(dict.fromkeys(unseen)):
        listed = ", ".join(" ".join(value.split()) for value in values[:MAX_SHOWN])
        more = ", ..." * (len(values) > MAX_SHOWN)
        were = f"{plural(len(values), 'value')} in {plural(len(unseen), 'row')}"
        yield f"{encoded.column}: {were} not in the training data: {listed}{more}"
