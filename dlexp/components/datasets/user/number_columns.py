"""Columns of numbers: which cells are none, what fills the gaps, and what is doubtful of the others."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dlexp.components.data import Array
from dlexp.components.datasets.user import dates, notations
from dlexp.components.datasets.user.cells import Cells
from dlexp.components.datasets.user.gaps import is_usual
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.kinds import MAX_CATEGORIES
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.unread import Unread
from dlexp.components.precision import LARGEST, TOO_LARGE
from dlexp.components.remarks import Remark
from dlexp.format import plural

#: So many cells are looked at before all are.
_N_FIRST = 1000
#: From this share of words on, a column of numbers may be one of categories.
_MIN_WORDS = 0.05
_DOTTED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
#: From so many times the range of the others on, a number is far from them though it is there once.
_FAR_ALONE = 10
#: What stands for a missing value among numbers that are all smaller: 99, -999, 9999, ...
SENTINELS = frozenset(sign * int("9" * n) for n in range(2, 10) for sign in (1, -1))


def problem(*splits: Cells, expected: str = "a number, as in most training rows") -> Unread | None:
    """Why the column cannot be read: its first cell that is no number, and what may read it; None if it can."""
    wrong = [(cells, is_wrong) for cells in splits if (is_wrong := _is_wrong(cells)).any()]
    if not wrong:
        return _in_units(splits)
    cells, is_wrong = _first_of_file(wrong)
    i = int(is_wrong.argmax())
    given, place = cells.rows.take(np.array([i])).given(cells.column).iloc[0], cells.where(is_wrong)
    if np.isfinite(cells.numbers.values[i]):
        return Unread(cells.column, f"{place}: {label(given)} is {TOO_LARGE}")
    if not isinstance(given, str):
        return Unread(cells.column, f"{place}: expected {expected}, given {label(given)}")
    train = splits[0]
    found = _explained(cells, label(given), is_wrong, f"{place}: expected {expected}, given {given!r}")
    if cells.rows.path != train.rows.path and "dataset.decimal" in found.key:  # No key is that of one file alone.
        return replace(found, key=f"write them as {train.rows.path} does")
    if found.may_be_categories and len(train.counts) > MAX_CATEGORIES:
        ignored = f"leave it out by dataset.ignore: [{quoted(train.column)}]"
        return replace(found, key=found.key or ignored, may_be_categories=False)
    return found


def has_decimals(cells: Cells) -> bool:
    """Whether the numbers of a column are surely written with decimals: 1.234 may be a thousand and more."""
    notation = cells.rules.notation
    first = [each for each in cells.first(_N_FIRST) if isinstance(each, str)]
    return any(notation.value(each) % 1 > 0 and not _DOTTED.fullmatch(each.strip()) for each in first)


def all_dotted(cells: Cells) -> str:
    """One of a column's numbers with a dot, where each such dot stands before three digits; or else nothing."""
    first = cells.first(_N_FIRST)
    if cells.is_whole or not all(_DOTTED.fullmatch(word) for word in first if isinstance(word, str) and "." in word):
        return ""
    words = cells.given[~cells.is_gap]
    dotted = words[words.str.contains(".", regex=False).to_numpy(bool, na_value=False)]
    # A number of three or fewer digits alone agrees with thousands.
    whole = words[~words.str.contains(".", regex=False).to_numpy(bool, na_value=False)]
    fits = dotted.nunique() > 1 and dotted.map(lambda word: bool(_DOTTED.fullmatch(word))).all()
    return str(dotted.iloc[0]) if fits and (whole.str.lstrip("+-").str.len() <= 3).all() else ""


def _is_wrong(cells: Cells) -> Array:
    """Which cells are no finite float32."""
    wrong: Array = ~(np.abs(cells.numbers.values) <= LARGEST) & ~cells.is_gap
    return wrong


def _first_of_file(found: Sequence[tuple[Cells, Array]]) -> tuple[Cells, Array]:
    """The split whose chosen cells begin first, of those in the same file as the first split."""
    return min(
        (each for each in found if each[0].rows.path == found[0][0].rows.path),
        key=lambda each: each[0].rows.number(int(each[1].argmax())),
    )


def _explained(cells: Cells, word: str, is_wrong: Array, found: str) -> Unread:
    """What may read a word that is no number."""
    rules, n = cells.rules, int(is_wrong.sum())
    if is_usual(word):
        n = int((cells.given.str.strip() == word).sum())
        times = f" in {plural(n, 'row')}" if n > 1 else ""
        advice = f"if that is a missing value, say {rules.missing_values(word)} and dataset.missing"
        return Unread(cells.column, f"{found}{times}", advice)
    if np.isinf(cells.numbers.values[int(is_wrong.argmax())]):
        return Unread(cells.column, found)
    some = [cells.given[chosen].head(_N_FIRST).map(label) for chosen in (is_wrong, ~is_wrong & ~cells.is_gap)]
    seen = notations.seeming(list(dict.fromkeys([word, *some[0], *some[1]])), rules.notation)
    if seen is not None and word in seen.words and (advice := seen.advice(rules.notation)):
        return Unread(cells.column, f"{found}: {seen.described}", advice)
    more = f" and {plural(n - 1, 'more cell')}" if n > 1 else ""
    are_words = n >= _MIN_WORDS * int((~cells.is_gap).sum()) and cells.column not in rules.gaps.targets
    return Unread(cells.column, f"{found}{more}", may_be_categories=n > 1 and are_words)


