"""Columns that cannot be read as they are, and what reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from dlexp.components.datasets.user.keys import MAX_NAMED, quoted


@dataclass(frozen=True)
class Unread:
    """Why a column cannot be read as it is."""

    column: str
    found: str
    """The place, and what is there."""
    key: str = ""
    """What to type."""
    may_be_categories: bool = False
    """Whether the config may call the column categories."""


def lines(unread: Iterable[Unread]) -> list[str]:
    """One line for all columns that the same key reads, and one for each that no key does."""
    said = []
    for (key, _), group in groupby(sorted(unread, key=_alike), key=_alike):
        columns = list(group)
        together = [columns] if key else [[each] for each in columns]
        said += [_line(each) for each in together]
    return said


def _alike(unread: Unread) -> tuple[str, bool]:
    return unread.key, unread.may_be_categories


def _line(columns: list[Unread]) -> str:
    first, *others = columns
    more = ", ..." * (len(others) > MAX_NAMED)
    names = f"{', '.join(quoted(each.column) for each in others[:MAX_NAMED])}{more}"
    likewise = f" (column{'s' * (len(others) > 1)} {names} likewise)" if others else ""
    keys = [first.key] if first.key else []
    if first.may_be_categories:
        listed = f"[{', '.join(quoted(each.column) for each in columns[:MAX_NAMED])}{more}]"
        keys.append(f"as categories: dataset.categorical: {listed}")
    return "; ".join([f"{first.found}{likewise}", *keys])
