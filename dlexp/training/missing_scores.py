"""Scores that are missing since a trained model gives no finite prediction for some examples."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dlexp.components.columns import Column, Role
from dlexp.components.data import Array
from dlexp.components.remarks import Remark
from dlexp.format import listed
from dlexp.training.epochs import Epochs
from dlexp.training.finite import without
from dlexp.training.splits import Splits

RULE = "missing_predictions"


@dataclass(frozen=True, kw_only=True)
class MissingScores:
    """The scores that a finished training has not, except for those that the targets leave undefined."""

    place: str
    """Where the data come from."""
    splits: Splits
    epochs: Epochs
    of_test: Mapping[str, float]
    """The test split's scores by column."""
    unpredicted: Array
    """The positions of the test examples without a finite prediction."""
    undefined: Mapping[str, str]
    """By column, why the targets leave a score undefined."""

    @property
    def reasons(self) -> dict[str, str]:
        """By column of the result, why it is missing."""
        row = self.epochs.history[(self.epochs.restored_epoch or 0) - 1]
        return {
            **{column: self._why("validation") for column in self._missing(row, "validation")},
            **{column: self._why("test") for column in self._missing(self.of_test, "test")},
        }

    def remarks(self) -> Iterator[Remark]:
        """At most a line for each of the scored splits."""
        history = self.epochs.history
        if epochs := [row for row in history if self._missing(row, "validation")]:
            missing = self._missing(epochs[-1], "validation")
            yield self._remark("validation", missing, f" in {len(epochs):,} of {len(history):,} epochs")
        if missing := self._missing(self.of_test, "test"):
            yield self._remark("test", missing)

    def _remark(self, role: Role, columns: list[str], when: str = "") -> Remark:
        are = "is" if len(columns) == 1 else "are"
        found = f"{self._why(role)}, so that {listed(columns)} {are} missing{when}"
        return Remark(rule=RULE, place=self.place, found=found)

    def _why(self, role: Role) -> str:
        return without(self.splits, role, self._unpredicted.get(role, ()))

    @cached_property
    def _unpredicted(self) -> Mapping[Role, Array]:
        return {**self.epochs.unpredicted, "test": self.unpredicted}

    def _missing(self, scores: Mapping[str, float], role: Role) -> list[str]:
        """The columns of a split whose scores are NaN or infinite."""
        return [
            column
            for column, value in scores.items()
            if not math.isfinite(value) and column not in self.undefined and Column.parse(column).split == role
        ]
