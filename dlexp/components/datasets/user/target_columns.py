"""The columns of targets of a table: read cell by cell, then encoded as those of any of the user's own data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components import precision
from dlexp.components.data import Array, Task
from dlexp.components.datasets.user import dates, label_lists, number_columns
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.keys import Target
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.datasets.user.splitting import SplitRows
from dlexp.components.datasets.user.targets import NUMBERS, RawTargets, Targets, encode, require_apart
from dlexp.components.datasets.user.unread import lines
from dlexp.components.remarks import Remark
from dlexp.errors import DataError

#: What is said of numbers whatever they are for; the rest names keys of features.
_OF_TARGETS = ("dot_or_thousands", "number_signs", "sentinel", "units")
_TRUTHS = {"true": 1, "false": 0}
_AS_NUMBER = "a date to predict has to be written as a number, such as of days"


def of_columns(
    split: SplitRows, target: Target, tasks: Mapping[str, Task], rules: CellRules, separator: str
) -> Targets:
    """The targets of both splits, a column for each task, and what is doubtful of them.

    Raises:
        DataError: A cell is no target of its task.
    """
    train, test = (
        {name: column(rows, name, task, rules, separator) for name, task in tasks.items()}
        for rows in (split.train, split.test)
    )
    found = encode(target, train, test, split.is_drawn)
    numbers = [name for name, task in tasks.items() if task in NUMBERS]
    of_numbers = [each for name in numbers for each in _doubts(split.train, split.test, name, rules)]
    return replace(found, remarks=[*of_numbers, *found.remarks])


def of_flags(split: SplitRows, target: Target, columns: Sequence[str]) -> Targets:
    """The labels of both splits, from a column of 0 and 1 per label.

    Raises:
        DataError: A cell is neither.
    """
    train, test = ({"": flags(rows, columns)} for rows in (split.train, split.test))
    return encode(replace(target, classes=columns), train, test, split.is_drawn)


def column(rows: Rows, name: str, task: Task, rules: CellRules, separator: str) -> RawTargets:
    """A column of targets: numbers where the task expects some, of a multilabel task the labels in each cell."""
    cells, place = Cells(rows, name, rules), f"{rows.path}: column {name}"
    values: Any
    remarks: Sequence[Remark] = ()
    if task in NUMBERS:
        if cells.are_moments:
            raise DataError(f"{rows.where(0, name)}: expected a number, given {cells.given.iloc[0]}; {_AS_NUMBER}")
        if problem := number_columns.problem(cells, expected="a number"):
            is_date = dates.looks_like_one(label(cells.first(1).iloc[0]))
            (line,) = lines([problem])
            raise DataError(f"{line}; {_AS_NUMBER}" if is_date else line)
        values = cells.numbers.values
        if precision.may_be_merged(values):
            require_apart(cells.given, values, partial(rows.where, column=name))
    elif task == "multilabel":
        lists = label_lists.read(cells.given.where(~cells.is_gap, "").to_list(), separator, place)
        values, remarks = lists.values, lists.remarks
    else:
        values = cells.given.to_list() if cells.coded is None else cells.coded

    def missing(words: Sequence[str]) -> str:
        said, rule = rules.gaps.missing, rules.gaps.rule(name)
        others = "" if said == "refuse" else f", features: {said}"
        drop = f": {{target: drop{others}}}" if isinstance(said, str) else ".target: drop"
        return f"say {rules.missing_values(*words)}{'' if rule == 'drop' else f' and dataset.missing{drop}'}"

    return RawTargets(values=values, where=lambda i: rows.where(i, name), place=place, missing=missing, remarks=remarks)


def flags(rows: Rows, columns: Sequence[str]) -> RawTargets:
    """The labels of each row, from a column of 0 and 1 per label."""
    numbers = np.column_stack([_flag_numbers(rows, column) for column in columns])
    for k, i in np.argwhere(~np.isin(numbers, [0, 1]).T)[:1]:
        given = rows.given(columns[k]).iloc[i]
        raise DataError(f"{rows.where(i, columns[k])}: expected 0 or 1, or True or False, given {given!r}")
    values = [[name for name, is_on in zip(columns, row, strict=True) if is_on] for row in numbers]
    return RawTargets(values=values, where=lambda i: rows.where(i, ", ".join(columns)), place=str(rows.path))


def _flag_numbers(rows: Rows, column: str) -> Array:
    """Numbers, with True and False as 1 and 0, as programs write them in CSV files."""
    if (values := rows.values(rows.columns.index(column))) is not None:
        return values
    cells = rows.given(column)
    numbers = pd.to_numeric(cells, errors="coerce")
    numbers = numbers if numbers.notna().all() else numbers.fillna(cells.map(label).str.casefold().map(_TRUTHS))
    found: Array = numbers.to_numpy(float)
    return found


def _doubts(train: Rows, test: Rows, name: str, rules: CellRules) -> Iterator[Remark]:
    """What is doubtful of the numbers of a target."""
    cells = [Cells(rows, name, rules) for rows in (train, test)]
    for each in number_columns.remarks(*cells):
        if each.rule in _OF_TARGETS:
            yield each
        elif each.rule == "dates":
            yield replace(each, found=f"{each.found}; {_AS_NUMBER}", key="")
