"""Padded word indices as sparse counts: a text's vectors then add up to a sparse product."""

import numpy as np
from scipy.sparse import csr_array

#: Texts that are sorted at once, so that they need little memory beside the counts.
ROWS = 4096


def word_counts(ids: np.ndarray, n_words: int, skips_padding: bool) -> tuple[csr_array, np.ndarray]:
    """How often each word stands in each text, `(n, n_words)`, float32, and how many words each has, `(n, 1)`.

    Padding is word 0, and counts as any other unless it is skipped; a text of padding alone then has no word, and
    length 1.

    Raises:
        ValueError: An index is below 0, or there is no such word.
    """
    if ids.size and not 0 <= ids.min() <= ids.max() < n_words:
        raise ValueError(f"word indices from {ids.min()} to {ids.max()}, of {n_words} words")
    n, length = ids.shape
    words, counts, sizes = [], [], [np.zeros(1, np.int32)]
    for start in range(0, n, ROWS):
        in_order = np.sort(ids[start : start + ROWS], axis=1)
        is_first = np.ones(in_order.shape, bool)
        np.not_equal(in_order[:, 1:], in_order[:, :-1], out=is_first[:, 1:])
        places = np.flatnonzero(is_first)
        times = np.diff(places, append=in_order.size)
        if skips_padding:
            is_first[:, 0] &= in_order[:, 0] != 0  # Padding comes first.
            kept = in_order.ravel()[places] != 0
            places, times = places[kept], times[kept]
        words.append(in_order.ravel()[places].astype(np.int32))
        counts.append(times.astype(np.float32))
        sizes.append(is_first.sum(axis=1, dtype=np.int32))
    arrays = np.concatenate(counts), np.concatenate(words), np.cumsum(np.concatenate(sizes), dtype=np.int32)
    lengths = np.count_nonzero(ids, axis=1) if skips_padding else np.full(n, length)
    return csr_array(arrays, shape=(n, n_words)), np.maximum(lengths, 1).astype(np.float32)[:, None]
