"""Padded word indices as sparse counts, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from dlexp.layers import word_counts as module
from dlexp.layers.word_counts import word_counts

N_WORDS = 6


@given(
    np_st.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 7)), elements=st.integers(0, N_WORDS - 1)),
    st.booleans(),
    st.integers(1, 4),
)
def test_counts_and_lengths_are_those_of_each_text(ids: np.ndarray, skips_padding: bool, rows_at_once: int) -> None:
    """Whatever stands where, texts of padding alone included, and however many are sorted at once."""
    expected = np.stack([np.bincount(text, minlength=N_WORDS) for text in ids]).astype(np.float32)
    if skips_padding:
        expected[:, 0] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", rows_at_once)
        counts, lengths = word_counts(ids, N_WORDS, skips_padding)

    np.testing.assert_array_equal(counts.toarray(), expected)
    np.testing.assert_array_equal(lengths[:, 0], np.maximum(expected.sum(axis=1), 1))
    assert (counts.data > 0).all()
    assert counts.dtype == lengths.dtype == np.float32


@pytest.mark.parametrize("word", [-1, N_WORDS])
def test_a_word_that_is_not_there_is_refused(word: int) -> None:
    """scipy would read and write beyond the table."""
    with pytest.raises(ValueError, match=f"^word indices from {min(word, 1)} to {max(word, 1)}, of {N_WORDS} words$"):
        word_counts(np.array([[1, word]]), N_WORDS, skips_padding=True)
