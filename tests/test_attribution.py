"""How a difference is split over the parts of a change: against all orders and numbers worked out by hand."""

import itertools
import math

import numpy as np
import pytest

from dlexp.statistics.attribution import corners_of, first_and_last, rest_of, shapley, total_of, weighted


def _scores(k: int, seed: int = 0) -> dict[int, float]:
    values = np.random.default_rng(seed).normal(size=2**k)
    return {corner: float(value) for corner, value in enumerate(values)}


def _over_all_orders(scores: dict[int, float], k: int) -> list[float]:
    """What each part changes when its turn comes, averaged over every order."""
    found = [0.0] * k
    orders = list(itertools.permutations(range(k)))
    for order in orders:
        corner = 0
        for part in order:
            found[part] += (scores[corner | 1 << part] - scores[corner]) / len(orders)
            corner |= 1 << part
    return found


@pytest.mark.parametrize("k", range(1, 6))
def test_shapley_is_the_mean_over_all_orders(k: int) -> None:
    """By brute force over all k! of them."""
    scores = _scores(k)
    weights = shapley(k)

    assert [weighted(scores, each) for each in weights] == pytest.approx(_over_all_orders(scores, k), abs=1e-12)
    assert corners_of(weights) == sorted(range(2**k), key=lambda corner: (corner.bit_count(), corner))


@pytest.mark.parametrize("k", range(1, 8))
def test_shares_and_rest_add_up_to_the_whole_for_every_seed(k: int) -> None:
    """To 1e-12, by both methods; those of Shapley leave no rest."""
    scores = _scores(k, seed=k)
    for weights in (shapley(k), first_and_last(k)):
        shares = [weighted(scores, each) for each in weights]
        rest = weighted(scores, rest_of(weights))

        assert math.fsum([*shares, rest]) == pytest.approx(weighted(scores, total_of(k)), abs=1e-12)
        assert weighted(scores, total_of(k)) == scores[2**k - 1] - scores[0]
    assert not rest_of(shapley(k))


@pytest.mark.parametrize("k", range(1, 8))
def test_first_and_last_needs_few_corners(k: int) -> None:
    """2k + 2, except where these are all there are."""
    assert len(corners_of(first_and_last(k))) == min(2 * k + 2, 2**k)


@pytest.mark.parametrize("k", range(1, 6))
def test_first_and_last_is_shapley_unless_three_parts_interact(k: int) -> None:
    """With any effects of single parts and of pairs; their interaction is shared out by halves."""
    rng = np.random.default_rng(k)
    alone, pairs = rng.normal(size=k), np.triu(rng.normal(size=(k, k)), 1)
    scores = {}
    for corner in range(2**k):
        x = np.array([corner >> part & 1 for part in range(k)])
        scores[corner] = float(x @ alone + x @ pairs @ x)
    by_hand = alone + (pairs.sum(axis=0) + pairs.sum(axis=1)) / 2

    assert [weighted(scores, each) for each in first_and_last(k)] == pytest.approx(by_hand.tolist(), abs=1e-12)
    assert [weighted(scores, each) for each in shapley(k)] == pytest.approx(by_hand.tolist(), abs=1e-12)
    assert weighted(scores, rest_of(first_and_last(k))) == pytest.approx(0, abs=1e-12)


def test_an_interaction_of_three_parts_leaves_a_rest() -> None:
    """Of 3 that only all three bring, each has a half as the last one; Shapley gives each a third."""
    scores = {corner: 3.0 if corner == 7 else 0.0 for corner in range(8)}

    assert [weighted(scores, each) for each in first_and_last(3)] == [1.5, 1.5, 1.5]
    assert weighted(scores, rest_of(first_and_last(3))) == -1.5
    assert [weighted(scores, each) for each in shapley(3)] == pytest.approx([1, 1, 1])
