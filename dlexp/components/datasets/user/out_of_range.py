"""Numbers of new rows that lie outside the range of the training rows, where a model only extrapolates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.columns import Encoded
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.number_columns import SENTINELS, all_dotted
from dlexp.components.datasets.user.rows import Rows

#: So many of the new rows may lie outside without a word, none of them farther than the range is wide.
_MAX_SHARE = 0.05
#: More columns than these are said in one line.
_MAX_SAID_APART = 3
#: So many values are shown.
_N_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What new rows have outside the range of the training rows, in one column of numbers."""

    name: str
    low: float
    high: float
    values: Array
    """Those outside, the farthest first, `(k,)`."""
    rows: Array
    """Where they stand in the file, `(k,)`."""
    n_rows: int
    """How many new rows there are."""

    @property
    def range(self) -> str:
        """The values of the training rows."""
        return f"{self.low:.10g} to {self.high:.10g}" if self.low < self.high else f"{self.low:.10g} alone"

    @property
    def share(self) -> str:
        """How many of the rows lie outside."""
        return f"{len(self.rows)} of {self.n_rows} rows"

    @property
    def described(self) -> str:
        """All of this, with the farthest values and the first row of each."""
        first = dict(zip(self.values[::-1].tolist(), self.rows[::-1].tolist(), strict=True))
        values = list(dict.fromkeys(self.values.tolist()))
        more = ", ..." * (len(values) > _N_SHOWN)
        shown = ", ".join(f"{value:.10g} in row {first[value]}" for value in values[:_N_SHOWN]) + more
        lie = "lies" if len(self.rows) == 1 else "lie"
        return f"{self.name}: {self.share} {lie} outside the training rows' values, {self.range}: {shown}"


def notes(new: Rows, features: Sequence[Encoded], rules: CellRules) -> Iterator[str]:
    """What is said of new rows, the `test` of these columns: a line for each column of few, one line for many."""
    found = [(each, outside) for each in features if each.is_number for outside in _outside(new, each)]
    if len(found) > _MAX_SAID_APART:
        yield _together([outside for _, outside in found])
    for each, outside in found:
        if len(found) <= _MAX_SAID_APART:
            yield outside.described
        if dotted := _dotted(Cells(new, each.column, rules)):
            said = f"numbers such as {dotted!r}, each dot before three digits, are read with decimals, not thousands"
            yield f"{outside.name}: {said}"


def _outside(new: Rows, column: Encoded) -> Iterator[Outside]:
    for name, train, values in zip(column.names, column.train.T, column.test.T, strict=True):
        low, high = float(train.min()), float(train.max())
        distance = np.maximum(low - values, values - high)
        n = int((distance > 0).sum())
        lowest = values.min(initial=low)
        is_sentinel = lowest < 0 <= low and lowest in SENTINELS
        if n > _MAX_SHARE * len(values) or distance.max(initial=0) > high - low or is_sentinel:
            farthest = np.argsort(-distance, kind="stable")[:n]
            rows = new.numbers[farthest]
            yield Outside(name=name, low=low, high=high, values=values[farthest], rows=rows, n_rows=len(values))


def _together(found: Sequence[Outside]) -> str:
    """One line for many columns."""
    columns = [f"{each.name} {each.values[0]:.10g} ({each.range}) in {each.share}" for each in found[:MAX_SHOWN]]
    more = ", ..." * (len(found) > MAX_SHOWN)
    return f"{len(found)} columns have values outside those of the training rows: {', '.join(columns)}{more}"


def _dotted(cells: Cells) -> str:
    """One of a column's numbers that may be thousands, as its dots stand; or else nothing."""
    return all_dotted(cells) if cells.is_text and cells.rules.notation.decimal == "." else ""
