"""What a column is whose cells are no plain numbers: categories, or numbers and dates that a key has to read."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Self

import numpy as np

from dlexp.components.datasets.user import dates, notations
from dlexp.components.datasets.user.cell_keys import CellKeys, DateNumbers
from dlexp.components.datasets.user.gaps import Gaps, is_usual, typed
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.numerals import PLAIN, Notation
from dlexp.format import plural

#: More different words than these are no category but names or text.
MAX_CATEGORIES = 100
#: Of a column with more different words, so many are looked at.
_MAX_LOOKED_AT = 20_000
#: Words beside at least so many different numbers are placeholders if there are no more of them than these.
_MIN_NUMBERS, _MAX_PLACEHOLDERS = 5, 2
#: From this share of numbers on, categories are said to be a mixture.
_MIN_MIXED = 0.1
#: Numbers as programs mark them: for Excel as text, with the minus behind, in Python, in Fortran, in hexadecimals; and
#: spans of time.
_MARKED = re.compile(
    r"""="[+-]?[\d.,]+"|'[+-]?\d[\d.,]*|[\d.,]+[-\u2212]|[+-]?\d{1,3}(?:_\d{3})+(?:\.\d+)?|"""
    r"[+-]?\d*\.?\d+[dD][+-]?\d+|0[xX][\da-fA-F]+|"
    r"(?:np\.|numpy\.)?(?:float|u?int|tensor)\d*\([+-]?[\d.]+(?:e[+-]?\d+)?[^()]*\)|b'[+-]?\d[\d.,]*'|"
    r"-?\d+ days?,? [+-]?\d\d?:\d\d:\d\d(?:\.\d+)?|P(?=[T\d])(?:\d+[YMWD])*(?:T(?:[\d.]+[HMS])+)?|"
    r"(?:\d+ ?(?:d|h|m|s|days?|hrs?|hours?|min|mins|minutes?|secs?|seconds?),? ?){2,}"
)
#: Fewer are as likely names as numbers.
_MIN_MARKED = 3
_DIGITS = re.compile(r"[\W\d]*\d[\W\d]*")
_RANGE = re.compile(r"[<>≤≥]?=? ?[\d.,]+ ?[+%]?|[\d.,]+ ?[-\u2013] ?[\d.,]+ ?%?|\([^()\[\]]+\]|\[[^()\[\]]+\)")
#: Fewer different words of digits are codes or classes.
_MIN_DIGITS = 10


@dataclass(frozen=True, kw_only=True)
class CellRules:
    """How the cells of a table are read."""

    gaps: Gaps
    notation: Notation = PLAIN
    dates: Mapping[str, DateNumbers] = field(default_factory=dict)
    """What is made of the columns of dates."""
    date_format: str | Mapping[str, str] | None = None
    """How dates are written: all, or by column; None to find out."""
    categorical: Collection[str] = ()

    @classmethod
    def of(cls, keys: CellKeys, texts: Collection[str], targets: Collection[str], categorical: Collection[str]) -> Self:
        """As the keys of a table say, given what its columns are for."""
        thousands = None if keys.thousands == "none" else keys.thousands
        return cls(
            gaps=Gaps(missing=keys.missing, words=keys.missing_values, texts=texts, targets=targets),
            notation=Notation(keys.decimal, thousands, tuple(keys.units)),
            dates=keys.dates if isinstance(keys.dates, dict) else dict.fromkeys(keys.dates, "parts"),
            date_format=keys.date_format,
            categorical=categorical,
        )

    def format_of(self, column: str) -> str | None:
        """How the dates of a column are written, if the config says so."""
        return self.date_format if isinstance(self.date_format, str | None) else self.date_format.get(column)

    def missing_values(self, *words: str) -> str:
        """What to type so that these words are missing values too."""
        return f"dataset.missing_values: [{', '.join(typed(word) for word in [*self.gaps.words, *words])}]"


@dataclass(frozen=True)
class Look:
    """What the words of a column look like, beside categories."""

    word: str
    """The first of those that do."""
    found: str
    """What is there."""
    key: str
    """What to type."""
    is_refused: bool = True
    """Whether they are no categories unless the config says so."""


