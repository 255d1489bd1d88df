"""Words of texts as numbers, by the rules of Keras's Tokenizer, and numbers back into words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components.data import Array, NewExamples, Split
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import new_texts
from dlexp.components.datasets.words import INDEX_FROM, sequences
from dlexp.components.datasets.words.encoding import TextEncoding
from dlexp.components.datasets.words.sequences import Sequences, Texts
from dlexp.components.datasets.words.tokens import CUTS, Tokens

#: The number of a word that no training text has: beyond any `num_words`.
UNKNOWN = np.iinfo(np.int32).max - INDEX_FROM


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Training texts and others as numbers of their words, 1 for the most frequent, and the words themselves."""

    train: Sequences
    other: Sequences
    words: Sequence[str]
    """All different ones, by their first appearance."""
    counts: Array
    """How often each of the words occurs in the training texts."""
    numbers: Array
    """The number of each of the words."""


def numbered(train: Iterable[str], other: Iterable[str], tokens: Tokens = "words") -> Numbered:
    """Texts as numbers: 1 for the most frequent word of the training texts, ties by appearance."""
    index: defaultdict[str, int] = defaultdict()
    index.default_factory = index.__len__  # A new word gets the next number.
    # Each text is gone once its words are numbered.
    by_appearance = [_looked_up(texts, index.__getitem__, CUTS[tokens]) for texts in (train, other)]
    counts = np.bincount(by_appearance[0].ids, minlength=len(index))
    rank = np.empty(len(index), np.int32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(1, len(index) + 1)
    rank[counts == 0] = UNKNOWN
    ranked = [Sequences(rank[texts.ids], texts.lengths) for texts in by_appearance]
    return Numbered(train=ranked[0], other=ranked[1], words=list(index), counts=counts, numbers=rank)


def _looked_up(texts: Iterable[str], number: Callable[[str], int], cut: Callable[[str], list[str]]) -> Sequences:
    ids = [np.fromiter(map(number, cut(text)), np.int32) for text in texts]
    lengths = np.fromiter(map(len, ids), np.int32, len(ids))
    return Sequences(np.concatenate([np.zeros(0, np.int32), *ids]), lengths)


def whole(texts: "Texts | Sequences", y: Array) -> Split:
    """Every word, whatever `num_words` and `skip_top` cut, with its start sign: an `x` of `Sequences`."""
    return Split(sequences.numbered(texts, np.iinfo(np.int32).max), y.astype(np.int32))


def decode(ids: Iterable[int], words: Mapping[int, str]) -> str:
    """Encoded text in words; an index that has none is `[UNUSED]`, as 3 in Keras's counting."""
    return " ".join(words.get(int(i), "[UNUSED]") for i in ids)


def decoded(texts: Split, words: Mapping[int, str]) -> list[str]:
    """Whole texts in words, without their start signs."""
    found: Any = texts.x
    return [decode(ids[1:], words) for ids in np.split(found.ids, found.ends)[:-1]]


def new_examples(
    path: Path, encoding: TextEncoding, words: Mapping[int, str], train: Callable[[], Split]
) -> NewExamples:
    """Texts from a file, numbered by the `words` of a data set and encoded; `train` gives its whole training texts."""
    found = new_texts.read(path, TextReader(is_key=False))
    ranks = {word: number - INDEX_FROM for number, word in words.items() if number > INDEX_FROM}

    def without_start_signs() -> Sequences:
        found: Any = train().x
        is_word = np.ones(len(found.ids), np.bool_)
        is_word[found.ends - found.lengths] = False
        return Sequences(found.ids[is_word] - INDEX_FROM, found.lengths - 1)

    new = _looked_up(found.texts, lambda word: ranks.get(word, UNKNOWN), CUTS["words"])
    return encoding.new(without_start_signs, new, found.names, found.notes)
