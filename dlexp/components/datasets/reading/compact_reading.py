"""A reader of large CSV files that keeps a column in little memory, where that says all that its text does.

The bytes of the file prove it, block by block, without a look at each cell. What is odd in any way is read as text: of
one column, or by the exact reader of `parsing`, which knows what to say of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.errors import ParserError, ParserWarning

from dlexp.components.data import Array
from dlexp.components.datasets.reading import blocks
from dlexp.components.datasets.reading.blocks import Block, Odd, OtherCharacters
from dlexp.components.datasets.reading.compact import Column, Compact, NumberColumn, Part, Scaled, WordColumn, joined
from dlexp.components.datasets.reading.layout import Layout, column_names
from dlexp.components.datasets.reading.lines import SPACES

#: Smaller files are read by the exact reader alone.
LEAST_BYTES = 4_000_000
#: So many rows tell what a column has, and more different words than these are texts.
_N_SAMPLE, _MAX_WORDS = 2000, 2000
#: From here on float64 has not every whole number, and pandas reads text and numbers in different ways.
_LARGEST = 2.0**53


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
        self.names, self.wanted = column_names(layout), wanted
        # Words without a sign that a number may have: any other makes its column one of texts.
        self.gaps = [word for word in wanted.missing if not set(word) & set(blocks.NUMBER.decode())]
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
        for content in blocks.blocks(self.path, self.start):
            self._add(Block(content, self.layout))
            self.position += len(content)
        if not self.ends:
            raise Odd
        columns = [self._column(k) for k in range(len(self.names))]
        ends = np.concatenate([[self.start], *self.ends])
        return Compact(path=self.path, layout=self.layout, columns=columns, ends=ends)

    def _column(self, k: int) -> Column:
        if k in self.numbers:
            return NumberColumn(joined(self.numbers.pop(k)), self.is_whole[k])
        if k in self.words:
            number, parts = self.words.pop(k)
            codes = np.concatenate(parts)
            return WordColumn(list(number), codes.astype(np.min_scalar_type(max(len(number) - 1, 0))))
        before = blocks.texts(self.path, self.layout, k, self.start, self.until[k]) if k in self.until else []
        return pd.concat([*before, *self.texts.pop(k)], ignore_index=True)

    def _decide(self, block: Block) -> None:
        """What the columns have, as their first rows show."""
        sample = blocks.parsed(block.content, self.layout, dict.fromkeys(range(len(self.names)), str), nrows=_N_SAMPLE)
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

    def _add(self, block: Block) -> None:
        """The rows of a block."""
        if not self.ends:
            self._decide(block)
        cells = self._cells(block)
        if len(cells[0]) != len(block):
            raise Odd
        words = {k: self._coded(block, cells[k], k) for k in self.words}
        numbers = {k: cells[k].to_numpy() for k in self.numbers}
        beside = self._beside_numbers(block, cells, words, numbers)
        if beside.others:
            raise Odd
        n_bytes = len(block.content)
        for k in block.with_codes() & set(numbers):
            self._take_as_text(k, n_bytes)
        for k in list(self.numbers):
            self.is_whole[k] = self.is_whole[k] and block.are_whole(k, numbers[k], beside.signs > 0)
            self._add_numbers(k, numbers[k], n_bytes)
        for k, (number, parts) in self.words.items():
            different, codes = words[k]
            parts.append(np.array([number.setdefault(word, len(number)) for word in different], np.int32)[codes])
        for k, texts in self.texts.items():
            if self.until.get(k, 0) <= self.position:
                texts.append(cells[k])
        for k in [k for k, (number, _) in self.words.items() if len(number) > _MAX_WORDS]:
            self._take_as_text(k, n_bytes)
        self.ends.append(self.position + block.row_ends)

    def _cells(self, block: Block) -> dict[int, "pd.Series[Any]"]:
        """The columns of a block; one with a word among its numbers is text from here on."""
        types: dict[int, Any] = {
            **dict.fromkeys(range(len(self.names)), str),
            **dict.fromkeys(self.numbers, np.float64),
            **dict.fromkeys(set(self.words) - self.number_words, "category"),
        }
        wrong: list[int] = []
        try:
            frame = blocks.parsed(block.content, self.layout, types, dict.fromkeys(self.numbers, self.gaps))
        except ValueError as error:
            if isinstance(error, ParserError | UnicodeDecodeError):
                raise
            texts = blocks.parsed(block.content, self.layout, dict.fromkeys(types, str))
            for k in self.numbers:
                if pd.to_numeric(texts.loc[~texts[k].isin(self.gaps), k], errors="coerce").isna().any():
                    wrong.append(k)
            if not wrong:
                raise Odd from error
        else:
            cells = dict(frame.items())
            wrong = [k for k in self.numbers if np.isinf(cells[k].to_numpy()).any()]
            if not wrong:
                return cells
        for k in wrong:
            self._take_as_text(k, 0)
        return self._cells(block)

    def _coded(self, block: Block, cells: "pd.Series[Any]", k: int) -> tuple[list[str], Array]:
        """The different words of a column of a block, and which of them each cell is."""
        if isinstance(cells.dtype, pd.CategoricalDtype):
            if pd.api.types.is_string_dtype(cells.cat.categories.dtype):
                return cells.cat.categories.to_list(), cells.cat.codes.to_numpy()
            # Of words that are all numbers pandas makes numbers.
            cells = blocks.parsed(block.content, self.layout, {k: str}, usecols=[k])[k]
        codes, different = pd.factorize(cells)
        return list(different), codes

    def _beside_numbers(
        self,
        block: Block,
        cells: Mapping[int, "pd.Series[Any]"],
        words: Mapping[int, tuple[list[str], Array]],
        numbers: Mapping[int, Array],
    ) -> OtherCharacters:
        """What stands in the cells of numbers beside digits, dots and minus signs.

        It is what stands so in the whole block, without what is in words, texts and missing numbers.

        Raises:
            Odd: A cell has spaces around it.
        """
        left = block.beside_numbers
        for different, codes in words.values():
            _require_stripped(different)
            counts = np.bincount(codes, minlength=len(different)).tolist()
            for word, n in zip(different, counts, strict=True):
                left -= OtherCharacters.of(word.encode()) * n
        for k in self.texts:
            texts = cells[k].to_list()
            _require_stripped(texts)
            left -= OtherCharacters.of("".join(texts).encode())
        for k, values in numbers.items():
            if (is_gap := np.isnan(values)).any():
                left -= OtherCharacters(block.n_bytes(k, is_gap), 0)
        return left

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


def _require_stripped(texts: Iterable[str]) -> None:
    if any(text != text.strip() for text in texts):
        raise Odd


def _number(word: str) -> float | None:
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None
