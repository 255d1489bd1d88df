"""The cells of one column, in the rows of one split."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dlexp.components.data import Array
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.numerals import Numbers, parse
from dlexp.components.datasets.user.rows import Rows


@dataclass(frozen=True)
class Cells:
    """What stands in a column, and where it is missing."""

    rows: Rows
    column: str
    rules: CellRules

    @property
    def given(self) -> pd.Series:
        """As they were read."""
        return self.rows.frame[self.column]

    @cached_property
    def is_gap(self) -> Array:
        """Where a value is missing, `(n,)`."""
        return self.rules.gaps.of(self.rows, self.column)

    @property
    def first_gap(self) -> int:
        """The first row where it is."""
        return int(self.rows.frame.index[int(self.is_gap.argmax())])

    @cached_property
    def numbers(self) -> Numbers:
        """Their numbers, as the config says how they are written."""
        return parse(self.given, self.rules.notation)

    @cached_property
    def factorized(self) -> tuple[Array, list[str]]:
        """Which of the different words each cell is, -1 for a missing one, `(n,)`; and these."""
        codes, values = pd.factorize(self.given.astype(object).where(~self.is_gap, None))
        code_of: dict[str, int] = {}
        joined = np.array([code_of.setdefault(label(value), len(code_of)) for value in values], np.int64)
        return np.append(joined, -1)[codes], list(code_of)

    @property
    def counts(self) -> dict[str, int]:
        """How often each different word is there."""
        codes, words = self.factorized
        return dict(zip(words, np.bincount(codes[codes >= 0], minlength=len(words)).tolist(), strict=True))

    def where(self, chosen: Array) -> str:
        """The place of the first of some cells."""
        return self.rows.where(int(chosen.argmax()), self.column)

    def where_word(self, word: str) -> str:
        """The place where a word is first."""
        codes, words = self.factorized
        return self.where(codes == words.index(word))
