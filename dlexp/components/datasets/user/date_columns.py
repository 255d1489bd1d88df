"""Columns of dates: numbers for the parts that vary, or the seconds since 1970."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.user import dates
from dlexp.components.datasets.user.cell_keys import DateNumbers
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.gaps import is_usual, typed
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.unread import Unread, lines
from dlexp.components.remarks import Remark
from dlexp.errors import DataError
from dlexp.format import plural

#: The year of 9999-12-31, and the seconds from 1970 to its first day.
LAST_YEAR, LAST_YEAR_SECONDS = 9999, 253_370_764_800
#: A format whose order of day, month and year other cells could contradict, or whose centuries are a guess.
_DOUBTFUL = re.compile(r"%[dm][/.-]%[dm]|%y")


@dataclass(frozen=True)
class Dates:
    """What is made of a column of dates."""

    names: Sequence[str]
    splits: Sequence[Array]
    """Of the training rows, then of the others, `(n, names)`; NaN where a date is missing."""
    remarks: Sequence[Remark]


def is_one(cells: Cells) -> bool:
    """Whether a column has dates, as the config or its type says."""
    named = cells.column in cells.rules.dates
    return named or (cells.column not in cells.rules.categorical and cells.are_moments)


def problem(train: Cells) -> Unread | None:
    """Why the training cells cannot be read as dates; None if they can."""
    found = _formats(train)
    if len(found) == 1:
        return None
    place, words = f"{train.rows.path}: column {train.column}", list(train.counts)
    if found:
        forms = list(map(typed, found))
        if train.column not in train.rules.dates:  # It orders the rows, and need be no feature.
            forms = [f"{{{train.column}: {form}}}" for form in forms]
        either = f"say which: dataset.date_format: {' or '.join(forms)}"
        return Unread(train.column, f"{place}: dates such as {words[0]!r} can be read in more than one way", either)
    nearest, misread = dates.nearest(words)
    if not nearest:
        found_instead = f"{place}: expected dates, given {words[0]!r}"
        return Unread(train.column, found_instead, "say how they are written: dataset.date_format")
    key = "if they are written otherwise: dataset.date_format"
    if is_usual(misread):
        key = f"if that is a missing value, say {train.rules.missing_values(misread)} and dataset.missing"
    found_instead = f"{train.where_word(misread)}: expected a date as the others, {_shown(nearest)}, given {misread!r}"
    return Unread(train.column, found_instead, key)


def encoded(train: Cells, other: Cells) -> Dates:
    """The numbers made of a column without a problem; DataError if the other rows have what is no such date."""
    (form,) = _formats(train)
    how = train.rules.dates.get(train.column, "parts")
    made = [_made(each, form, how) for each in (train, other)]
    of_train = {part: values[~train.is_gap] for part, values in made[0].items()}
    varying = [part for part, values in of_train.items() if values.min() < values.max()] or list(made[0])[:1]
    if "day" not in varying and (of_train.get("day", np.zeros(1)) == 1).all():
        # Months of a year, of which no day is known.
        varying = [part for part in varying if part != "weekday"]
    splits = [np.column_stack([each[part] for part in varying]) for each in made]
    names = [f"{train.column}.{part}" if part else train.column for part in varying]
    remarks = [_remark(train, form, of_train, varying), *_open_ends(train, made[0])]
    return Dates(names, splits, remarks)


def seconds(cells: Cells) -> Array:
    """The seconds since 1970 of a column without gaps, `(n,)`; DataError if a cell is no date, or may be several."""
    if why := problem(cells):
        raise DataError(*lines([why]))
    (form,) = _formats(cells)
    return _made(cells, form, "seconds")[""]


def _remark(train: Cells, form: str, of_train: Mapping[str, Array], varying: Sequence[str]) -> Remark:
    is_typed = train.are_moments
    written = "" if is_typed else f" in the form {_shown(form)}"
    same = [f"{part} {values[0]:g}" for part, values in of_train.items() if part not in varying and values[0]]
    left_out = f" ({', '.join(same)} in every training row)" if same else ""
    said = is_typed or train.rules.format_of(train.column) is not None
    return Remark(
        rule="dates",
        place=f"{train.rows.path}: column {train.column}",
        found=f"dates{written} are read as {', '.join(varying) if varying != [''] else 'seconds since 1970'}{left_out}",
        key="" if said or not _DOUBTFUL.search(form) else f"dataset.date_format: {typed(form)}",
        is_settled=said or not _DOUBTFUL.search(form),
    )


def _open_ends(train: Cells, made: Mapping[str, Array]) -> Iterator[Remark]:
    """The last year that databases know, which stands for no date at all."""
    is_last = made["year"] == LAST_YEAR if "year" in made else made[""] >= LAST_YEAR_SECONDS
    if is_last.any():
        word = label(train.given.iloc[int(is_last.argmax())])
        found = f"{word} in {plural(int(is_last.sum()), 'row')}, as where a date is open or missing"
        key = train.rules.missing_values(word)
        yield Remark(rule="sentinel", place=f"{train.rows.path}: column {train.column}", found=found, key=key)


def _formats(train: Cells) -> list[str]:
    """Those that read all training cells; that of the config, whether or not it does."""
    if (form := train.rules.format_of(train.column)) is not None:
        return [form]
    return [dates.ISO] if train.are_moments else dates.formats(list(train.counts))


def _made(cells: Cells, form: str, how: DateNumbers) -> Mapping[str, Array]:
    moments = dates.read(cells.given, form)
    is_wrong = moments.values.isna().to_numpy() & ~cells.is_gap
    if is_wrong.any():
        given = label(cells.given.iloc[int(is_wrong.argmax())])
        raise DataError(f"{cells.where(is_wrong)}: expected a date in the form {_shown(form)}, given {given!r}")
    if how == "seconds" and (is_unknown := np.isinf(moments.offsets) & ~cells.is_gap).any():
        given = label(cells.given.iloc[int(is_unknown.argmax())])
        raise DataError(
            f"{cells.where(is_unknown)}: expected a time zone as its offset, such as +01:00, given {given!r}"
        )
    is_zoned = ~np.isnan(moments.offsets) & ~cells.is_gap
    if how == "seconds" and is_zoned.any() and (is_local := ~is_zoned & ~cells.is_gap).any():
        raise DataError(f"{cells.where(is_local)}: expected a time zone, as other cells have; seconds need one")
    return {part: np.where(cells.is_gap, np.nan, values) for part, values in moments.made(how).items()}


def _shown(form: str) -> str:
    return "2020-12-31" if form == dates.ISO else form
