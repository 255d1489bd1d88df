"""Which examples are held out."""

import numpy as np
import pytest
from hypothesis import assume, given
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


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=6), data=st.data(), seed=SEEDS)
def test_two_splits_are_those_of_scikit_learn(sizes: list[int], data: st.DataObject, seed: int) -> None:
    """In the same order, by class wherever scikit-learn does not refuse it."""
    classes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    n = len(classes)
    count = data.draw(st.integers(1, n - 1)) if n > 1 else 0
    assume(count)

    for by in (None, classes):
        if by is not None and held_out.why_not_by_class(by, count):
            continue
        expected = train_test_split(np.arange(n), test_size=count, random_state=seed, stratify=by)
        drawn = held_out.two_splits(n, count, seed, by)
        assert [part.tolist() for part in drawn] == [part.tolist() for part in expected]


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
    # Where a class would be in the test split alone, one example of it changes places with one of another.
    assert len(set(drawn.positions) - set(expected)) == (1 if "6 classes" in how else 0)
    assert labels is None or set(np.delete(labels, drawn.positions)) == set(labels)
    assert len(drawn.positions) == 5


@given(groups=st.lists(st.integers(0, 8), min_size=2, max_size=60), share=st.floats(0.01, 0.99), seed=SEEDS)
def test_groups_stay_whole(groups: list[int], share: float, seed: int) -> None:
    """No group is on both sides, both sides have one, and no more are held out than asked for, if a group fits."""
    count = max(1, min(len(groups) - 1, round(share * len(groups))))

    positions = held_out.whole_groups(groups, count, seed)

    if len(set(groups)) == 1:
        assert positions is None
        return
    assert positions is not None
    inside = {groups[i] for i in positions}
    assert 0 < len(positions) < len(groups)
    assert inside.isdisjoint(np.delete(groups, positions).tolist())
    smallest = min(map(groups.count, groups))
    assert len(positions) <= max(count, smallest)


def test_groups_come_as_near_to_the_count_as_they_fit() -> None:
    """Of 20 groups of 5 examples, a fifth of the examples is 4 groups; another seed draws others."""
    groups = np.repeat(np.arange(20), 5)

    draws = [held_out.whole_groups(groups, 20, seed) for seed in (0, 0, 1)]

    assert [len(set(groups[positions])) for positions in draws] == [4, 4, 4]
    assert draws[0].tolist() == draws[1].tolist() != draws[2].tolist()  # type: ignore[union-attr]


def test_the_last_in_time_are_held_out() -> None:
    """Wherever they stand in the file."""
    assert held_out.last(np.array([5.0, 1, 4, 2, 3]), 2).tolist() == [0, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("count", "expected"), [(1, [3, 4, 5]), (2, [3, 4, 5]), (4, [1, 2, 3, 4, 5]), (5, [1, 2, 3, 4, 5])]
)
def test_equal_times_stay_together(count: int, expected: list[int]) -> None:
    """The border lies at the nearest change of time: of days 1 2 2 3 3 3, the last two rows are those of day 3."""
    assert held_out.last(np.array([1, 2, 2, 3, 3, 3]), count).tolist() == expected  # type: ignore[union-attr]


def test_one_time_has_no_last_examples() -> None:
    """Then there is no past to train on."""
    assert held_out.last(np.ones(4), 1) is None
