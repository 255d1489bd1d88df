"""Which examples are held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from dlexp.components import held_out

SEEDS = st.integers(0, 2**32 - 1)


def test_by_class_is_drawn_as_by_scikit_learn() -> None:
    """A fifth of 50 + 30 + 20 examples is 10 + 6 + 4."""
    labels = np.repeat(["a", "b", "c"], [50, 30, 20])

    positions = held_out.by_class(labels, 20, seed=3)

    assert positions.tolist() == sorted(
        train_test_split(np.arange(100), test_size=20, stratify=labels, random_state=3)[1]
    )
    assert np.unique(labels[positions], return_counts=True)[1].tolist() == [10, 6, 4]


@given(sizes=st.lists(st.integers(2, 40), min_size=1, max_size=6), share=st.floats(0.01, 0.99), seed=SEEDS)
def test_by_class_has_every_class_on_both_sides(sizes: list[int], share: float, seed: int) -> None:
    """However rare it is, wherever both sides are as large as there are classes; the count stays as asked for."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    n, count = len(labels), max(1, round(share * sum(sizes)))

    if min(count, n - count) < len(sizes):
        assert "do not fit" in held_out.why_not_by_class(labels, count)
        return
    positions = held_out.by_class(labels, count, seed)

    assert not held_out.why_not_by_class(labels, count)
    assert len(positions) == len(set(positions.tolist())) == count
    assert set(labels[positions]) == set(np.delete(labels, positions)) == set(labels)


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        (["a", "b"] * 10, "drawn by class"),
        (["a"] * 19 + ["b"], "drawn at random (a class has one example)"),
        ([*"abcdef"] * 3 + ["a", "b"], "drawn at random (6 classes do not fit into 5 examples and 15 others)"),
        (None, "drawn at random"),
    ],
)
def test_a_test_split_is_drawn_by_class_where_it_can_be(labels: list[str] | None, how: str) -> None:
    """The same for the same seed, rounded up: 0.21 of 20 are 5."""
    drawn = held_out.test_split(20, 0.21, 7, labels)

    assert drawn.how == how
    stratify = labels if how == "drawn by class" else None
    expected = train_test_split(np.arange(20), test_size=0.21, random_state=7, stratify=stratify)[1]
    assert drawn.positions.tolist() == sorted(expected)
    assert len(drawn.positions) == 5
