"""Learning curves in characters: one small plot for each quantity, training and validation together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dlexp.components.columns import Column

TRAINING, VALIDATION, BEST = "·", "●", "▲"

HEIGHT = 7
_MIN_COLUMNS, _MAX_COLUMNS = 10, 60
#: Of the numbers beside a plot that stands beside another.
_MAX_MARGIN = 11
_GAP = "   "
#: What the axis spans at least: of a number with limits this share of all that is possible, else of its largest value.
#: Five points of accuracy: noise among hundreds of examples looks like noise, and 0.97 to 0.99 like progress.
MIN_SPAN = 0.05
#: A loss that falls by more than this factor has its end drawn flat, unless its axis is logarithmic.
LOG_FACTOR = 100


def plots(history: Sequence[Mapping[str, float]], quantities: Sequence[Column], width: int) -> list[str]:
    """The plots as lines of at most `width`: side by side where there is room, else one below the other."""
    gaps = (len(quantities) - 1) * len(_GAP)
    if len(quantities) * 36 + gaps > width:
        return [line for quantity in quantities for line in plot(history, quantity, width)]
    each = min((width - gaps) // len(quantities), _MAX_COLUMNS + _MAX_MARGIN)
    blocks = [plot(history, quantity, each) for quantity in quantities]
    return [_GAP.join(line.ljust(each) for line in lines).rstrip() for lines in zip(*blocks, strict=True)]


def has_values(history: Sequence[Mapping[str, float]], quantity: Column) -> bool:
    """Whether there is anything to plot of a quantity."""
    return any(math.isfinite(value) for values in _series(history, quantity).values() for value in values)


@dataclass(frozen=True)
class _Axis:
    """The values between the lowest and the highest row."""

    low: float
    high: float
    is_log: bool = False

    @classmethod
    def of(cls, values: Sequence[float], quantity: Column) -> "_Axis":
        """For finite values; wider than these where they hardly differ, as far as the limits of the quantity allow."""
        low, high = min(values, default=0.0), max(values, default=0.0)
        if quantity.is_loss and low > 0 and high / low > LOG_FACTOR:
            return cls(low, high, is_log=True)
        lowest, highest = quantity.limits
        is_limited = math.isfinite(lowest) and math.isfinite(highest)
        # Halved, since the range of the largest numbers is none.
        lacking = MIN_SPAN / 2 * (highest - lowest if is_limited else max(abs(low), abs(high))) - (high / 2 - low / 2)
        if lacking <= 0:
            return cls(low, high)
        over = max(0.0, high + lacking - highest)
        under = max(0.0, lowest - (low - lacking))
        return cls(max(lowest, low - lacking - over), min(highest, high + lacking + under))

    def row(self, value: float) -> int:
        """Row 0 is the highest; a curve without any range is in the middle."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        if high == low:
            return HEIGHT // 2
        return round((high / 2 - value / 2) / (high / 2 - low / 2) * (HEIGHT - 1))


def plot(history: Sequence[Mapping[str, float]], quantity: Column, width: int) -> list[str]:
    """One quantity over the epochs; between two epochs a straight line, nothing where a value is not finite.

    The epoch that was best is marked below.
    """
    series = _series(history, quantity)
    axis = _Axis.of([value for values in series.values() for value in values if math.isfinite(value)], quantity)
    labels = [f"{axis.high:.3g}", *[""] * (HEIGHT - 2), f"{axis.low:.3g}"]
    margin = max(map(len, labels))
    n_columns = max(_MIN_COLUMNS, min(width - margin - 2, _MAX_COLUMNS))
    grid = [[" "] * n_columns for _ in range(HEIGHT)]
    for mark, values in series.items():  # Validation last: on top.
        for column, value in enumerate(_stretched(values, n_columns)):
            if math.isfinite(value):
                grid[axis.row(value)][column] = mark
    rows = zip(labels, map("".join, grid), strict=True)
    indent = " " * (margin + 2)
    line, epochs = _below(history, quantity, n_columns)
    return [
        f"{indent}{quantity}{' (log scale)' * axis.is_log}",
        *(f"{label:>{margin}} {'┤' if label else '│'}{cells}".rstrip() for label, cells in rows),
        f"{' ' * margin} └{line}",
        f"{indent}{epochs}".rstrip(),
    ]


def _below(history: Sequence[Mapping[str, float]], quantity: Column, n_columns: int) -> tuple[str, str]:
    """The axis of the epochs and its numbers: the first and the last, and the best where there is room for it."""
    epochs = [f"{row['epoch']:.0f}" for row in history] or [""]
    first, last = epochs[0], epochs[-1] if len(epochs) > 1 else ""
    best = _best(history, quantity)
    if best is None or len(history) < 2:
        return "─" * n_columns, f"{first}{last:>{n_columns - len(first)}}"
    at = round(best * (n_columns - 1) / (len(history) - 1))
    line = f"{'─' * at}{BEST}{'─' * (n_columns - at - 1)}"
    number = epochs[best]
    start = min(max(0, at - len(number) // 2), n_columns - len(number))
    has_room = len(first) < start and start + len(number) < n_columns - len(last)
    between = f"{number:>{start + len(number) - len(first)}}" if has_room else ""
    return line, f"{first}{between}{last:>{n_columns - len(first) - len(between)}}"


def _best(history: Sequence[Mapping[str, float]], quantity: Column) -> int | None:
    """Where the best validation score stands in the history; None if there is none, or neither way is better."""
    column = quantity.on("validation")
    values = [(row[str(column)], i) for i, row in enumerate(history) if math.isfinite(row.get(str(column), math.nan))]
    if not values or not column.is_judged:
        return None
    pick = max if column.higher_is_better else min
    return pick(values, key=lambda each: each[0])[1]


def legend(history: Sequence[Mapping[str, float]]) -> str:
    """What the marks are."""
    has_validation = any(Column.parse(name).split == "validation" for row in history[:1] for name in row)
    return f"training {TRAINING}" + f"  validation {VALIDATION}  its best epoch {BEST}" * has_validation


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