def remarks(train: Cells, other: Cells) -> Iterator[Remark]:
    """What is doubtful of a column's numbers."""
    values = train.numbers.values[~train.is_gap]
    place = f"{train.rows.path}: column {train.column}"
    yield from _unusual((train, other))
    everywhere = np.concatenate([values, other.numbers.values[~other.is_gap]])
    if found_sentinel := sentinel(everywhere):
        n = int((everywhere == found_sentinel).sum())
        found = f"{found_sentinel:g} in {plural(n, 'row')} lies far from all others, as a missing value does"
        yield Remark(rule="sentinel", place=place, found=found, key=train.rules.missing_values(f"{found_sentinel:g}"))
    if not train.is_text:  # Of Parquet also truth values, with gaps.
        return
    first = train.first(_N_FIRST)
    yield from _units(train, place)
    if train.rules.notation.decimal == "." and (dotted := all_dotted(train)):
        found = f"numbers such as {dotted!r}, each dot before three digits, are read with decimals, not thousands"
        yield Remark(
            rule="dot_or_thousands", place=place, found=found, key='dataset.decimal: "," and dataset.thousands: "."'
        )
    if not all((part == np.floor(part)).all() for part in (values[:_N_FIRST], values)):
        if first.map(dates.is_month).all():
            found = f"numbers such as {first.iloc[0]} look like months"
            key = f'dataset.dates: [{train.column}] and dataset.date_format: "%m.%Y"'
            yield Remark(rule="dates", place=place, found=found, key=key)
        return
    if not train.is_plain and (code := _code(train.given[~train.is_gap])) is not None:
        found = f"{code!r} begins with 0, as codes do, and is read as the number {float(code):g}"
        yield Remark(rule="leading_zeros", place=place, found=found, key=f"dataset.categorical: [{train.column}]")
    if values.min() > 1e7 and values.max() < 1e8 and first.map(dates.is_compact).all():
        found = f"numbers such as {first.iloc[0]} look like dates"
        key = f'dataset.dates: [{train.column}] and dataset.date_format: "%Y%m%d"'
        yield Remark(rule="dates", place=place, found=found, key=key)


def _unusual(splits: Sequence[Cells]) -> Iterator[Remark]:
    found = [(cells, chosen) for cells in splits if (chosen := cells.numbers.unusual & ~cells.is_gap).any()]
    if not found:
        return
    cells, chosen = _first_of_file(found)
    i, n = int(chosen.argmax()), sum(int(chosen.sum()) for _, chosen in found)
    others = f", and {plural(n - 1, 'more cell')} likewise" if n > 1 else ""
    read = f"{cells.given.iloc[i]!r} is read as {cells.numbers.values[i]:g}{others}"
    yield Remark(rule="number_signs", place=cells.where(chosen), found=read)


def _units(train: Cells, place: str) -> Iterator[Remark]:
    """A unit in some of the cells alone."""
    counts = _unit_counts([train])
    if len(counts) > 1:
        listed = " and ".join(f"{unit or 'no unit'} in {plural(n, 'cell')}" for unit, n in counts.items())
        found = f"numbers with {listed}: all are read as if they had the unit"
        yield Remark(rule="units", place=place, found=found, key="dataset.units")


def _in_units(splits: Sequence[Cells]) -> Unread | None:
    """Why numbers with units cannot be read: they have different ones, or a factor that others lack."""
    counts = _unit_counts(splits)
    units = set(counts) - {""}
    if len(units) < 2 and (len(counts) < 2 or not units & notations.FACTORS):
        return None
    listed = ", ".join(f"{unit or 'none'} in {plural(n, 'cell')}" for unit, n in counts.items())
    found = f"{splits[0].rows.path}: column {splits[0].column}: numbers with different units: {listed}"
    return Unread(splits[0].column, found, "write them in one unit, without factors")


def _unit_counts(splits: Sequence[Cells]) -> dict[str, int]:
    """How many cells have each unit, or none."""
    notation = splits[0].rules.notation
    if not notation.units or not isinstance(splits[0].given.dtype, pd.StringDtype):
        return {}
    found = pd.concat([each.given[~each.is_gap] for each in splits]).value_counts()
    counts: dict[str, int] = {}
    for word, n in found.items():
        unit = notation.unit(str(word))
        counts[unit] = counts.get(unit, 0) + int(n)
    return dict(sorted(counts.items(), key=lambda each: -each[1]))


def sentinel(values: Array, known: Collection[float] = SENTINELS) -> float | None:
    """A number of nines far from all others; one that is there once has to be farther."""
    for extreme in (values.min(initial=0), values.max(initial=0)):
        if extreme not in known:
            continue
        others = values[values != extreme]
        if len(others) < 2:
            continue
        low, high = others.min(), others.max()
        distance = min(abs(extreme - low), abs(extreme - high))
        far = 2 if len(values) - len(others) > 1 else _FAR_ALONE
        if low < high and (distance > far * (high - low) or extreme < 0 <= low):
            return float(extreme)
    return None


def _code(words: pd.Series) -> str | None:
    """One of a column's numbers of three or more digits that begins with 0."""
    zeros = words[words.str.startswith("0").to_numpy(bool, na_value=False)]
    codes = zeros[zeros.str.fullmatch(r"0\d{2,}").to_numpy(bool, na_value=False)] if len(zeros) else zeros
    return str(codes.iloc[0]) if len(codes) else None
