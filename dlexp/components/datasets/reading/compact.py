"""Large CSV files in little memory: numbers as numbers, each word once; the text of a cell is read again on demand.

A column is kept so only where the bytes of the file prove that its text says no more than that. What is odd in any way
is read as text: of one column, or by the exact reader of `parsing`, which knows what to say of it.
"""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.errors import ParserError, ParserWarning

from dlexp.components import snapshot
from dlexp.components.data import Array, Frame
from dlexp.components.datasets.reading.layout import Layout, column_names
from dlexp.components.datasets.reading.lines import SPACES, cells

#: Smaller files are read by the exact reader alone.
LEAST_BYTES = 4_000_000
#: So much is read at a time, in whole lines.
BLOCK_BYTES = 1 << 22
#: So many rows tell what a column has, and more different words than these are texts.
_N_SAMPLE, _MAX_WORDS = 2000, 2000
#: What numbers are written with, first without an exponent and a plus.
_DIGITS, _NUMBER = b"0123456789.-", b"0123456789.-+eE"
#: From here on float64 has not every whole number, and pandas reads text and numbers in different ways.
_LARGEST = 2.0**53
#: What a missing number and -0.0 are among whole ones.
_GAP = np.iinfo(np.int32).min
_MINUS_ZERO = _GAP + 1
_MAX_DECIMALS = 9


class Odd(Exception):
    """The exact reader has to read this file."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is known of the columns before they are read."""

    words: Collection[str] = ()
    """Columns of words, also where these are numbers."""
    texts: Collection[str] = ()
    """Columns whose every cell is needed as text."""
    missing: Sequence[str] = ("",)
    """What stands for a missing number."""
    has_plain_numbers: bool = True
    """Whether numbers are written with a dot before decimals, and nothing else."""


@dataclass(frozen=True)
class Scaled:
    """Numbers as whole ones and how many of their digits are decimals: m / 10**d is the float64 nearest to the text."""

    whole: Array
    decimals: int

    @classmethod
    def of(cls, values: Array, decimals: int) -> "Scaled | None":
        """From float64, with at least so many decimals; None if that does not give exactly the same numbers."""
        is_gap = np.isnan(values)
        known = np.where(is_gap, 0.0, values)
        for n in range(decimals, _MAX_DECIMALS + 1):
            first = known[:_N_SAMPLE]
            if (np.rint(first * 10.0**n) / 10.0**n != first).any():
                continue
            whole = np.rint(known * 10.0**n)
            if np.abs(whole).max(initial=0) >= -float(_MINUS_ZERO):
                return None
            if (whole / 10.0**n == known).all():
                whole[is_gap] = _GAP
                whole[(known == 0) & np.signbit(known)] = _MINUS_ZERO
                return cls(whole.astype(np.int32), n)
        return None

    def values(self) -> Array:
        """As float64, NaN where one is missing."""
        found: Array = self.whole / 10.0**self.decimals
        if self.whole.min(initial=0) <= _MINUS_ZERO:
            found[self.whole == _GAP] = np.nan
            found[self.whole == _MINUS_ZERO] = -0.0
        return found


