"""The cells of one column, in the rows of one split."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dlexp.components.data import Array
from dlexp.components.datasets.user import dates
from dlexp.components.datasets.user.kinds import CellRules
from dlexp.components.datasets.user.labels import Coded, label
from dlexp.components.datasets.user.numerals import Numbers, parse
from dlexp.components.datasets.user.rows import Rows


@dataclass(frozen=True)
class Cells:
    """What stands in a column, and where it is missing."""

    rows: Rows
    column: str
    rules: CellRules

    @cached_property
    def _i(self) -> int:
        return self.rows.columns.index(self.column)

    @cached_property
    def given(self) -> pd.Series:
        """As they were read."""
        return self.rows.at(self._i)

    @cached_property
    def is_text(self) -> bool:
        """Whether they are written in words or digits, as in a CSV file, and have no type of their own."""
        is_compact = self.is_plain or self.coded is not None
        return is_compact or pd.api.types.infer_dtype(self.given[~self.is_gap]) == "string"

    @cached_property
    def are_moments(self) -> bool:
        """Whether they are dates by their type."""
        return not self.is_plain and self.coded is None and dates.are_moments(self.given)

    @property
    def is_plain(self) -> bool:
        """Whether they are numbers of whose text nothing is to be said, beside that of the first."""
        return self.plain_numbers is not None

    @cached_property
    def plain_numbers(self) -> "Array | None":
        """Their numbers, if they are plain, `(n,)`."""
        return self.rows.values(self._i)

    @cached_property
    def is_whole(self) -> bool:
        """Whether they are plain whole numbers, each of which is written in one way."""
        return self.rows.is_whole(self._i)

    @cached_property
    def coded(self) -> Coded | None:
        """Each different word once, if they are kept so."""
        return self.rows.coded(self._i)

    def first(self, n: int) -> pd.Series:
        """The first cells that are not missing, as they were read."""
        return self.rows.take(np.flatnonzero(~self.is_gap)[:n]).at(self._i)

    @cached_property
    def is_gap(self) -> Array:
        """Where a value is missing, `(n,)`."""
        return self.rules.gaps.of(self.rows, self.column)

    @property
    def first_gap(self) -> int:
        """The first row where it is."""
        return self.rows.number(int(self.is_gap.argmax()))

    @cached_property
    def numbers(self) -> Numbers:
        """Their numbers, as the config says how they are written."""
        if self.plain_numbers is not None:
            return Numbers(self.plain_numbers, np.zeros(len(self.rows), bool))
        if self.coded is not None:
            read = parse(pd.Series(self.coded.words, dtype=str), self.rules.notation)
            return Numbers(read.values[self.coded.codes], read.unusual[self.coded.codes])
        return parse(self.given, self.rules.notation)

    @cached_property
    def factorized(self) -> tuple[Array, list[str]]:
        """Which of the different words each cell is, -1 for a missing one, `(n,)`; and these."""
        if self.coded is None:
            codes, values = pd.factorize(self.given.astype(object).where(~self.is_gap, None))
        else:
            codes = np.full(len(self.rows), -1)
            codes[~self.is_gap], used = pd.factorize(self.coded.codes[~self.is_gap])
            values = [self.coded.words[code] for code in used]
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
