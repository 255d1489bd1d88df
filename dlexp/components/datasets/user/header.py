"""The header of a table: columns that a config names and that are not there, there twice, or nearly the same."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from dlexp.components.component import Misfit
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.user.keys import not_there, quoted
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.remarks import Remark
from dlexp.errors import UserError, did_you_mean

#: What stands for the name of a column that has none: pandas calls it so, and writes that into files.
NAMELESS = re.compile(r"Unnamed: \d+")


def problems(path: Path, columns: Sequence[str], roles: Roles) -> Iterator[Misfit]:
    """The columns that the config names and the file does not have, or has twice; and features of one name."""
    counts = Counter(columns)
    for field, column in roles.named():
        if column not in counts:
            yield Misfit(field, not_there(path, "column", column, columns))
        elif counts[column] > 1:
            yield Misfit(field, _twice(path, column, columns))
    if roles.takes_all:
        once = [column for column in roles.features_of(columns) if counts[column] == 1]
        for column in (column for column, n in Counter(roles.features_of(columns)).items() if n > 1):
            yield Misfit("features", f"{_twice(path, column, columns)}, or name those to learn from: {listed(once)}")


def require_one(path: Path, column: str, columns: Sequence[str], hint: str = "") -> None:
    """Refuse new rows in which a column that the model learned from is not there, or there twice.

    `hint` is what the file's header may be instead.
    """
    if column not in columns:
        near = did_you_mean(column, columns)
        raise UserError(f"{path}: no column {column!r}, which the model learned from.{near}{hint}")
    if list(columns).count(column) > 1:
        raise UserError(_twice(path, column, columns))


def similar_names(path: Path, columns: Sequence[str], roles: Roles) -> Iterator[Remark]:
    """Columns in use whose names differ by case or spaces alone."""
    by_word = sorted(roles.used(columns), key=_word)
    for _, names in groupby(by_word, key=_word):
        if len(alike := list(names)) > 1:
            yield Remark(
                rule="similar_names",
                place=str(path),
                found=f"columns {' and '.join(map(repr, alike))} differ by spaces or capitals alone; both are used",
                key=f"dataset.features: {listed([each for each in roles.features_of(columns) if each not in alike])}",
            )


def where(path: Path, column: str, columns: Sequence[str]) -> str:
    """A column's place for messages; one without a name is counted."""
    if NAMELESS.fullmatch(column):
        return f"{path}: column {list(columns).index(column) + 1}, which has no name"
    return f"{path}: column {quoted(column)}"


def listed(columns: Sequence[str]) -> str:
    """A list of columns as it would be typed: the first ones of many."""
    more = [f"... ({len(columns)} in all)"] if len(columns) > MAX_SHOWN else []
    return f"[{', '.join([*map(quoted, columns[:MAX_SHOWN]), *more])}]"


def _twice(path: Path, column: str, columns: Sequence[str]) -> str:
    places = [str(k) for k, each in enumerate(columns, start=1) if each == column]
    numbers = f"{', '.join(places[:-1])} and {places[-1]}"
    return f"{path} has columns {numbers} that are both called {column!r}; give each a name of its own in the file"


def _word(column: str) -> str:
    return "".join(column.split()).casefold()
