"""A CSV file in blocks of whole lines, and what the bytes of a block prove of its cells without looking at each."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlexp.components import snapshot
from dlexp.components.data import Array, Frame
from dlexp.components.datasets.reading.layout import Layout

#: So much is read at a time, in whole lines.
BLOCK_BYTES = 1 << 21
#: What numbers are written with, first without an exponent and a plus.
_DIGITS, NUMBER = b"0123456789.-", b"0123456789.-+eE"


class Odd(Exception):
    """The exact reader has to read this file."""


@dataclass(frozen=True)
class OtherCharacters:
    """How many characters are neither digits nor dots nor minus signs."""

    others: int
    """Those that no number has."""
    signs: int
    """Those of a plus or of an exponent's `e`, wherever they stand."""

    @classmethod
    def of(cls, text: bytes, between: bytes = b"") -> "OtherCharacters":
        """The counts of a text, except for the characters `between` its cells."""
        others = len(text.translate(None, NUMBER + between))
        return cls(others, len(text.translate(None, _DIGITS + between)) - others)

    def __mul__(self, n: int) -> "OtherCharacters":
        return OtherCharacters(n * self.others, n * self.signs)

    def __sub__(self, other: "OtherCharacters") -> "OtherCharacters":
        return OtherCharacters(self.others - other.others, self.signs - other.signs)


class Block:
    """Whole lines of a file, in each of which there are as many cells."""

    def __init__(self, content: bytes, layout: Layout) -> None:
        """Raises Odd if there are not, or if anything but delimiters and ends of lines separates the cells."""
        quote, delimiter, self.n_columns = layout.marks.quote.encode(), layout.marks.delimiter.encode(), layout.width
        if b"\0" in content or (quote and quote in content):
            raise Odd
        self.content, self._between = content, delimiter + b"\n\r"
        # A line end before the first cell, as before all others.
        self._padded = np.frombuffer(b"\n" + content, np.uint8)
        self._is_end = (self._padded == delimiter[0]) | (self._padded == ord("\n"))
        self._flat = np.flatnonzero(self._is_end)
        n_rows, n_returns = np.count_nonzero(self._padded[1:] == ord("\n")), content.count(b"\r")
        if len(self._flat) != n_rows * self.n_columns + 1:
            raise Odd
        self.row_ends = self._flat[self.n_columns :: self.n_columns]
        """Behind each row, in bytes from the beginning of the block."""
        if (self._padded[self.row_ends] != ord("\n")).any():
            raise Odd
        if n_returns and not n_returns == n_rows == content.count(b"\r\n"):
            raise Odd
        self._return = int(n_returns > 0)
        if not content.isascii():
            content.decode()

    def __len__(self) -> int:
        return len(self.row_ends)

    def _spans(self, k: int) -> tuple[Array, Array]:
        """Where the cells of a column begin and end."""
        last = self._return if k == self.n_columns - 1 else 0
        return self._flat[k : -1 : self.n_columns] + 1, self._flat[k + 1 :: self.n_columns] - last

    def n_bytes(self, k: int, is_chosen: Array) -> int:
        """The bytes of some cells of a column."""
        begins, ends = self._spans(k)
        return int((ends[is_chosen] - begins[is_chosen]).sum())

    @cached_property
    def beside_numbers(self) -> OtherCharacters:
        """The counts of all cells together."""
        return OtherCharacters.of(self.content, self._between)

    def with_codes(self) -> set[int]:
        """The columns with a cell that begins with 0 and a digit, as codes do, or is -0."""
        padded = self._padded
        # Less than "0" is a large number of eight bits.
        is_code = self._is_end[:-2] & (padded[1:-1] == ord("0")) & (padded[2:] - np.uint8(ord("0")) < 10)
        is_minus = (
            self._is_end[:-3] & (padded[1:-2] == ord("-")) & (padded[2:-1] == ord("0")) & (padded[3:] != ord("."))
        )
        at = np.append(np.flatnonzero(is_code), np.flatnonzero(is_minus))
        return set((np.searchsorted(self._flat, at) % self.n_columns).tolist())

    def are_whole(self, k: int, values: Array, have_signs: bool) -> bool:
        """Whether each number is missing or written as `str` writes a whole one, as its length and its signs say."""
        is_known = ~np.isnan(values)
        known = values[is_known]
        if not (known == np.floor(known)).all():
            return False
        begins, ends = (each[is_known] for each in self._spans(k))
        n_digits = np.searchsorted(10.0 ** np.arange(1, 17), np.abs(known), side="right") + 1 + (known < 0)
        if not (n_digits == ends - begins).all():
            return False
        # 1e03 is as long as 1000.
        places = range(2, int(n_digits.max(initial=0))) if have_signs else ()
        return not any(
            np.isin(self._padded[np.maximum(ends - place, begins)], (ord("e"), ord("E"))).any() for place in places
        )


def blocks(path: Path, start: int) -> Iterator[bytes]:
    """The bytes of a file in whole lines, from a byte on; the last line has an end as the others."""
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


def texts(path: Path, layout: Layout, k: int, start: int, end: int) -> "Iterator[pd.Series[str]]":
    """A column of a file that has been read, as text, between two bytes."""
    for block in blocks(path, start):
        if start >= end:
            return
        yield parsed(block, layout, {k: str}, usecols=[k])[k]
        start += len(block)


def parsed(
    block: bytes, layout: Layout, types: dict[int, Any], missing: Mapping[int, list[str]] | None = None, **how: Any
) -> Frame:
    """A block as pandas parses it; each column is called by its place."""
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
