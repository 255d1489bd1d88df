"""Columns that a table leaves out by itself, where it learns from all: those without a value or without a name."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dlexp.components.datasets.user.gaps import Gaps
from dlexp.components.datasets.user.header import NAMELESS, where, without
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: Rows that are looked at first: a column that has a value in one of them is not empty.
N_LOOKED_AT = 100


def without_repeated_names(rows: Rows) -> Rows:
    """The rows without columns of one name, which are refused where one of them is used."""
    return rows.having(lambda name: rows.columns.count(name) == 1)


def without_needless_columns(rows: Rows, roles: Roles, gaps: Gaps) -> Rows:
    """The rows without the columns that are left out, with a remark for each.

    Raises:
        DataError: A column that the config names has no value; or one without a name, of which it says nothing,
            neither counts nor names the rows.
    """
    columns = rows.columns
    for field, column in roles.named():
        if field != "id" and _is_empty(rows, column, gaps):
            advice = "learn another column" if column in roles.targets else f"leave it out of dataset.{field}"
            raise DataError(f"{where(rows.path, column, columns)} is empty in {_all(rows)}; {advice}")
    if not roles.takes_all or not len(rows):
        return rows
    features = roles.features_of(columns)
    why = {column: _why_needless(rows, column, gaps) for column in features}
    if not any(why.values()):
        return rows
    remarks = [_remark(rows, column, why[column], roles) for column in features if why[column]]
    return rows.having(lambda name: not why.get(name)).remarked(*remarks)


def repeated_ids(rows: Rows, roles: Roles) -> Iterator[Remark]:
    """Whether several rows have one id: then it may name what they are measured on."""
    if roles.id is None or (cells := rows.given(roles.id)).is_unique:
        return
    first = cells[cells.duplicated(keep=False)].iloc[0]
    yield Remark(
        rule="repeated_ids",
        place=where(rows.path, roles.id, rows.columns),
        found=f"{plural(len(rows), 'row')} have {cells.nunique(dropna=False)} ids; several have {first!r}, "
        "and may stand in different splits",
        key=f"validation: {{type: group, column: {roles.id}}}",
    )


def _why_needless(rows: Rows, column: str, gaps: Gaps) -> str:
    """What makes a column of no use; empty where nothing does."""
    if _is_empty(rows, column, gaps):
        return f"empty in {_all(rows)}"
    if not NAMELESS.fullmatch(column):
        return ""
    if (way := _counted(rows, column)) is not None:
        return way
    cells = rows.given(column)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if cells.is_unique and np.array_equal(numbers, np.floor(numbers)):
        return f"counts the rows, from {cells.iloc[0]} to {cells.iloc[-1]}"
    if cells.is_unique and np.isnan(numbers).all():
        return f"names the rows, each another, from {cells.iloc[0]} to {cells.iloc[-1]}"
    columns = rows.columns
    raise DataError(
        f"{where(rows.path, column, columns)}, neither counts nor names the rows, with {cells.iloc[0]!r} in row "
        f"{rows.number(0)}; to learn from it, name it in dataset.features as {column!r}, "
        "or name there the others alone"
    )


def _counted(rows: Rows, column: str) -> str | None:
    """How a column of whole numbers counts the rows; None if its text has to tell."""
    i = rows.columns.index(column)
    values = rows.values(i) if rows.is_whole(i) else None
    if values is None or np.isnan(values).any() or len(pd.unique(values)) < len(values):
        return None
    return f"counts the rows, from {values[0]:.0f} to {values[-1]:.0f}"


def _remark(rows: Rows, column: str, why: str, roles: Roles) -> Remark:
    is_nameless = NAMELESS.fullmatch(column)
    return Remark(
        rule="nameless_column" if is_nameless else "empty_column",
        place=where(rows.path, column, rows.columns),
        found=f"{why}; it is left out",
        key=without(roles, [column]),
    )


def _is_empty(rows: Rows, column: str, gaps: Gaps) -> bool:
    """Whether a column has no value at all, in at least one row."""
    return bool(len(rows) and gaps.of(rows.first(N_LOOKED_AT), column).all() and gaps.of(rows, column).all())


def _all(rows: Rows) -> str:
    return f"all {plural(len(rows), 'row')}"
