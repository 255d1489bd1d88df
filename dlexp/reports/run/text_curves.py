"""Learning curves in characters: one small plot for each quantity, training and validation together."""

import math
from collections.abc import Mapping, Sequence

from dlexp.components.columns import Column

TRAINING, VALIDATION = "·", "•"

HEIGHT = 8
_MIN_COLUMNS, _MAX_COLUMNS = 10, 60
_GAP = "   "


def plots(history: Sequence[Mapping[str, float]], quantities: Sequence[Column], width: int) -> list[str]:
    """The plots as lines of at most `width`: side by side where there is room, else one below the other."""
    gaps = (len(quantities) - 1) * len(_GAP)
    if len(quantities) * 36 + gaps > width:
        return [line for quantity in quantities for line in plot(history, quantity, width)]
    each = (width - gaps) // len(quantities)
    blocks = [plot(history, quantity, each) for quantity in quantities]
    return [_GAP.join(line.ljust(each) for line in lines).rstrip() for lines in zip(*blocks, strict=True)]


def has_values(history: Sequence[Mapping[str, float]], quantity: Column) -> bool:
    """Whether there is anything to plot of a quantity."""
    return any(math.isfinite(value) for values in _series(history, quantity).values() for value in values)


def plot(history: Sequence[Mapping[str, float]], quantity: Column, width: int) -> list[str]:
    """One quantity over the epochs; between two epochs a straight line, nothing where a value is not finite."""
    series = _series(history, quantity)
    finite = [value for values in series.values() for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    labels = [f"{high:.3g}", *[""] * (HEIGHT - 2), f"{low:.3g}"]
    margin = max(map(len, labels))
    n_columns = max(_MIN_COLUMNS, min(width - margin - 2, _MAX_COLUMNS))
    grid = [[" "] * n_columns for _ in range(HEIGHT)]
    for mark, values in series.items():  # Validation last: on top.
        for column, value in enumerate(_stretched(values, n_columns)):
            if math.isfinite(value):
                grid[_row(value, low, high)][column] = mark
    rows = zip(labels, map("".join, grid), strict=True)
    first, *later = [f"{row['epoch']:.0f}" for row in history] or [""]
    last = later[-1] if later else ""
    indent = " " * (margin + 2)
    return [
        f"{indent}{quantity}",
        *(f"{label:>{margin}} {'┤' if label else '│'}{cells}".rstrip() for label, cells in rows),
        f"{' ' * margin} └{'─' * n_columns}",
        f"{indent}{first}{last:>{n_columns - len(first)}}".rstrip(),
    ]


def legend(history: Sequence[Mapping[str, float]]) -> str:
    """What the marks are."""
    has_validation = any(Column.parse(name).split == "validation" for row in history[:1] for name in row)
    return f"training {TRAINING}" + f", validation {VALIDATION}" * has_validation


def _series(history: Sequence[Mapping[str, float]], quantity: Column) -> dict[str, list[float]]:
    """The values of a quantity by their marks, NaN where there is none."""
    return {
        mark: [row.get(str(column), math.nan) for row in history]
        for mark, column in ((TRAINING, quantity), (VALIDATION, quantity.on("validation")))
    }


def _stretched(values: Sequence[float], n_columns: int) -> list[float]:
    """The values at equal steps from the first to the last epoch; a single one stays where it is."""
    if len(values) < 2:
        return list(values)
    stretched = []
    for column in range(n_columns):
        before, rest = divmod(column * (len(values) - 1), n_columns - 1)
        share = rest / (n_columns - 1)
        # Without a share of it, the next value is not looked at: it may be NaN, or beyond the end.
        stretched.append(values[before] * (1 - share) + values[before + 1] * share if rest else values[before])
    return stretched


def _row(value: float, low: float, high: float) -> int:
    """Row 0 is the highest; a curve without any range is in the middle."""
    if high == low:
        return HEIGHT // 2
    # Halved, since the range of the largest numbers is none.
    return round((high / 2 - value / 2) / (high / 2 - low / 2) * (HEIGHT - 1))
