"""One column of a table, an input or a target: what kind it is, how it is encoded, what new rows have in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from dlexp.components.data import Array
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.user.labels import in_order, label
from dlexp.components.datasets.user.rows import Gaps, Rows
from dlexp.components.datasets.user.targets import RawTargets
from dlexp.errors import DataError
from dlexp.format import plural

#: More different words than these are no category but names or text.
MAX_CATEGORIES = 100


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """One column as the model takes it: a number, or a column of 0 and 1 per category."""

    column: str
    names: Sequence[str]
    train: Array
    """`(n, len(names))`."""
    test: Array
    is_number: bool

    def standardized(self) -> "Encoded":
        """With mean 0 and variance 1 in the training split; a number that never varies there is only centred."""
        mean, scale = self.train.mean(axis=0), self.train.std(axis=0)
        scale[scale == 0] = 1
        return replace(self, train=(self.train - mean) / scale, test=(self.test - mean) / scale)


def encoded(train: Rows, test: Rows, column: str, gaps: Gaps, is_category: bool = False) -> Encoded:
    """A column of numbers, if most of its training values are some, or of categories; training rows alone decide."""
    if column not in test.frame:
        raise DataError(f"{test.path}: no column {column!r}, which {train.path} has")
    is_gap = [gaps.of(rows, column) for rows in (train, test)]
    present = ~is_gap[0]
    if not present.any():
        raise DataError(f"{train.path}: column {column} has no value in the training split")
    numbers = [
        pd.to_numeric(rows.frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        for rows in (train, test)
    ]
    n_numbers = (np.isfinite(numbers[0]) & present).sum()
    if is_category or n_numbers <= present.sum() / 2:
        return _categories(train, test, column, is_gap)
    for rows, values, is_missing in zip((train, test), numbers, is_gap, strict=True):
        for i in np.flatnonzero(~np.isfinite(values) & ~is_missing)[:1]:
            given = rows.frame[column].iloc[i]
            raise DataError(f"{rows.where(i, column)}: expected a number, as in most training rows, given {given!r}")
    known = numbers[0][present]
    fill = np.median(known) if gaps.missing == "median" else known.mean()
    filled = [np.where(is_missing, fill, values)[:, None] for values, is_missing in zip(numbers, is_gap, strict=True)]
    return Encoded(column=column, names=[column], train=filled[0], test=filled[1], is_number=True)


def _categories(train: Rows, test: Rows, column: str, is_gap: Sequence[Array]) -> Encoded:
    words = [
        np.where(is_missing, "", rows.frame[column].map(label).astype(str).to_numpy()).astype(str)[:, None]
        for rows, is_missing in zip((train, test), is_gap, strict=True)
    ]
    categories = in_order(set(words[0].ravel().tolist()) - {""})
    if len(categories) > MAX_CATEGORIES:
        raise DataError(
            f"{train.path}: column {column}: {len(categories)} different words, more than {MAX_CATEGORIES}; leave "
            "it out by naming dataset.features, or read it as dataset.text"
        )
    names = [f"{column}={category}" for category in categories]
    in_train, in_test = (each == categories for each in words)
    return Encoded(column=column, names=names, train=in_train, test=in_test, is_number=False)


def targets(rows: Rows, column: str, gaps: Gaps, separator: str | None) -> RawTargets:
    """A column of targets; with a `separator` the labels between which it stands, none in an empty cell."""
    cells = rows.frame[column]
    values: list[Any] = cells.to_list()
    if separator:
        texts = cells.astype(str).where(~gaps.of(rows, column), "")
        values = [[word for each in text.split(separator) if (word := each.strip())] for text in texts]
    return RawTargets(values, lambda i: rows.where(i, column), f"{rows.path}: column {column}")


def flags(rows: Rows, columns: Sequence[str]) -> RawTargets:
    """The labels of each row, from a column of 0 and 1 per label."""
    numbers = rows.frame[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    for k, i in np.argwhere(~np.isin(numbers, [0, 1]).T)[:1]:
        raise DataError(f"{rows.where(i, columns[k])}: expected 0 or 1, given {rows.frame[columns[k]].iloc[i]!r}")
    values = [[name for name, is_on in zip(columns, row, strict=True) if is_on] for row in numbers]
    return RawTargets(values, lambda i: rows.where(i, ", ".join(columns)), str(rows.path))


def joined(words: Any, features: Sequence[Array]) -> Any:
    """Features as one float32 array, `(n, numbers)`, or behind sparse rows of words, `(n, words + numbers)`."""
    if not features:
        return words
    numbers = np.hstack(features).astype(np.float32)
    return numbers if words is None else csr_array(hstack([words, csr_array(numbers)], format="csr", dtype=np.float32))


def notes(rows: Rows, columns: Sequence[Encoded], gaps: Gaps) -> Iterator[str]:
    """What new rows, the `test` of these columns, have that the model did not learn from, and what it gets instead."""
    for column in gaps.texts:
        yield from _gap_note(rows, column, gaps, "an empty text")
    for each in columns:
        if each.is_number:
            yield from _gap_note(rows, each.column, gaps, f"the training data's {gaps.missing}")
    for each in columns:
        if not each.is_number:
            yield from _gap_note(rows, each.column, gaps, "no category")
            yield from _unknown_note(rows, each, gaps)


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
