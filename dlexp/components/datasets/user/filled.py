"""What stands instead of the missing values of a table, and how that is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dlexp.components.data import Array
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.remarks import Remark
from dlexp.format import plural

#: Of more columns than these, missing values are said in one line.
MAX_SAID_APART = 3


@dataclass(frozen=True)
class Filled:
    """A column with missing values, as it is encoded."""

    train: Cells
    other: Cells
    of_train: Array
    of_other: Array

    @property
    def column(self) -> str:
        """Its name."""
        return self.train.column

    @property
    def values(self) -> str:
        """The numbers in the place of a missing value; empty if it is a category."""
        if self.of_train.dtype == bool:
            return ""
        is_gap, values = (self.train.is_gap, self.of_train)
        if not is_gap.any():
            is_gap, values = self.other.is_gap, self.of_other
        return ", ".join(f"{value:.4g}" for value in values[int(is_gap.argmax())])

    @property
    def rule(self) -> str:
        """Where they come from."""
        return f"the training split's {self.train.rules.gaps.rule(self.column)}" if self.values else "no category"

    @property
    def instead(self) -> str:
        """What a missing value is taken as."""
        return f"{self.rule} of {self.values}" if self.values else self.rule

    @property
    def rows(self) -> str:
        """In how many rows the value is missing."""
        splits = [each for each in (self.train, self.other) if each.is_gap.any()]
        n = sum(int(each.is_gap.sum()) for each in splits)
        return f"{plural(n, 'row')}, first row {min(each.first_gap for each in splits)}"


def gaps_said(filled: Sequence[Filled]) -> Mapping[str, Sequence[Remark]]:
    """Remarks on all missing values, by column: of many columns in one, as of the first."""
    if len(filled) > MAX_SAID_APART:
        return {filled[0].column: [_together(filled)]}
    return {each.column: list(gap_remarks(each.train, each.other, each.instead)) for each in filled}


def gap_remarks(train: Cells, other: Cells, instead: str) -> Iterator[Remark]:
    """How many values of a column are missing, and what they are taken as: of one file together."""
    with_gaps = [each for each in (train, other) if each.is_gap.any()]
    for path in dict.fromkeys(each.rows.path for each in with_gaps):
        parts = [each for each in with_gaps if each.rows.path == path]
        n = sum(int(each.is_gap.sum()) for each in parts)
        place = f"{path}: row {min(each.first_gap for each in parts)}, column {train.column}"
        found = f"missing in {plural(n, 'row')}, taken as {instead}"
        yield Remark(rule="missing", place=place, found=found, is_settled=True)


def _together(filled: Sequence[Filled]) -> Remark:
    """One remark for many columns."""
    by_rule: dict[str, list[str]] = {}
    for each in filled:
        by_rule.setdefault(each.rule, []).append(f"{f'{each.column} {each.values}'.strip()} ({each.rows})")
    said = "; ".join(f"{rule}: {', '.join(columns)}" for rule, columns in by_rule.items())
    place = str(filled[0].train.rows.path)
    return Remark(rule="missing", place=place, found=f"missing values are taken as {said}", is_settled=True)
