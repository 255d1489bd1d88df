"""Labels of classes: the word of each, which of them are spellings of one, and their order."""

import math
import numbers
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dlexp.components.data import Array

#: A whole number with a fraction of zeros; `01.0` is no number but a code.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0*\Z")
_YES = frozenset(["yes", "y", "true", "t", "1", "ja", "oui", "s\u00ed", "si"])
_NO = frozenset(["no", "n", "false", "f", "0", "nein", "non"])
_NUMBER_WITHIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def label(value: Any) -> str:
    """A class or category as a word: `1`, `1.0` and `b"1"` are the same, `01` is another; accents however typed."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="backslashreplace")
    elif isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral) and float(value).is_integer():
        value = int(float(value))
    word = unicodedata.normalize("NFC", str(value)).strip()
    whole = _WHOLE.match(word)
    return word if whole is None else whole[1] if whole[1] != "-0" else "0"


def number(word: str) -> float | None:
    """The finite number that a label is, if it is one; with U+2212 as its sign too."""
    try:
        value = float(word.replace("\u2212", "-"))
    except ValueError:
        return None
    # Python reads 1_000 as a number too, and words such as "infinity".
    return value if "_" not in word and math.isfinite(value) else None


def kin(word: str) -> str:
    """What all spellings of a label have in common.

    Case, spaces, wide and unseen characters and, of numbers, signs and zeros make no other.
    """
    # Cf: characters that are not seen, such as a byte order mark or a space of width zero.
    seen = "".join(each for each in unicodedata.normalize("NFKC", word) if unicodedata.category(each) != "Cf")
    if number(seen) is None:
        return " ".join(seen.split()).casefold()
    # Exactly, since float64 makes one number of long ids.
    return str(Fraction(Decimal(seen.strip().replace("\u2212", "-"))))


def in_order(labels: Iterable[str]) -> list[str]:
    """Numbers by their value, words by the alphabet."""
    try:
        return sorted(labels, key=lambda each: (float(each), each))
    except ValueError:
        return sorted(labels)


def in_own_order(words: Collection[str]) -> list[str] | None:
    """The labels in the order that they say themselves: of numbers, of adjacent letters, of one number within each.

    None for words, whose alphabetical order is no order of theirs.
    """
    if all(number(word) is not None for word in words):
        return in_order(words)
    letters = sorted(words)
    if all(len(word) == 1 and word.isalpha() for word in letters) and ord(letters[-1]) - ord(letters[0]) <= len(words):
        return letters  # A to F, also without E.
    within = {word: found for word in words if len(found := _NUMBER_WITHIN.findall(word)) in (1, 2)}
    first = {word: float(found[0]) for word, found in within.items()}
    if len(within) == len(words) == len(set(first.values())):
        return sorted(words, key=first.__getitem__)  # 2 stars before 10 stars, 5-9 before 10-19.
    return None


@dataclass(frozen=True)
class Coded(Sequence[str]):
    """Words, each different one once."""

    words: Sequence[str]
    """In the order in which they are first found."""
    codes: Array
    """Which of the words each is, `(n,)`."""

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, i: Any) -> Any:
        return self.words[self.codes[i]]


class NoLabel(ValueError):
    """A list or a mapping where one label stands."""

    def __init__(self, position: int) -> None:
        super().__init__("a list or a mapping where one class stands; any number of them is task: multilabel")
        self.position = position


@dataclass(frozen=True)
class Labels:
    """The labels of one split, each different one once."""

    words: Sequence[str]
    """In the order in which they are first found."""
    codes: Array
    """Which of the words every label is, `(n,)`."""
    rows: Array
    """Which example every label is of, `(n,)`: its own number, unless examples have any number of labels."""

    @classmethod
    def of(cls, values: "Sequence[Any] | Array") -> "Labels":
        """Of one label per example."""
        import numpy as np

        rows = np.arange(len(values))
        if isinstance(values, Coded):
            return cls([], values.codes, rows)._as(list(map(label, values.words)))
        return cls._of(_objects(values), rows)

    @classmethod
    def of_lists(cls, values: Sequence[Sequence[Any]]) -> "Labels":
        """Of any number of labels per example."""
        import numpy as np

        flat = [each for of_one in values for each in of_one]
        return cls._of(_objects(flat), np.repeat(np.arange(len(values)), [len(of_one) for of_one in values]))

    @classmethod
    def _of(cls, values: Array, rows: Array) -> "Labels":
        import pandas as pd

        try:
            codes, different = pd.factorize(values, use_na_sentinel=False)
        except TypeError as error:  # What cannot be compared.
            raise NoLabel(next(i for i, value in enumerate(values) if not pd.api.types.is_hashable(value))) from error
        return cls([], codes, rows)._as([label(value) for value in different])

    @property
    def counts(self) -> dict[str, int]:
        """How often each word is found."""
        import numpy as np

        counted = np.bincount(self.codes, minlength=len(self.words))
        return dict(zip(self.words, counted.tolist(), strict=True))

    def first(self, word: str) -> int:
        """The first example with a label."""
        return int(self.rows[(self.codes == self.words.index(word)).argmax()])

    def renamed(self, names: Mapping[str, str]) -> "Labels":
        """With other words for some of them, of which several may become one."""
        return self._as([names.get(word, word) for word in self.words])

    def _as(self, words: Sequence[str]) -> "Labels":
        """With a word for each code, the same word for several codes included."""
        import numpy as np

        code_of: dict[str, int] = {}
        codes = np.array([code_of.setdefault(word, len(code_of)) for word in words], np.int64)
        return Labels(list(code_of), codes[self.codes], self.rows)


def label_numbers(values: "Sequence[Any] | Array") -> Array:
    """The number of each label among all different ones in alphabetical order, `(n,)`."""
    import numpy as np

    found = Labels.of(values)
    numbers: Array = np.unique(np.array(found.words), return_inverse=True)[1][found.codes]
    return numbers


def spellings(words: Iterable[str]) -> list[list[str]]:
    """The groups of different words that are spellings of one label."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(kin(word), []).append(word)
    return [group for group in groups.values() if len(group) > 1]


def truths(words: Collection[str]) -> list[list[str]]:
    """The groups of words that mean the same, of words that all mean yes or no: yes and Y, false and 0."""
    groups = [[word for word in words if kin(word) in meaning] for meaning in (_YES, _NO)]
    return [group for group in groups if len(group) > 1] if sum(map(len, groups)) == len(words) else []


def joined(counts: Mapping[str, int], classes: Collection[str] | None) -> dict[str, str]:
    """The one word for all that is `kin`: that of `classes`, or else the one that is found most often."""
    often = sorted(counts, key=lambda word: (-counts[word], word))
    found: dict[str, str] = {}
    for word in (*(classes or ()), *often):
        found.setdefault(kin(word), word)
    return found


def _objects(values: "Sequence[Any] | Array") -> Array:
    """One object each, also of texts, and of what numpy would take for a table."""
    import numpy as np

    objects = np.empty(len(values), object)
    objects[:] = list(values)
    return objects
