"""Text into words and their numbers, by the rules of Keras's Tokenizer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from dlexp.components.datasets.words.sequences import INDEX_FROM, Sequences

#: What Keras's Tokenizer turns into blanks.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_BLANKS = str.maketrans(dict.fromkeys(FILTERS, " "))
#: The number of a word that no training text has: beyond any `num_words`.
UNKNOWN = np.iinfo(np.int32).max - INDEX_FROM


def split(text: str) -> list[str]:
    """The words of a text: lower case, without punctuation but for apostrophes."""
    return [word for word in text.lower().translate(_BLANKS).split(" ") if word]


def numbered(train: Iterable[str], test: Iterable[str]) -> tuple[Sequences, Sequences]:
    """Both splits' texts as word numbers: 1 for the most frequent word of the training texts, ties by appearance.

    Each text is gone once its words are numbered: only numbers are held.
    """
    index: defaultdict[str, int] = defaultdict()
    index.default_factory = index.__len__  # A new word gets the next number.
    by_appearance = [_laid(texts, index) for texts in (train, test)]
    counts = np.bincount(by_appearance[0].ids, minlength=len(index))
    rank = np.empty(len(index), np.int32)
    rank[np.argsort(-counts, kind="stable")] = np.arange(1, len(index) + 1)
    rank[counts == 0] = UNKNOWN
    ranked = [Sequences(rank[texts.ids], texts.lengths) for texts in by_appearance]
    return ranked[0], ranked[1]


def ranked(texts: Iterable[str], ranks: Mapping[str, int]) -> Sequences:
    """Texts as word numbers by a given index: 1 for the most frequent word."""
    ids = [np.fromiter((ranks.get(word, UNKNOWN) for word in split(text)), np.int32) for text in texts]
    return _end_to_end(ids)


def _laid(texts: Iterable[str], index: "defaultdict[str, int]") -> Sequences:
    return _end_to_end([np.fromiter(map(index.__getitem__, split(text)), np.int32) for text in texts])


def _end_to_end(ids: list[np.ndarray]) -> Sequences:
    lengths = np.fromiter(map(len, ids), np.int32, len(ids))
    return Sequences(np.concatenate([np.zeros(0, np.int32), *ids]), lengths)
