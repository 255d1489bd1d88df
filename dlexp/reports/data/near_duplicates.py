"""Pairs of examples that are nearly equal: texts that share most of their phrases, numbers much closer than others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlexp.components.data import Array, Inputs
from dlexp.components.fingerprints import Words, mixed

#: Words of a phrase, where the order of the words is known.
PHRASE = 3
#: Texts are near duplicates from this share of common phrases on, or of common words where their order is not known.
SIMILAR = 0.8
#: MinHash (Broder, 1997): texts that agree in all rows of a band are compared. If they share 80 %, a band agrees with a
#: probability of 0.9998, if they share 30 %, with 0.12.
N_BANDS, N_ROWS = 16, 4
#: Texts with fewer phrases than these are nearly equal too easily.
SHORTEST = 5
#: Neighbours of an example whose distances say how close is close.
N_NEIGHBOURS = 5
#: A pair is nearer than this share of the distance to the fifth neighbour.
NEAR = 0.1
#: Probability that any pair of independent examples is named.
CHANCE = 0.01


@dataclass(frozen=True)
class Pairs:
    """Pairs of examples, the nearest first."""

    first: Array
    second: Array
    similarity: Array
    """Of texts the share of common phrases; of numbers 1 less the distance, in distances to the fifth neighbour."""

    def __len__(self) -> int:
        return len(self.first)


def near_texts(x: Inputs) -> Pairs:
    """Pairs of texts, `Sequences` or sparse rows of words."""
    tokens, starts = _tokens(x)
    lengths = np.diff(starts)
    is_long = np.flatnonzero(lengths >= SHORTEST)
    if not len(is_long):
        return _pairs([])
    bands = _bands(tokens, starts, is_long)
    found = {}
    for i, j in _candidates(bands, is_long):
        a, b = (tokens[starts[k] : starts[k + 1]] for k in (i, j))
        # The longer one has at most all phrases of the shorter one.
        if min(len(a), len(b)) < SIMILAR * max(len(a), len(b)):
            continue
        shared = len(np.intersect1d(a, b, assume_unique=True))
        if (similarity := shared / (len(a) + len(b) - shared)) >= SIMILAR:
            found[i, j] = similarity
    return _pairs([(i, j, similarity) for (i, j), similarity in found.items()])


def _tokens(x: Any) -> tuple[Words, Array]:
    """The distinct phrases or words of each text as numbers, laid end to end and sorted, and where each text starts."""
    from scipy.sparse import issparse

    if issparse(x):
        found, text = x.indices.astype(np.uint64), np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
        n = x.shape[0]
    else:
        n, ids = len(x), mixed(x.ids.astype(np.uint64))
        phrases = ids.copy()
        for k in range(1, PHRASE):
            phrases[:-k] = mixed(phrases[:-k] * np.uint64(3) + ids[k:])
        text = np.repeat(np.arange(n), x.lengths)
        # The last words of a text start no phrase; of a shorter text there is none.
        is_phrase = x.ends[text] - np.arange(len(ids)) >= PHRASE
        found, text = phrases[is_phrase], text[is_phrase]
    order = np.lexsort((found, text))
    found, text = found[order], text[order]
    is_new = np.ones(len(found), bool)
    is_new[1:] = (found[1:] != found[:-1]) | (text[1:] != text[:-1])
    found, text = found[is_new], text[is_new]
    return found, np.searchsorted(text, np.arange(n + 1))


def _bands(tokens: Words, starts: Array, texts: Array) -> Words:
    """A number for each band of the smallest numbers of each text, `(bands, texts)`."""
    multipliers = mixed(np.arange(1, N_BANDS * N_ROWS + 1, dtype=np.uint64)) | np.uint64(1)
    scrambled = mixed(tokens + np.uint64(1))
    bands = np.zeros((N_BANDS, len(texts)), np.uint64)
    # Of texts without phrases `reduceat` would take the next text's: they are left out before.
    where = starts[texts]
    for k, multiplier in enumerate(multipliers):
        smallest = np.minimum.reduceat(scrambled * multiplier, where)
        bands[k // N_ROWS] = mixed(bands[k // N_ROWS] * np.uint64(3) + smallest)
    return bands


def _candidates(bands: Words, texts: Array) -> Iterator[tuple[int, int]]:
    """Pairs that agree in a band, each once; of many that agree, each with the one before it."""
    seen: set[tuple[int, int]] = set()
    for band in bands:
        order = np.argsort(band, kind="stable")
        (same,) = np.nonzero(band[order][1:] == band[order][:-1])
        for i, j in zip(texts[order[same]].tolist(), texts[order[same + 1]].tolist(), strict=True):
            pair = (i, j) if i < j else (j, i)
            if pair not in seen:
                seen.add(pair)
                yield pair


def near_numbers(features: Array) -> Pairs:
    """Pairs of dense examples, from standardized features `(n, features)`.

    Where examples are independent, (distance to the nearest / distance to the fifth)^d has a Beta(1, 4) distribution,
    whatever their density, d being the dimension that they fill (Facco et al., 2017, for the second neighbour).
    """
    from sklearn.neighbors import NearestNeighbors

    n = len(features)
    if n <= 2 * N_NEIGHBOURS:
        return _pairs([])
    distances, neighbours = NearestNeighbors(n_neighbors=N_NEIGHBOURS + 1).fit(features).kneighbors(features)
    nearest, fifth = distances[:, 1], distances[:, -1]
    ratio = nearest / np.maximum(fifth, np.finfo(float).tiny)
    # The median of Beta(1, 4) is 1 - 0.5^(1/4).
    typical = float(np.median(ratio))
    dimension = np.log(1 - 0.5**0.25) / np.log(typical) if 0 < typical < 1 else np.inf
    by_chance = (N_NEIGHBOURS - 1) * ratio ** min(dimension, features.shape[1])
    near = np.flatnonzero((ratio > 0) & (ratio < NEAR) & (by_chance < CHANCE / n))
    pairs = {tuple(sorted((i, int(neighbours[i, 1])))): 1 - float(ratio[i]) for i in near.tolist()}
    return _pairs([(i, j, similarity) for (i, j), similarity in pairs.items() if i != j])


def _pairs(found: list[tuple[int, int, float]]) -> Pairs:
    found.sort(key=lambda each: (-each[2], each[:2]))
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    return Pairs(np.array(columns[0], int), np.array(columns[1], int), np.array(columns[2], float))