Part: TypeAlias = "Scaled | Array"


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers."""

    part: Part
    is_whole: bool
    """Whether each is a whole number without a sign before it, a dot or an exponent: then no two texts are one
    number."""

    def at(self, positions: "Array | None") -> Array:
        """Those of some rows, or of all, as float64, `(n,)`; NaN where one is missing."""
        if isinstance(self.part, Scaled):
            whole = self.part.whole if positions is None else self.part.whole[positions]
            return Scaled(whole, self.part.decimals).values()
        return self.part.copy() if positions is None else self.part[positions]


@dataclass(frozen=True)
class WordColumn:
    """A column of words, each of which is there once."""

    words: Sequence[str]
    codes: Array
    """Which word each cell is, `(n,)`."""

    def texts(self, codes: Array) -> "pd.Series[str]":
        """Words by their codes."""
        return pd.Series(np.array(self.words, object)[codes], dtype=str)


Column: TypeAlias = "NumberColumn | WordColumn | pd.Series[str]"


@dataclass(frozen=True, kw_only=True)
class Compact:
    """A CSV file whose columns are kept in little memory."""

    path: Path
    layout: Layout
    columns: Sequence[Column]
    ends: Array
    """Where each row begins in the file, in bytes, and behind them the end of the last one, `(n + 1,)`."""
    _seen: dict[bytes, list[list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ends) - 1

    @cached_property
    def names(self) -> list[str]:
        """What the columns are called."""
        return column_names(self.layout)

    def texts(self, k: int, positions: "Array | None") -> "pd.Series[str]":
        """The cells of a column as they stand in the file, of all rows or of some."""
        column = self.columns[k]
        if isinstance(column, WordColumn):
            return column.texts(column.codes if positions is None else column.codes[positions])
        if isinstance(column, pd.Series):
            return column if positions is None else column.iloc[positions]
        if positions is not None and len(positions) <= _N_SAMPLE:
            return pd.Series([row[k] for row in self.rows(positions)], dtype=str)
        parts = _texts(self.path, self.layout, k, int(self.ends[0]), int(self.ends[-1]))
        whole = pd.concat(list(parts), ignore_index=True)
        return whole if positions is None else whole.iloc[positions]

    def rows(self, positions: Array) -> list[list[str]]:
        """The cells of a few rows: the same rows are asked for column by column."""
        key = np.asarray(positions, np.int64).tobytes()
        if key not in self._seen:
            while len(self._seen) > 3:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = [cells(line.decode(), self.layout.marks) for line in self.lines(positions)]
        return self._seen[key]

    def lines(self, positions: Array) -> list[bytes]:
        """Rows as they stand in the file, in ascending order."""
        begins, ends = self.ends[:-1][positions], self.ends[1:][positions]
        found: list[bytes] = []
        with snapshot.opened(self.path) as file:
            while (i := len(found)) < len(begins):
                start = int(begins[i])
                j = max(i + 1, int(np.searchsorted(ends, start + BLOCK_BYTES)))
                file.seek(start)
                block = file.read(int(ends[j - 1]) - start)
                of_block = zip((begins[i:j] - start).tolist(), (ends[i:j] - start).tolist(), strict=True)
                found += [block[begin:end] for begin, end in of_block]
        return found


def read(path: Path, layout: Layout, start: int, wanted: Wanted) -> Compact:
    """The rows of a file in UTF-8, whose first one begins at byte `start`.

    Raises:
        Odd: Something in the file needs the exact reader.
    """
    marks = layout.marks
    is_usual = marks.delimiter not in (SPACES, "-", ".", "+", "e", "E") and not marks.comment and not marks.skips_spaces
    if not is_usual or len(marks.delimiter.encode()) > 1 or layout.width != len(layout.names) or layout.width < 2:
        raise Odd
    try:
        return _Reading(path, layout, start, wanted).compact()
    except (ParserError, ParserWarning, UnicodeDecodeError) as error:
        raise Odd from error


class _Reading:
    """A file on its way into memory, block by block."""

    def __init__(self, path: Path, layout: Layout, start: int, wanted: Wanted) -> None:
        self.path, self.layout, self.start = path, layout, start
        self.delimiter = layout.marks.delimiter.encode()
        self.names, self.wanted = column_names(layout), wanted
        # Words without a sign that a number may have: any other makes its column one of texts.
        self.gaps = [word for word in wanted.missing if not set(word) & set(_NUMBER.decode())]
        self.gap_numbers = [value for word in wanted.missing if (value := _number(word)) is not None]
        self.numbers: dict[int, list[Part]] = {}
        self.is_whole: dict[int, bool] = {}
        self.words: dict[int, tuple[dict[str, int], list[Array]]] = {}
        self.number_words: set[int] = set()
        """Columns of words that are numbers."""
        self.texts: dict[int, list[pd.Series[Any]]] = {}
        self.until: dict[int, int] = {}
        """The columns that turned out to need their text, and the byte up to which it has to be read again."""
        self.position = start
        """Where the next block begins, in bytes."""
        self.ends: list[Array] = []

    def compact(self) -> Compact:
        """The whole file."""
        for block in _blocks(self.path, self.start):
            self._add(block)
            self.position += len(block)
        if not self.ends:
            raise Odd
        columns = [self._column(k) for k in range(len(self.names))]
        ends = np.concatenate([[self.start], *self.ends])
        return Compact(path=self.path, layout=self.layout, columns=columns, ends=ends)

    def _column(self, k: int) -> Column:
        if k in self.numbers:
            return NumberColumn(_joined(self.numbers[k]), self.is_whole[k])
        if k in self.words:
            number, parts = self.words.pop(k)
            codes = np.concatenate(parts)
            return WordColumn(list(number), codes.astype(np.min_scalar_type(max(len(number) - 1, 0))))
        before = _texts(self.path, self.layout, k, self.start, self.until[k]) if k in self.until else []
        return pd.concat([*before, *self.texts.pop(k)], ignore_index=True)

    def _decide(self, block: bytes) -> None:
        """What the columns have, as their first rows show."""
        sample = _parsed(block, self.layout, dict.fromkeys(range(len(self.names)), str), nrows=_N_SAMPLE)
        for k, name in enumerate(self.names):
            given = sample[k]
            known = given[~given.isin(self.wanted.missing)]
            n_numbers = int(pd.to_numeric(known, errors="coerce").notna().sum())
            if name in self.wanted.texts or (not len(known) and name not in self.wanted.words):
                self.texts[k] = []
            elif self.wanted.has_plain_numbers and name not in self.wanted.words and n_numbers > len(known) / 2:
                self.numbers[k], self.is_whole[k] = [], True
            elif given.nunique() <= max(1, len(given) / 4):
                self.words[k] = {}, []
                if n_numbers:
                    self.number_words.add(k)
            else:
                self.texts[k] = []

    def _add(self, block: bytes) -> None:
        """The rows of a block."""
        marks, n_columns = self.layout.marks, len(self.names)
        if b"\0" in block or (marks.quote and marks.quote.encode() in block):
            raise Odd
        buffer = np.frombuffer(block, np.uint8)
        flat = np.flatnonzero((buffer == self.delimiter[0]) | (buffer == ord("\n")))
        n_rows, n_returns = block.count(b"\n"), block.count(b"\r")
        if len(flat) != n_rows * n_columns or (n_returns and not n_returns == n_rows == block.count(b"\r\n")):
            raise Odd
        ends = flat.reshape(n_rows, n_columns)
        if (buffer[ends[:, -1]] != ord("\n")).any():
            raise Odd
        if not block.isascii():
            block.decode()
        if not self.ends:
            self._decide(block)
        frame = self._frame(block)
        if len(frame) != n_rows:
            raise Odd
        words = {k: self._coded(block, frame, k) for k in self.words}
        self._require_plain(block, buffer, flat, frame, words, bool(n_returns))
        for k in list(self.numbers):
            self._add_numbers(k, frame[k].to_numpy(), len(block))
        for k, (number, parts) in self.words.items():
            different, codes = words[k]
            parts.append(np.array([number.setdefault(word, len(number)) for word in different], np.int32)[codes])
        for k, texts in self.texts.items():
            if self.until.get(k, 0) <= self.position:
                texts.append(frame[k])
        for k in [k for k, (number, _) in self.words.items() if len(number) > _MAX_WORDS]:
            self._take_as_text(k, len(block))
        self.ends.append(self.position + ends[:, -1] + 1)

    def _frame(self, block: bytes) -> Frame:
        """A block as pandas parses it; a column with a word among its numbers is text from here on."""
        types: dict[int, Any] = {
            **dict.fromkeys(range(len(self.names)), str),
            **dict.fromkeys(self.numbers, np.float64),
            **dict.fromkeys(set(self.words) - self.number_words, "category"),
        }
        wrong: list[int] = []
        try:
            frame = _parsed(block, self.layout, types, dict.fromkeys(self.numbers, self.gaps))
        except ValueError as error:
            if isinstance(error, ParserError | UnicodeDecodeError):
                raise
            texts = _parsed(block, self.layout, dict.fromkeys(types, str))
            for k in self.numbers:
                if pd.to_numeric(texts.loc[~texts[k].isin(self.gaps), k], errors="coerce").isna().any():
                    wrong.append(k)
            if not wrong:
                raise Odd from error
        else:
            wrong = [k for k in self.numbers if np.isinf(frame[k].to_numpy()).any()]
            if not wrong:
                return frame
        for k in wrong:
            self._take_as_text(k, 0)
        return self._frame(block)

    def _coded(self, block: bytes, frame: Frame, k: int) -> tuple[list[str], Array]:
        """The different words of a column of a block, and which of them each cell is."""
        cells = frame[k]
        if isinstance(cells.dtype, pd.CategoricalDtype):
            if pd.api.types.is_string_dtype(cells.cat.categories.dtype):
                return cells.cat.categories.to_list(), cells.cat.codes.to_numpy()
            # Of words that are all numbers pandas makes numbers.
            cells = _parsed(block, self.layout, {k: str}, usecols=[k])[k]
        codes, different = pd.factorize(cells)
        return list(different), codes

    def _require_plain(
        self,
        block: bytes,
        buffer: Array,
        flat: Array,
        frame: Frame,
        words: dict[int, tuple[list[str], Array]],
        has_returns: bool,
    ) -> None:
        """See that the cells of numbers are written with digits, dots, signs and exponents alone.

        All other characters of the block are counted, and those that are in words, texts and missing numbers: no other
        may be left. Cells that begin with 0 as codes do make their column one of texts.
        """
        n_columns, between = len(self.names), self.delimiter + b"\n\r"
        n_other = len(block.translate(None, _NUMBER + between))
        n_signs = len(block.translate(None, _DIGITS + between)) - n_other
        for found_other, found_signs in self._beside_numbers(frame, words):
            n_other, n_signs = n_other - found_other, n_signs - found_signs
        for k in self.numbers:
            rows = np.flatnonzero(np.isnan(frame[k].to_numpy()))
            if len(rows):
                at = rows * n_columns + k
                before = flat[at - 1]
                before[at == 0] = -1
                n_other -= int((flat[at] - before - 1).sum())
                if has_returns and k == n_columns - 1:
                    n_other += len(rows)
        if n_other:
            raise Odd
        starts = np.append(0, flat[:-1] + 1)
        first = buffer[starts]
        is_zero = np.flatnonzero(first == ord("0"))
        coded = is_zero[_is_digit(buffer[starts[is_zero] + 1])]
        is_minus = np.flatnonzero(first == ord("-"))
        is_minus = is_minus[buffer[starts[is_minus] + 1] == ord("0")]
        coded = np.append(coded, is_minus[buffer[starts[is_minus] + 2] != ord(".")])
        for k in np.unique(coded % n_columns).tolist():
            if k in self.numbers:
                self._take_as_text(k, len(block))
        for k in self.numbers:
            if self.is_whole[k]:
                ends = flat[k::n_columns] - (has_returns and k == n_columns - 1)
                self.is_whole[k] = _are_whole(frame[k].to_numpy(), starts[k::n_columns], ends, buffer, bool(n_signs))

    def _beside_numbers(self, frame: Frame, words: dict[int, tuple[list[str], Array]]) -> Iterator[tuple[int, int]]:
        """How many characters of columns of words and texts are in no number, and how many are signs and exponents.

        Raises:
            Odd: A cell has spaces around it.
        """
        for different, codes in words.values():
            if any(word != word.strip() for word in different):
                raise Odd
            counts = np.bincount(codes, minlength=len(different))
            n_beside = np.array([_n_beside(word) for word in different]).reshape(-1, 2)
            yield int(counts @ n_beside[:, 0]), int(counts @ n_beside[:, 1])
        for k in self.texts:
            texts = frame[k].to_list()
            if any(text != text.strip() for text in texts):
                raise Odd
            yield _n_beside("".join(texts))

    def _add_numbers(self, k: int, values: Array, n_bytes: int) -> None:
        is_large = np.nanmax(np.abs(values), initial=0) >= _LARGEST
        if is_large or any((values == number).any() for number in self.gap_numbers):
            self._take_as_text(k, n_bytes)
            return
        parts = self.numbers[k]
        decimals = max((part.decimals for part in parts if isinstance(part, Scaled)), default=0)
        parts.append(Scaled.of(values, decimals) or values.copy())

    def _take_as_text(self, k: int, n_bytes: int) -> None:
        """Keep the text of a column from here on; so many bytes of the block will have to be read again."""
        self.until[k] = self.position + n_bytes
        self.texts[k] = []
        self.numbers.pop(k, None)
        self.words.pop(k, None)


def _number(word: str) -> float | None:
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None


def _is_digit(found: Array) -> Array:
    is_digit: Array = (found >= ord("0")) & (found <= ord("9"))
    return is_digit


def _n_beside(text: str) -> tuple[int, int]:
    """How many bytes of a text are in no number, and how many are signs and exponents."""
    content = text.encode()
    n_other = len(content.translate(None, _NUMBER))
    return n_other, len(content.translate(None, _DIGITS)) - n_other


def _are_whole(values: Array, starts: Array, ends: Array, buffer: Array, has_signs: bool) -> bool:
    """Whether each number is missing or written as `str` writes a whole one: as its length says, given its signs."""
    is_known = ~np.isnan(values)
    known, starts, ends = values[is_known], starts[is_known], ends[is_known]
    if not (known == np.floor(known)).all():
        return False
    n_digits = np.searchsorted(10.0 ** np.arange(1, 17), np.abs(known), side="right") + 1 + (known < 0)
    if not (n_digits == ends - starts).all():
        return False
    # 1e03 is as long as 1000.
    places = range(2, int(n_digits.max(initial=0))) if has_signs else ()
    return not any(np.isin(buffer[np.maximum(ends - place, starts)], (ord("e"), ord("E"))).any() for place in places)


def _joined(parts: Sequence[Part]) -> Part:
    """Parts of one column together: of one scale, if all are scaled and there is room for it."""
    scaled = [part for part in parts if isinstance(part, Scaled)]
    decimals = max((part.decimals for part in scaled), default=0)
    factors = [10 ** (decimals - part.decimals) for part in scaled]
    largest = (int(np.abs(part.whole[part.whole > _MINUS_ZERO]).max(initial=0)) for part in scaled)
    if len(scaled) == len(parts) and all(n * by < -_MINUS_ZERO for n, by in zip(largest, factors, strict=True)):
        # The float64 nearest to m / 10**d is that of 10 * m / 10**(d + 1).
        return Scaled(np.concatenate([_times(*each) for each in zip(scaled, factors, strict=True)]), decimals)
    return np.concatenate([part.values() if isinstance(part, Scaled) else part for part in parts])


def _times(part: Scaled, factor: int) -> Array:
    whole: Array = part.whole
    return whole if factor == 1 else np.where(whole > _MINUS_ZERO, whole * np.int32(factor), whole)


def _blocks(path: Path, start: int) -> Iterator[bytes]:
    """A file in whole lines, from a byte on; the last line has an end as the others."""
    rest, end_of_line = b"", b"\n"
    with snapshot.opened(path) as file:
        file.seek(start)
        while piece := file.read(BLOCK_BYTES):
            piece = rest + piece
            end = piece.rfind(b"\n") + 1
            rest = piece[end:]
            if len(rest) > BLOCK_BYTES:  # One line, or none that ends so.
                raise Odd
            if end:
                end_of_line = b"\r\n" if piece[:end].endswith(b"\r\n") else b"\n"
                yield piece[:end]
    if rest:
        yield rest + end_of_line


def _texts(path: Path, layout: Layout, k: int, start: int, end: int) -> "Iterator[pd.Series[str]]":
    """A column of a file that has been read, as text, between two bytes."""
    for block in _blocks(path, start):
        if start >= end:
            return
        yield _parsed(block, layout, {k: str}, usecols=[k])[k]
        start += len(block)


def _parsed(
    block: bytes, layout: Layout, types: dict[int, Any], missing: dict[int, list[str]] | None = None, **how: Any
) -> Frame:
    return pd.read_csv(
        io.BytesIO(block),
        sep=layout.marks.delimiter,
        header=None,
        names=range(layout.width),
        index_col=False,
        quoting=csv.QUOTE_NONE,
        dtype=types,
        keep_default_na=False,
        na_values=missing or {},
        low_memory=False,
        **how,
    )
