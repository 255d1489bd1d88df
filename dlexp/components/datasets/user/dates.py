"""Dates in the cells of a table: which words look like one, how they are written, which numbers are made of them."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from dlexp.components.data import Array
from dlexp.components.datasets.user.cell_keys import DateNumbers

ISO = "ISO8601"
PARTS = ("year", "month", "day", "weekday", "hour", "minute", "second")
_DAY, _YEAR, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[5-9]|20|21)\d\d", r"(?:0?[1-9]|1[0-2])"
_NAME = r"[^\W\d_]{3,10}\.?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
_ZONE = r"(?: ?(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2}))?"
_DATE = "|".join(
    [
        rf"{_YEAR}([-/.]){_MONTH}(?:\1{_DAY})?",
        rf"{_DAY}([-/.]){_DAY}\2(?:{_YEAR}|\d\d)",
        rf"(?:{_NAME},? )?{_DAY}(?:st|nd|rd|th|\.)?[ -]{_NAME}[ ,-]+(?:{_YEAR}|\d\d)",
        rf"(?:{_NAME},? )?{_NAME}[ -]{_DAY}(?:st|nd|rd|th)?,? {_YEAR}",
        rf"{_NAME}[ -]{_YEAR}",
        rf"{_MONTH}[/-]{_YEAR}",
        rf"{_YEAR}年{_MONTH}月(?:{_DAY}日)?|{_YEAR}년 ?{_MONTH}월(?: ?{_DAY}일)?",
        r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ -]'?\d\d",
    ]
)
_LOOKS = re.compile(rf"(?:(?:{_DATE})(?:(?:T|,? | - ){_TIME}{_ZONE})?|{_TIME}{_ZONE})")
_COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MONTH_OF_YEAR = re.compile(r"(?:0[1-9]|1[0-2])\.(?:19|20)\d\d")
_ZONED = re.compile(r"(?P<moment>.*:\d\d.*?) ?(?P<zone>Z|(?![AP]M)[A-Z]{3,4}|[+-]\d\d:?\d\d)")

_DATES = [
    *(f"%{a}{sign}%{b}{sign}%{year}" for sign in "/.-" for year in "Yy" for a, b in ("dm", "md")),
    *("%d %b %Y", "%d %B %Y", "%d. %B %Y", "%d. %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%b %d %Y", "%b %d, %Y"),
    *("%B %d %Y", "%B %d, %Y", "%a, %d %b %Y", "%a %d %b %Y", "%a, %b %d, %Y", "%A, %B %d, %Y", "%b %Y", "%B %Y"),
    *("%m/%Y", "%m-%Y", "%Y/%m", "%b-%Y", "%b-%y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%Y年%m月%d日", "%Y年%m月", "%Y년 %m월 %d일", "%Y년%m월%d일", "%Y년 %m월"),
]
_TIMES = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p"]
#: So many words find out which formats are tried on all of them.
_N_TRIED = 20


@dataclass(frozen=True)
class Moments:
    """The cells of a column as moments."""

    values: pd.Series
    """As the clock showed them where they were written; NaT where a cell is no date."""
    offsets: Array
    """What their zones are ahead of UTC, in seconds, `(n,)`; NaN where a cell names none."""

    def made(self, how: DateNumbers) -> dict[str, Array]:
        """The numbers made of them, `(n,)` each, by the name of the part, or of the whole as the empty name."""
        if how == "seconds":
            # In the unit of the dates: nanoseconds have no room for the year 9999.
            seconds = (
                (self.values - pd.Timestamp(0).as_unit(self.values.dt.unit)).dt.total_seconds().to_numpy(np.float64)
            )
            return {"": seconds - np.nan_to_num(self.offsets)}
        return {part: getattr(self.values.dt, part).to_numpy(np.float64, na_value=np.nan) for part in PARTS}


def looks_like_one(word: str) -> bool:
    """Whether a word is a date or a time in one of the usual forms."""
    return _LOOKS.fullmatch(word.strip()) is not None


def is_compact(word: str) -> bool:
    """Whether a number can be a date, as 20240315."""
    return _COMPACT.fullmatch(word) is not None


def is_month(word: str) -> bool:
    """Whether a number can be a month and its year, as 01.2024."""
    return _MONTH_OF_YEAR.fullmatch(word) is not None


def are_moments(cells: pd.Series) -> bool:
    """Whether a column has dates by its type."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return True
    first = cells.dropna().head(1)
    return cells.dtype == object and any(isinstance(each, datetime.date) for each in first)


