"""Missing values of the user's own tables: what stands for one, and what is done about it."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dlexp.components.data import Array
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

if TYPE_CHECKING:
    import pandas as pd

Missing = Literal["refuse", "drop", "mean", "median"]
#: What a mapping of columns may name beside them.
TARGET, FEATURES = "target", "features"


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """What stands for a missing value, and what is done about it."""

    missing: Missing | Mapping[str, Missing]
    """The same for all columns, or by column and for the targets and features that are not named."""
    words: Sequence[str]
    """What stands for one in columns of words or numbers."""
    texts: Collection[str]
    """The columns of text, in which only the empty text is one."""
    targets: Collection[str]

    def rule(self, column: str) -> Missing:
        """What is done about a missing value of a column."""
        if isinstance(self.missing, str):
            return self.missing
        role = TARGET if column in self.targets else FEATURES
        return self.missing.get(column, self.missing.get(role, "refuse"))

    def fills(self, column: str) -> bool:
        """Whether a missing value of a feature is filled."""
        return self.rule(column) not in ("refuse", "drop")

    def of(self, rows: Rows, column: str) -> Array:
        """Where a column has a gap, `(n,)`: a cell of spaces is empty."""
        import numpy as np
        import pandas as pd

        i, words = rows.columns.index(column), [""] if column in self.texts else self.words
        if (values := rows.values(i)) is not None:
            return np.isnan(values)
        if (coded := rows.coded(i)) is not None:
            return self._among(pd.Series(coded.words, dtype=str), words)[coded.codes]
        return self._among(rows.at(i), words)

    def _among(self, cells: "pd.Series[Any]", words: Sequence[str]) -> Array:
        """Which cells are one of these words, or no value."""
        import pandas as pd

        if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
            gaps = cells.isna() | cells.isin([number for word in words if (number := _number(word)) is not None])
        else:
            gaps = cells.isna() | cells.isin([spelt for word in words for spelt in _spelt(word)])
        if isinstance(cells.dtype, pd.StringDtype) and "" in words:
            gaps |= cells.str.isspace()
        found: Array = gaps.to_numpy(bool)
        return found

    def without(self, rows: Rows, targets: Sequence[str], features: Sequence[str]) -> Rows:
        """The rows that are kept, with what is said of the others: a gap drops its row, or stays if it is filled."""
        import numpy as np

        kept, remarks = np.ones(len(rows), bool), []
        for column in dict.fromkeys([*targets, *features]):
            is_target = column in targets
            if self.fills(column) and not is_target:
                continue
            gaps = self.of(rows, column)
            if not gaps.any():
                continue
            place = rows.where(int(gaps.argmax()), column)
            if self.rule(column) != "drop":
                more = f", and {gaps.sum() - 1} more in this column" if gaps.sum() > 1 else ""
                raise DataError(f"{place}: missing{more}; see dataset.missing: {self._choices(is_target, column)}")
            found = f"missing in {plural(int(gaps.sum()), 'row')}; such rows are dropped"
            remarks.append(Remark(rule="missing", place=place, found=found, is_settled=True))
            kept &= ~gaps
        return (rows if kept.all() else rows.take(kept)).remarked(*remarks)

    def require_known(self, new: Rows, column: str) -> None:
        """Refuse new rows in which a feature or text is missing that nothing fills."""
        if self.fills(column) or not (gaps := self.of(new, column)).any():
            return
        found = f"{new.where(int(gaps.argmax()), column)}: missing in {plural(int(gaps.sum()), 'row')}"
        known = f"the model was trained without such rows (dataset.missing: {self.rule(column)})"
        otherwise = "mean, which leaves the text empty" if column in self.texts else "mean or median"
        raise DataError(f"{found}; {known}: leave them out of the file, or train with {otherwise}")

    def _choices(self, is_target: bool, column: str) -> str:
        if column in self.texts:
            return "drop, or mean, which leaves the text empty"
        if not is_target:
            return "drop, mean or median"
        if isinstance(self.missing, str) and self.missing != "refuse":
            return f"{{target: drop, features: {self.missing}}}"
        return "drop"


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _spelt(word: str) -> list[str]:
    """A whole number also with a decimal sign and zeros behind it."""
    is_whole = word.removeprefix("-").isdecimal()
    return [word, *(f"{word}{point}{'0' * n}" for point in ".," for n in (1, 2, 3))] if is_whole else [word]


#: Words that usually stand for a missing value: in a column of words, and more of them beside numbers.
_USUAL = re.compile(r"[?.-]+|#?n/a|n\. ?a\.|na|nan|nat|null|none|<na>", re.IGNORECASE)
_BESIDE_NUMBERS = re.compile(
    rf"{_USUAL.pattern}|#(?:value|null|div/0|ref)!|nil|missing|unknown|undefined|unspecified|\(?blank\)?|empty|tb[da]|"
    r"not (?:available|known|given|specified|applicable)|\*+|_|–|—|k\. ?a\.|keine(?: angabe)?|unbekannt|fehlt|"
    r"inconnue?|manquant|desconocido|sin datos|s/d|sconosciuto|onbekend|okänd|n\.?c\.?|n\.?d\.?|nk",
    re.IGNORECASE,
)


def is_usual(word: str, beside_numbers: bool = True) -> bool:
    """Whether a word usually stands for a missing value: more do beside numbers than in a column of words."""
    return (_BESIDE_NUMBERS if beside_numbers else _USUAL).fullmatch(word.strip()) is not None


def typed(word: str) -> str:
    """A word as it can be typed into a list of YAML."""
    is_other = word.casefold() in ("null", "yes", "no", "on", "off", "true", "false")
    is_plain = re.fullmatch(r"[^\W\d_][\w/ .]*|-?[1-9]\d*", word) and not is_other
    return word if is_plain else json.dumps(word, ensure_ascii=False)
