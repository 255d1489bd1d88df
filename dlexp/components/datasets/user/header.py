"""The header of a table: columns that a config names and that are not there, there twice, or nearly the same."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from dlexp.components.component import Misfit
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.reading.read import Read
from dlexp.components.datasets.user.keys import not_there, quoted
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.remarks import Remark
from dlexp.errors import UserError
from dlexp.near_words import did_you_mean

#: What stands for the name of a column that has none: pandas calls it so, and writes that into files.
NAMELESS = re.compile(r"Unnamed: \d+")


def problems(path: Path, read: Read, roles: Roles) -> Iterator[Misfit]:
    """What is wrong with the columns of a file, with what its header may be instead.

    Where it may be no header, all that follows from its names is one problem.
    """
    found = list(_problems(path, list(read.frame.columns), roles))
    if len(found) > 1 and read.has_doubtful_header:
        yield Misfit(found[0][0], read.hint.strip().removesuffix("."))
        return
    for field, message in found:
        yield Misfit(field, f"{message}{read.hint}")


def unknown_ignored(path: Path, columns: Sequence[str], roles: Roles) -> Iterator[Misfit]:
    """Columns that are ignored and not there; a file with the test split need not have them."""
    for column in roles.ignored:
        if column not in columns:
            yield Misfit("ignore", not_there(path, "column", column, columns))


def _problems(path: Path, columns: Sequence[str], roles: Roles) -> Iterator[Misfit]:
    """The columns that the config names and the file does not have, or has twice; and features of one name."""
    counts = Counter(columns)
    for field, column in roles.named():
        if column not in counts:
            yield Misfit(field, not_there(path, "column", column, columns))
        elif counts[column] > 1:
            yield Misfit(field, _twice(path, column, columns, roles.naming_key))
    if roles.takes_all:
        twice = [column for column, n in Counter(roles.features_of(columns)).items() if n > 1]
        for column in twice:
            said = _twice(path, column, columns, roles.naming_key)
            yield Misfit("features", f"{said}, or leave both out: {without(roles, twice)}")


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
                key=without(roles, alike[1:]),
            )


def where(path: Path, column: str, columns: Sequence[str]) -> str:
    """A column's place for messages; one without a name is counted."""
    if NAMELESS.fullmatch(column):
        return f"{path}: column {list(columns).index(column) + 1}, which has no name"
    return f"{path}: column {quoted(column)}"


def without(roles: Roles, columns: Sequence[str]) -> str:
    """The key that leaves columns out, as it would be typed."""
    if roles.takes_all:
        return f"dataset.ignore: [{', '.join(map(quoted, [*roles.ignored, *columns]))}]"
    return f"dataset.features without {' and '.join(map(quoted, columns))}"


def _twice(path: Path, column: str, columns: Sequence[str], naming_key: str = "") -> str:
    """Where a name stands more than once, and how each column gets one of its own."""
    places = [str(k) for k, each in enumerate(columns, start=1) if each == column]
    numbers, seen, names = f"{', '.join(places[:-1])} and {places[-1]}", Counter[str](), []
    for name in columns:
        seen[name] += 1
        names.append(quoted(name if seen[name] == 1 else f"{name}_{seen[name]}"))
    # Written out where that can be typed.
    how = (
        f": {naming_key}: [{', '.join(names) if len(names) <= MAX_SHOWN else '...'}]" if naming_key else " in the file"
    )
    return f"{path} has columns {numbers} that are both called {column!r}; give each a name of its own{how}"


def _word(column: str) -> str:
    return "".join(column.split()).casefold()
