"""Texts as ragged sequences of word indices: numbered as in `keras.datasets`, then made into arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from dlexp.components import memory
from dlexp.components.data import Array
from dlexp.components.datasets.words import INDEX_FROM, OUT_OF_VOCABULARY, PAD, START
from dlexp.errors import UserError

Texts: TypeAlias = "Sequence[Sequence[int]] | Array"
Ints = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Sequences:
    """Texts laid end to end."""

    ids: Ints
    """The words of all texts."""
    lengths: Ints
    """Words of each text."""

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def arrays(self) -> tuple[Ints, Ints]:
        """What the texts are made of."""
        return self.ids, self.lengths

    @property
    def ends(self) -> Ints:
        """Where each text ends in `ids`."""
        return np.cumsum(self.lengths, dtype=np.int32)

    def __getitem__(self, positions: Array) -> "Sequences":
        lengths = self.lengths[positions]
        starts = (self.ends - self.lengths)[positions]
        new_starts = np.cumsum(lengths, dtype=np.int32) - lengths
        return Sequences(self.ids[np.arange(lengths.sum()) + np.repeat(starts - new_starts, lengths)], lengths)


def numbered(texts: "Texts | Sequences", num_words: int, skip_top: int = 0) -> Sequences:
    """A start sign, then the words; those that are too rare or too frequent become one sign, as in Keras.

    TypeError, ValueError or OverflowError if the texts are not sequences of integers.
    """
    if not isinstance(texts, Sequences):
        lengths = np.fromiter(map(len, texts), np.int32, len(texts))
        n_words = int(lengths.sum(dtype=np.int64))
        # Three arrays of them are there at a time. The same list may stand in many places: few bytes, many words.
        memory.require(12 * n_words, f"{n_words:,} words")
        texts = Sequences(np.fromiter(chain.from_iterable(texts), np.int32, n_words), lengths)
    ids = np.insert(texts.ids + np.int32(INDEX_FROM), texts.ends - texts.lengths, START)
    # As in Keras, the start sign too falls to `skip_top`.
    ids[(ids < skip_top) | (ids >= num_words)] = OUT_OF_VOCABULARY
    return Sequences(ids, texts.lengths + 1)


def count(sequences: Sequences, num_words: int) -> csr_array:
    """One row a text, `(n, num_words)`: how often each word occurs."""
    row_starts = np.concatenate([np.zeros(1, np.int32), sequences.ends])
    ones = np.ones(len(sequences.ids), np.float32)
    # A copy of the ids: scipy sorts them in place.
    counts = csr_array((ones, sequences.ids.copy(), row_starts), shape=(len(sequences), num_words))
    counts.sum_duplicates()
    return counts


def multi_hot(sequences: Sequences, num_words: int) -> csr_array:
    """One row a text, `(n, num_words)`: 1 where the word occurs, however often."""
    counts = count(sequences, num_words)
    counts.data.fill(1)
    return counts


def tfidf(train: csr_array, test: csr_array) -> tuple[csr_array, csr_array]:
    """Counts weighted by how few training texts have the word, each row of length 1: scikit-learn's defaults.

    tf-idf = count (1 + log((1 + n) / (1 + n_with_word))), then divided by the row's Euclidean norm.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    weights = TfidfTransformer().fit(train)
    return csr_array(weights.transform(train)), csr_array(weights.transform(test))


def padded(sequences: Sequences, maxlen: int) -> Ints:
    """The last `maxlen` words of each text, `(n, maxlen)`, zeros in front of shorter ones."""
    memory.require(4 * len(sequences) * maxlen, f"dataset.maxlen: {len(sequences):,} texts of {maxlen:,}", UserError)
    x = np.full((len(sequences), maxlen), PAD, np.int32)
    rows = np.repeat(np.arange(len(sequences)), sequences.lengths)
    # Counted from the end of its text, 1 for the last word.
    from_end = np.repeat(sequences.ends, sequences.lengths) - np.arange(len(sequences.ids))
    kept = from_end <= maxlen
    x[rows[kept], maxlen - from_end[kept]] = sequences.ids[kept]
    return x
