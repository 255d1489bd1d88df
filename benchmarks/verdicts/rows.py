"""Rows of the table of verdicts: what was counted, a cell for each number of seeds, and whether it is within bounds."""

from collections.abc import Collection, Mapping
from typing import Any

#: The numbers of seeds that have a column.
COLUMNS = (3, 5, 8, 10, 12, 20)


def row(share: str, of: str, m: int, cells: Mapping[int, str], expected: str, result: str) -> dict[str, Any]:
    """A row of the table, with empty cells where nothing was counted."""
    by_seeds = {f"n = {n}": cells.get(n, "") for n in COLUMNS}
    return {"share": share, "of": of, "m": m, **by_seeds, "expected": expected, "result": result}


def result(beyond: Collection[int], is_bounded: bool = True) -> str:
    """Whether the cells are within their bound, or which are not."""
    if not is_bounded:
        return "reported"
    return f"beyond at n = {', '.join(map(str, beyond))}" if beyond else "within"


def per_cent(shares: Mapping[int, float]) -> dict[int, str]:
    """Shares as cells."""
    return {n: f"{100 * share:.1f}" for n, share in shares.items()}


def with_interval(mean: float, error: float) -> str:
    """A share with its 95 % interval, by its standard error."""
    return f"{100 * mean:.1f} [{100 * max(mean - 1.96 * error, 0):.1f}, {100 * (mean + 1.96 * error):.1f}]"


def bound(at_most: float, n: int) -> float:
    """The largest share of n cases that does not contradict one of at most so much: two standard errors above it."""
    return float(at_most + 2 * (at_most * (1 - at_most) / n) ** 0.5)
