"""What stands instead of the missing values of a table, and how that is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlexp.components.data import Array
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.remarks import Remark
from dlexp.format import plural

#: Of more columns than these, missing values are said in one line.
MAX_SAID_APART = 3


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A column with missing values: what stands in their place."""

    column: str
    path: Path
    values: str
    """The numbers in the place of a missing value; empty if it is a category."""
    rule: str
    """Where they come from."""
    rows: str
    """In how many rows the value is missing."""
    remarks: Sequence[Remark]
    """What is said of this column alone."""

    @classmethod
    def of(cls, train: Cells, other: Cells, of_train: Array, of_other: Array) -> "Filled":
        """From the column as it was read and as it is encoded."""
        splits = [each for each in (train, other) if each.is_gap.any()]
        n = sum(int(each.is_gap.sum()) for each in splits)
        values, rule = "", "no category"
        if of_train.dtype != bool:
            is_gap, encoded = (train.is_gap, of_train) if train.is_gap.any() else (other.is_gap, of_other)
            values = ", ".join(f"{value:.4g}" for value in encoded[int(is_gap.argmax())])
            rule = f"the training split's {train.rules.gaps.rule(train.column)}"
        return cls(
            column=train.column,
            path=train.rows.path,
            values=values,
            rule=rule,
            rows=f"{plural(n, 'row')}, first row {min(each.first_gap for each in splits)}",
            remarks=list(gap_remarks(train, other, f"{rule} of {values}" if values else rule)),
        )


def gaps_said(filled: Sequence[Filled]) -> Mapping[str, Sequence[Remark]]:
    """Remarks on all missing values, by column: of many columns in one, as of the first."""
    if len(filled) > MAX_SAID_APART:
        return {filled[0].column: [_together(filled)]}
    return {each.column: each.remarks for each in filled}


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
    place = str(filled[0].path)
    return Remark(rule="missing", place=place, found=f"missing values are taken as {said}", is_settled=True)
