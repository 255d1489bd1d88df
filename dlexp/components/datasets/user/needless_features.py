"""Features that say nothing of new rows, or too much: constant ones, ids, counts of the rows, codes of a target."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from dlexp.components.data import Array, Info
from dlexp.components.datasets.user import leakage
from dlexp.components.datasets.user.columns import Encoded
from dlexp.components.datasets.user.gaps import Gaps
from dlexp.components.datasets.user.header import where, without
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark

#: The last word of the name of a column that names rows.
ID_WORDS = ("id", "ids", "uuid", "guid", "identifier", "index", "idx", "no", "nr", "number", "nummer", "key")
#: The last word of the name of a column that may ascend with the rows and count something else.
TIME_WORDS = ("epoch", "step", "time", "timestamp", "t", "second", "seconds", "minute", "hour", "age")
DATE_WORDS = ("date", "year", "month", "week", "day", "datum", "jahr", "monat", "woche", "tag")
#: In fewer rows any column has ever new values.
MIN_ROWS = 10
#: What shows in so many rows is looked for in all.
N_LOOKED_AT = 1000
#: A name of ids is believed from so many different values on, if rows have the same.
MIN_REPEATED_IDS = 20
#: The smallest grid of pixels, 7 by 7.
MIN_GRID = 49
_NUMBER = re.compile(r"[0-9]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def remarks(train: Rows, features: Sequence[Encoded], roles: Roles, gaps: Gaps, info: Info, y: Array) -> list[Remark]:
    """What is said of the features as the training rows have them, whose targets are `y`."""
    answers = leakage.Answers.of(info, y, " and ".join(roles.targets))
    found, grid = {}, _grid([feature.column for feature in features if feature.is_number])
    for feature in (each.held() for each in features):
        why_id = _why_id(train, feature, is_alone=len(features) == 1) if roles.takes_all else ""
        if why_id:
            found[feature.column] = "id_feature", why_id
        elif feature.column not in grid and (constant := _constant(train, feature)):
            found[feature.column] = "constant_column", constant
        elif way := _leakage(train, feature, gaps, answers, len(features)):
            found[feature.column] = "target_leakage", way
    no_ids = [column for column, (rule, _) in found.items() if rule != "id_feature"]
    return [
        Remark(
            rule=rule,
            place=where(train.path, column, train.columns),
            found=why,
            key=f"dataset.id: {quoted(column)}" if rule == "id_feature" else without(roles, no_ids),
        )
        for column, (rule, why) in found.items()
    ]


def _grid(columns: Sequence[str]) -> set[str]:
    """The columns that are numbered as the pixels of a picture are, of which those at its edge never vary."""
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(_NUMBER.sub("#", column), []).append(column)
    return {column for name, alike in by_name.items() if len(alike) >= MIN_GRID and "#" in name for column in alike}


def _leakage(train: Rows, feature: Encoded, gaps: Gaps, answers: Sequence[leakage.Answers], n_features: int) -> str:
    def gaps_in(n: int) -> Array:
        return gaps.of(train.first(n), feature.column)

    ways = (leakage.found(feature, gaps_in, each, n_features) for each in answers)
    way = next(filter(None, ways), "")
    return f"{way}, in all {len(train):,} training rows: it gives the answer away" if way else ""


def _constant(train: Rows, feature: Encoded) -> str:
    """One value in all training rows."""
    encoded = feature.train
    if len(encoded) < MIN_ROWS or (encoded[:N_LOOKED_AT] != encoded[0]).any() or (encoded != encoded[0]).any():
        return ""
    value, rows = feature.names[0].removeprefix(f"{feature.column}="), f"all {len(encoded):,} training rows"
    if feature.is_number:
        value = f"{encoded[0, 0]:g}"
        cells = train.given(feature.column)
        if _kind(cells) == "whole numbers" and cells.nunique() > 1:
            return (
                f"{value} in {rows}: as numbers of 64 bits its values are the same, and nothing can be learned from it"
            )
    return f"{value} in {rows}: nothing can be learned from it"


def _why_id(train: Rows, feature: Encoded, *, is_alone: bool) -> str:
    """Why a column is taken as ids or a count of the rows; empty if it is not."""
    if feature.is_number and _has_decimals(train.first(N_LOOKED_AT), feature.column):
        return ""
    n_rows, first, name = len(train), train.first(N_LOOKED_AT).given(feature.column), feature.column
    words = [word.lower() for word in _WORD.findall(name)] or [name.lower()]
    is_named = words[-1] in ID_WORDS
    if n_rows < MIN_ROWS or (feature.is_number and _kind(first) == "other") or not (is_named or first.is_unique):
        return ""
    cells = _exactly(train, feature.column)
    if not cells.is_unique:
        n = cells.nunique() if is_named else 0
        is_id = n > max(MIN_REPEATED_IDS, n_rows / 10) and _kind(cells) == "whole numbers"
        return f"{n:,} different numbers in {n_rows:,} rows, by its name ids, taken as a number" if is_id else ""
    # Of codes such as 00e1 and 3f0a, which are categories, some are numbers by chance.
    kind = _kind(cells) if feature.is_number else "words"
    if kind == "words":
        # Words that are read as numbers: dates, decimal commas, units.
        return "" if feature.is_number else f"another word in each of {n_rows:,} rows, of which new rows have none"
    numbers = cells.to_numpy() if cells.dtype == np.int64 else np.array([_whole(cell) for cell in cells], object)
    ascends = bool((numbers[1:] > numbers[:-1]).all())
    counts = (
        ascends
        and numbers[-1] - numbers[0] < 2 * len(numbers)
        and not is_alone
        and words[-1] not in (*TIME_WORDS, *DATE_WORDS)
    )
    if kind == "whole numbers" and (is_named or counts):
        order = ", ascending" if ascends else ""
        return f"another whole number in each of {n_rows:,} rows{order}, as ids or a count of the rows"
    return ""


def _whole(cell: Any) -> int:
    return int(float(cell)) if "." in str(cell) else int(cell)


def _has_decimals(rows: Rows, column: str) -> bool:
    """Whether some of the numbers are surely none of rows."""
    values = rows.values(rows.columns.index(column))
    return values is not None and bool((values % 1 > 0).any())


def _exactly(train: Rows, column: str) -> "pd.Series[Any]":
    """The cells of a column; whole numbers that are each written in one way as such, if none is missing."""
    i = train.columns.index(column)
    values = train.values(i) if train.is_whole(i) else None
    if values is None or np.isnan(values).any() or values.min() < 0:
        return train.at(i)
    return pd.Series(values.astype(np.int64))


def _kind(cells: "pd.Series[Any]") -> Literal["whole numbers", "words", "other"]:
    """What the cells are, all of them."""
    if pd.api.types.is_integer_dtype(cells):
        return "whole numbers"
    if pd.api.types.is_numeric_dtype(cells):
        return "other"
    text = cells.astype(str)
    if text.str.fullmatch(r"\s*[0-9]+(?:\.0*)?\s*").all():
        return "whole numbers"
    return "other" if pd.to_numeric(text, errors="coerce").notna().any() else "words"