def formats(words: Sequence[str]) -> list[str]:
    """The formats that read all of some words as dates, one for each result."""
    found: dict[bytes, str] = {}
    plain = [_ZONED.sub(r"\g<moment>", word.strip()) for word in words]
    for form in _candidates():
        if all(_fits(word, form) for word in plain[:_N_TRIED]):
            moments = _moments(pd.Series(plain, dtype=object), form)
            if moments.notna().all():
                found.setdefault(moments.to_numpy().tobytes(), form)
    return list(found.values())


def nearest(words: Sequence[str]) -> tuple[str, str]:
    """The format that reads most of some words, and the first of these that it does not; empty if it reads few."""
    plain = [_ZONED.sub(r"\g<moment>", word.strip()) for word in words]
    hits = {form: sum(_fits(word, form) for word in plain[:_N_TRIED]) for form in _candidates()}
    best = max(hits, key=hits.__getitem__)
    if hits[best] <= len(plain[:_N_TRIED]) / 2:
        return "", ""
    misread = _moments(pd.Series(plain, dtype=object), best).isna()
    return best, words[int(misread.to_numpy().argmax())]


def _fits(word: str, form: str) -> bool:
    """Whether a word has a format. Python is asked only where the shape agrees: it compiles each format again."""
    if form == ISO:
        return bool(_moments(pd.Series([word], dtype=object), form).notna().all())
    if _shape(word) != _shape_of(form):
        return False
    try:
        datetime.datetime.strptime(word, form)
    except ValueError:
        return False
    return True


@lru_cache
def _shape(text: str) -> str:
    """A text with one sign for each number and each word: `9/9/9 9:9a` for 3/4/2024 5:30pm."""
    return re.sub(r"\s+", " ", re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text)))


@cache
def _shape_of(form: str) -> str:
    return _shape(re.sub(r"%[aAbBp]", "a", re.sub(r"%[dmyYHIMSf]", "9", form)))


def read(cells: pd.Series, form: str) -> Moments:
    """The moments of a column in a format, or of its own type."""
    if are_moments(cells):
        moments = pd.to_datetime(cells)
        is_zoned = isinstance(moments.dtype, pd.DatetimeTZDtype)
        local = moments.dt.tz_localize(None) if is_zoned else moments
        ahead = (local - moments.dt.tz_convert(None)).dt.total_seconds() if is_zoned else pd.Series(np.nan, cells.index)
        return Moments(local, ahead.to_numpy(np.float64))
    codes, words = pd.factorize(cells.astype(str).str.strip())
    zoned = [_ZONED.fullmatch(word) for word in words]
    plain = [found["moment"] if found else word for found, word in zip(zoned, words, strict=True)]
    moments = _moments(pd.Series(plain, dtype=object), form)
    offsets = np.array([_ahead(found["zone"]) if found else np.nan for found in zoned])
    return Moments(moments.iloc[codes].set_axis(cells.index), offsets[codes])


def _moments(words: pd.Series, form: str) -> pd.Series:
    # UTC, so that zones which a format names do not mix.
    return pd.to_datetime(words, format=form, errors="coerce", utc=True).dt.tz_localize(None)


def _ahead(zone: str) -> float:
    """What a zone is ahead of UTC, in seconds; infinite if that is not certain, as of CST."""
    if zone.isalpha():
        return 0 if zone in ("Z", "UTC", "GMT") else np.inf
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (-1 if zone[0] == "-" else 1) * (3600 * hours + 60 * minutes)


@cache
def _candidates() -> list[str]:
    times = [f"{between}{time}" for between in (" ", ", ", "T") for time in _TIMES]
    return [ISO, *_DATES, *(date + time for date in _DATES for time in times), *_TIMES]
