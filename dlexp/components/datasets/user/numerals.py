"""How numbers are written in the cells of a table: the decimal sign, thousands, units, signs."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from dlexp.components.data import Array

#: What is read as the sign between thousands: a space may be a no-break, narrow or thin one.
_BETWEEN = {",": ",", ".": ".", "'": "'’", " ": " \u00a0\u202f\u2009"}
#: What is read as the hyphen that Python takes for a minus: the minus sign, its small and wide forms, the en dash.
_MINUS = "\u2212\ufe63\uff0d\u2013"
_UNUSUAL = re.compile(rf"[{_MINUS}()]|[^\x00-\x7f]")
#: Unless so few cells of a column are different, its words are not read one by one for unusual signs.
_MAX_UNUSUAL = 10_000
#: If most of so many cells are words, a column is read by its different words.
_N_SAMPLE = 100


@dataclass(frozen=True)
class Notation:
    """How a file writes its numbers."""

    decimal: str = "."
    thousands: str | None = None
    """What lies between groups of three digits: a comma, a dot, an apostrophe or a space."""
    units: tuple[str, ...] = ()
    """What may stand before or behind a number."""

    def value(self, text: str) -> float:
        """The number that a text writes, or NaN."""
        found = _pattern(self).fullmatch(usual(text))
        if found is None:
            return float("nan")
        sign = (found["outer"] or found["sign"] or "").strip()
        digits = re.sub(r"\D", "", found["whole"])
        return float(f"{sign}{digits or 0}.{found['fraction'] or 0}{found['exponent'] or ''}")

    def unit(self, text: str) -> str:
        """The unit beside the number that a text writes, or nothing."""
        found = _pattern(self).fullmatch(usual(text)) if self.units else None
        return (found["before"] or found["after"] or "") if found else ""


PLAIN = Notation()


@cache
def _pattern(notation: Notation) -> re.Pattern[str]:
    unit = "|".join(re.escape(each) for each in sorted(notation.units, key=len, reverse=True)) or r"(?!)"
    grouped = ""
    if notation.thousands:
        between = f"[{re.escape(_BETWEEN[notation.thousands])}]"
        # Groups of three digits; in India of two before the last.
        grouped = rf"[1-9]\d{{0,2}}(?:{between}\d{{3}})+(?!\d)|[1-9]\d?(?:{between}\d{{2}})+{between}\d{{3}}(?!\d)|"
    point = re.escape(notation.decimal)
    return re.compile(
        rf"(?P<outer>[+-] ?)?(?:(?P<before>{unit})\s*)?(?P<sign>(?(outer)|(?:[+-] ?)?))"
        rf"(?=\d|{point}\d)(?P<whole>{grouped}\d*)(?:{point}(?P<fraction>\d*))?(?P<exponent>[eE][+-]?\d+)?"
        rf"(?:\s*(?P<after>{unit}))?"
    )


def usual(text: str) -> str:
    """A text with the usual minus and digits, whatever script they are in; in parentheses it is negative."""
    text = text.strip()
    if not _UNUSUAL.search(text):
        return text
    text = "".join(_usual_sign(each) for each in text)
    return f"-{text[1:-1].strip()}" if text.startswith("(") and text.endswith(")") else text


def _usual_sign(sign: str) -> str:
    return "-" if sign in _MINUS else str(unicodedata.decimal(sign, sign))


@dataclass(frozen=True)
class Numbers:
    """The cells of a column as numbers."""

    values: Array
    """Float64 `(n,)`: NaN where a cell is no number, infinite where it says so."""
    unusual: Array
    """Which of them were read although they have an unusual sign: a minus that is no hyphen, parentheses, `(n,)`."""


def parse(cells: pd.Series, notation: Notation = PLAIN) -> Numbers:
    """The numbers of a column, whatever its type: of spans of time the seconds."""
    if pd.api.types.is_timedelta64_dtype(cells):
        cells = cells.dt.total_seconds()
    if not _has_words(cells):
        values = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        return Numbers(values, np.zeros(len(cells), bool))
    if len(cells) > _N_SAMPLE and pd.to_numeric(cells.head(_N_SAMPLE), errors="coerce").isna().mean() > 0.5:
        codes, words = pd.factorize(cells)
        read = _parsed(pd.Series(words), notation)
        # A missing value has the code -1.
        return Numbers(np.append(read.values, np.nan)[codes], np.append(read.unusual, False)[codes])
    return _parsed(cells, notation)


def _parsed(cells: pd.Series, notation: Notation) -> Numbers:
    values = _fast(cells, notation)
    # What no fast reader knows is read by distinct value.
    rest = np.flatnonzero(np.isnan(values))
    codes, words = pd.factorize(cells.iloc[rest])
    texts = [each if isinstance(each, str) else "" for each in words]
    unusual = np.zeros(len(cells), bool)
    if notation != PLAIN or len(texts) <= _MAX_UNUSUAL:
        read = np.array([*(notation.value(text) for text in texts), np.nan])
        values[rest] = read[codes]
        is_unusual = np.array([*(usual(text) != text.strip() for text in texts), False])
        unusual[rest] = is_unusual[codes] & ~np.isnan(read[codes])
    return Numbers(values, unusual)


def _has_words(cells: pd.Series) -> bool:
    return isinstance(cells.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(cells)


def _fast(cells: pd.Series, notation: Notation) -> Array:
    """What pandas reads of a column, where that and the notation agree; NaN for the rest."""
    if notation.decimal == "," and pd.api.types.is_string_dtype(cells):
        # A dot is no decimal sign here.
        cells = cells.where(~cells.str.contains(".", regex=False)).str.replace(",", ".", regex=False)
    elif notation.decimal == ",":
        return np.full(len(cells), np.nan)
    values: Array = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan, copy=True)
    return values
