"""A campaign of changes to an incumbent: one takes its place only if it is better twice, the second time on new seeds.

Each change is screened with looks at paired seeds until they tell. Most of a long campaign that are better then are so
by luck. What is better is therefore confirmed on seeds that were never seen, at levels that add up to `LEVEL` however
long the campaign is: of campaigns whose changes have no effect, at most that share keeps any.
"""

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Literal

from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL, MIN_PAIRS, Interval, paired

#: How many seeds of both sides a confirmation has, none of which was trained before.
FRESH_SEEDS = 8

#: open: the screening needs more seeds. worse, cannot tell: how it ended. promising: better, and to be confirmed.
#: kept: better again. not confirmed: not surely better on new seeds.
Standing = Literal["open", "worse", "cannot tell", "promising", "kept", "not confirmed"]


@dataclass(frozen=True)
class Tried:
    """How far a change has come, and by which differences."""

    standing: Standing
    screening: Interval | None
    """At the last look, the one that ended it; None with fewer than 3 differences, or if no verdict is possible."""
    confirmation: Interval | None
    """None if there is none yet, and as before."""


def tried(
    screening: Sequence[float],
    confirmation: Sequence[float],
    j: int,
    looks: Looks,
    *,
    least_sd: float = 0.0,
    in_doubt: Container[int] = (),
) -> Tried:
    """What the differences of a change from its incumbent say, positive where it is better.

    Args:
        screening: One per seed, in their order. What comes after the first look that tells is not looked at.
        confirmation: One per new seed; empty until they have been trained.
        j: Which confirmation of the campaign this would be, from 1.
        looks: At the screening, of one comparison.
        least_sd: As of `paired`.
        in_doubt: The numbers of differences of the screening after which no verdict is possible, since a side
            diverged or collapsed more often than the other.
    """
    standing, looked = _screened(screening, looks, least_sd, in_doubt)
    if standing != "promising" or not confirmation:
        return Tried(standing, looked, None)
    again = confirmation_of(confirmation, j, least_sd=least_sd)
    return Tried("kept" if is_better(again) else "not confirmed", looked, again)


def confirmation_of(differences: Sequence[float], j: int, *, least_sd: float = 0.0) -> Interval | None:
    """The interval of the j-th confirmation, by the fixed paired t; None with fewer than 3 differences."""
    if len(differences) < MIN_PAIRS:
        return None
    return paired(differences, level=level_of(j), least_sd=least_sd)


def is_better(found: Interval | None) -> bool:
    """Whether an interval says so: it lies above 0, and not only since all differences are equal."""
    return found is not None and found.sd > 0 and found.bounds[0] > 0


def level_of(j: int) -> float:
    """The level of the j-th confirmation of a campaign: those of all together, 1 + 1/4 + 1/9 + ..., add up to LEVEL."""
    return LEVEL * 6 / (math.pi**2 * j**2)


def _screened(
    differences: Sequence[float], looks: Looks, least_sd: float, in_doubt: Container[int]
) -> tuple[Standing, Interval | None]:
    """How the first look ended that tells, else the last one."""
    found = None
    for n in range(MIN_PAIRS, min(len(differences), looks.max_seeds) + 1):
        if n in in_doubt:
            if looks.is_late(n):
                return "cannot tell", None
            continue
        found = paired(differences[:n], level=looks.level(n), least_sd=least_sd)
        low, high = found.bounds
        if found.sd and not low <= 0 <= high:
            return "promising" if low > 0 else "worse", found
        if n == looks.max_seeds or looks.gives_up(n, found.mean, found.sd):
            return "cannot tell", found
    return "open", found
