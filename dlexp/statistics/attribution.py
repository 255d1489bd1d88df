"""How much of a difference each of k parts of a change accounts for (Shapley, 1953), over paired seeds.

A corner says which parts have been changed: bit i of it is 1 if part i is as in the second experiment, so 0 is the
first experiment and 2^k - 1 the second one. The share of a part is a weighted sum of the scores of corners, for each
seed; its interval is that of the paired t over the seeds at `LEVEL / k`, so that those of all shares hold together.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

#: What a share is made of: by corner the weight of its score. Other corners have none.
Weights = Mapping[int, float]


def shapley(k: int) -> list[Weights]:
    """By part its Shapley value: what it changes, averaged over the k! orders in which parts can be changed."""
    found: list[Weights] = []
    for part in range(k):
        weights: dict[int, float] = {}
        for corner in range(2**k):
            if not corner >> part & 1:
                size = corner.bit_count()
                # |S|! (k - |S| - 1)! / k!: the share of the orders in which exactly these parts come before.
                weight = 1 / (k * math.comb(k - 1, size))
                weights |= {corner: -weight, corner | 1 << part: weight}
        found.append(weights)
    return found


def first_and_last(k: int) -> list[Weights]:
    """By part the mean of what it changes as the first one and as the last one: 2k + 2 corners.

    That is the Shapley value unless three parts or more interact. Then the shares may leave a rest.
    """
    last = 2**k - 1
    return [_added([(1 << part, 0.5), (0, -0.5), (last, 0.5), (last ^ 1 << part, -0.5)]) for part in range(k)]


def corners_of(weights: Iterable[Weights]) -> list[int]:
    """The corners whose scores are needed, those with fewer changed parts first."""
    return sorted({corner for each in weights for corner in each}, key=lambda corner: (corner.bit_count(), corner))


def weighted(scores: Mapping[int, float], weights: Weights) -> float:
    """The weighted sum of the scores of corners, of one seed."""
    return math.fsum(weight * scores[corner] for corner, weight in weights.items())


def total_of(k: int) -> Weights:
    """What the whole difference is made of."""
    return {2**k - 1: 1.0, 0: -1.0}


def rest_of(weights: Sequence[Weights]) -> Weights:
    """What the rest, the total less all shares, is made of; empty if the shares add up to the total by construction."""
    shares = [(corner, -weight) for each in weights for corner, weight in each.items()]
    return _added([*total_of(len(weights)).items(), *shares])


def _added(terms: Iterable[tuple[int, float]]) -> Weights:
    """The sum of the weights of each corner, without those that cancel."""
    by_corner: dict[int, list[float]] = {}
    for corner, weight in terms:
        by_corner.setdefault(corner, []).append(weight)
    sums = {corner: math.fsum(own) for corner, own in by_corner.items()}
    # Weights are multiples of 1 / (k C(k - 1, i)), so a smaller sum is a rounding error.
    return {corner: weight for corner, weight in sums.items() if abs(weight) > 1e-12}