def look(column: str, counts: Mapping[str, int], rules: CellRules) -> Look | None:
    """What the words of a column look like, by how often each is there; None if like categories and nothing else."""
    counts = dict(islice(counts.items(), _MAX_LOOKED_AT))
    usual = [word for word in counts if is_usual(word)]
    others = [word for word in counts if word not in set(usual)]
    n = sum(counts[word] for word in others)
    days = [word for word in others if dates.looks_like_one(word)]
    n_days, beside_days = sum(counts[word] for word in days), set(counts) - set(days)
    if n_days > n / 2 or (len(beside_days) <= _MAX_PLACEHOLDERS and len(days) >= _MIN_NUMBERS):
        return Look(days[0], f"dates: {_some(days, counts)}", _dates_advice(column, days))
    marked = [word for word in others if _MARKED.fullmatch(word)]
    if sum(counts[word] for word in marked) > n / 2 and len(marked) >= _MIN_MARKED:
        return Look(marked[0], f"numbers in a form that is not read: {_some(marked, counts)}", "write plain numbers")
    seen = notations.seeming(others, rules.notation)
    if seen is None:
        return _digits_alone(column, others, counts)
    n_numbers = sum(counts[word] for word in seen.words)
    if n_numbers > n / 2 and (seen.doubt or seen.keys(rules.notation)):
        # Those that the notation reads are not what is wrong.
        strange = [word for word in seen.words if np.isnan(rules.notation.value(word))] or list(seen.words)
        return Look(strange[0], f"{seen.described}: {_some(strange, counts)}", seen.advice(rules.notation))
    read = [word for word in seen.words if not np.isnan(rules.notation.value(word))]
    n_read = sum(counts[word] for word in read)
    beside = usual or [word for word in others if word not in set(read)]
    is_few = len(beside) <= _MAX_PLACEHOLDERS and len(read) >= _MIN_NUMBERS
    if beside and (n_read > n / 2 or is_few):
        missing = f"if that is a missing value, say {rules.missing_values(*beside)} and dataset.missing"
        return Look(beside[0], f"{plural(n_read, 'number')} beside {_some(beside, counts)}", missing)
    with_digits = [word for word in others if any(each.isdigit() for each in word)]
    # Among codes such as 3F2A some are numbers by chance.
    are_codes = len(with_digits) > len(read) + (len(others) - len(read)) / 2
    if read and n_read >= _MIN_MIXED * n and len(counts) <= MAX_CATEGORIES and not are_codes:
        found = f"numbers among words are taken as categories: {_some(read, counts)}"
        return Look(read[0], found, f"dataset.categorical: [{quoted(column)}]", is_refused=False)
    return _digits_alone(column, others, counts)


def _digits_alone(column: str, words: Sequence[str], counts: Mapping[str, int]) -> Look | None:
    """Many words without a letter, which may be numbers: 120/80, 3-12; not ranges, which are categories."""
    found = [word for word in words if _DIGITS.fullmatch(word) and not _RANGE.fullmatch(word)]
    n, n_all = (sum(counts[word] for word in each) for each in (found, words))
    if n <= n_all / 2 or not _MIN_DIGITS <= len(found) <= MAX_CATEGORIES:
        return None
    said = f"words of digits and signs are taken as {len(found)} categories: {_some(found, counts)}"
    return Look(found[0], said, f"dataset.categorical: [{quoted(column)}]", is_refused=False)


def _some(words: Sequence[str], counts: Mapping[str, int]) -> str:
    """The first of some words, and in how many cells there are others."""
    n_more = sum(counts[word] for word in words) - counts[words[0]]
    times = f" ({counts[words[0]]} times)" if counts[words[0]] > 1 else ""
    return f"{words[0]!r}{times}" + (f" and {plural(n_more, 'more cell')}" if n_more else "")


def _dates_advice(column: str, days: Sequence[str]) -> str:
    """How to read the words of a column as dates."""
    read = f"read them by dataset.dates: [{column}]"
    found = dates.formats(days)
    if len(found) > 1:
        return f"{read} and {_or_formats(found)}"
    return read if found else f"{read} and dataset.date_format"


def _or_formats(found: Sequence[str]) -> str:
    return f"dataset.date_format: {' or '.join(typed(form) for form in found)}"
