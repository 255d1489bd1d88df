"""Examples with equal inputs: how many, where, and with which targets."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from dlexp.components.datasets.words.sequences import Sequences
from dlexp.components.fingerprints import fingerprints
from dlexp.reports.data.duplicates import BeforeTwins, Overlap, Twins, before_twins, duplicates


def _same(values: Sequence[object]) -> list[list[int]]:
    """Positions with equal values."""
    return [[j for j, other in enumerate(values) if other == each] for each in values]


@given(st.lists(st.lists(st.integers(-2, 2), min_size=2, max_size=2), min_size=1, max_size=12))
def test_equal_rows_have_equal_fingerprints(rows: list[list[int]]) -> None:
    """And only they, dense and sparse, of floats and of whole numbers."""
    expected = _same(rows)
    dense = np.array(rows, np.float32)

    assert _same(fingerprints(dense).tolist()) == expected
    assert _same(fingerprints(dense.astype(np.float64)).tolist()) == expected
    assert _same(fingerprints(np.array(rows, np.int32)).tolist()) == expected
    assert _same(fingerprints(csr_array(dense)).tolist()) == expected


@given(st.lists(st.lists(st.integers(1, 2), max_size=4), min_size=1, max_size=12))
def test_equal_texts_have_equal_fingerprints(texts: list[list[int]]) -> None:
    """The order of the words counts, and so does the length."""
    ids = np.array([word for text in texts for word in text], np.int32)
    sequences = Sequences(ids, np.array(list(map(len, texts)), np.int32))

    assert _same(fingerprints(sequences).tolist()) == _same(texts)


def test_zero_has_no_sign() -> None:
    """-0 is 0."""
    assert len(set(fingerprints(np.array([[0.0], [-0.0]], np.float32)).tolist())) == 1


def test_rows_of_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block's end changes nothing."""
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    whole = fingerprints(x).tolist()
    monkeypatch.setattr("dlexp.components.fingerprints.BLOCK", 6)

    assert fingerprints(x).tolist() == whole


def test_twins_within_and_across() -> None:
    """1 is three times in train, once with another target; 5 is in both; 7 twice in test, with two targets."""
    prints = {"train": np.array([1, 1, 2, 1, 5]), "test": np.array([5, 7, 7, 8])}
    targets = {"train": np.array([0, 0, 0, 1, 1]), "test": np.array([1, 0, 1, 0])}

    found = duplicates(prints, targets, has_classes=True)

    assert found.overlaps == [
        Overlap(role="train", twin_role="train", examples=3, share=0.6, contradicted=3),
        Overlap(role="test", twin_role="test", examples=2, share=0.5, contradicted=2),
        Overlap(role="test", twin_role="train", examples=1, share=0.25, contradicted=0),
    ]
    assert found.ceilings == {"train": 0.8, "test": 0.75}
    assert found.pairs == [
        Twins(first=("train", 0), second=("train", 3), is_contradiction=True),
        Twins(first=("test", 1), second=("test", 2), is_contradiction=True),
        Twins(first=("train", 4), second=("test", 0), is_contradiction=False),
    ]


def test_an_equal_one_right_behind() -> None:
    """In the order of the source 7 7 7 8 . 8: twice 7 before 7, once with another target; a gap parts the 8s."""
    order = np.array([3, 0, 5, 2, 1])
    prints = np.array([8, 7, 8, 7, 7])
    targets = np.array([0, 1, 0, 2, 1])

    assert before_twins(order, prints, targets) == BeforeTwins(examples=2, contradicted=1)


def test_no_twins() -> None:
    """Nothing is named."""
    found = duplicates(
        {"train": np.array([1, 2]), "test": np.array([3])}, {"train": np.array([0, 0]), "test": np.array([0])}, True
    )

    assert (found.overlaps, found.ceilings, found.pairs) == ([], {}, [])


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=12),
)
def test_as_counted_one_by_one(train: list[tuple[int, int]], test: list[tuple[int, int]]) -> None:
    """Against plain loops."""
    roles = {"train": train, "test": test}
    found = duplicates(
        {role: np.array([x for x, _ in part]) for role, part in roles.items()},
        {role: np.array([y for _, y in part]) for role, part in roles.items()},
        has_classes=True,
    )

    counted = {(each.role, each.twin_role): (each.examples, each.contradicted) for each in found.overlaps}
    for role, twin_role in (("train", "train"), ("test", "test"), ("test", "train")):
        others = [
            [roles[twin_role][j] for j in range(len(roles[twin_role])) if role != twin_role or i != j]
            for i in range(len(roles[role]))
        ]
        with_twin = [any(o[0] == each[0] for o in other) for each, other in zip(roles[role], others, strict=True)]
        contradicted = [
            any(o[0] == each[0] and o[1] != each[1] for o in other)
            for each, other in zip(roles[role], others, strict=True)
        ]
        assert counted.get((role, twin_role), (0, 0)) == (sum(with_twin), sum(contradicted))
    for role, part in roles.items():
        best = sum(max(sum(each == (x, y) for each in part) for y in (0, 1)) for x in {x for x, _ in part})
        assert found.ceilings.get(role, 1.0) == pytest.approx(best / len(part))
