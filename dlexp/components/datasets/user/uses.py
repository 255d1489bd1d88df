"""What each column of a table is used as, for who looks at the data."""

from collections.abc import Iterator, Sequence

from dlexp.components.datasets.user.columns import Encoded
from dlexp.components.datasets.user.roles import Roles


def uses(columns: Sequence[str], roles: Roles, features: Sequence[Encoded]) -> dict[str, list[str]]:
    """By use, the columns of a file that have it; a feature that becomes several numbers says how many."""
    found: dict[str, list[str]] = {}
    for use, column in _uses(columns, roles, features):
        found.setdefault(use, []).append(column)
    return found


def _uses(columns: Sequence[str], roles: Roles, features: Sequence[Encoded]) -> Iterator[tuple[str, str]]:
    named: dict[str | None, str] = {roles.split: "split", roles.id: "id", **dict.fromkeys(roles.texts, "text")}
    yield from (("target", column) for column in roles.targets)
    yield from ((use, column) for column, use in named.items() if column)
    for each in features:
        use = "number" if list(each.names) == [each.column] else "date" if each.is_number else "category"
        yield use, each.column if use == "number" else f"{each.column} ({len(each.names)})"
    used = {*roles.targets, *named, *(each.column for each in features)}
    yield from (("not used", column) for column in columns if column not in used)
