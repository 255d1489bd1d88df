"""The rules of a verdict for many comparisons at once, and whether they are those that dlexp applies to each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dlexp.components.columns import Column
from dlexp.reports.comparison.verdicts import PairedDifference, difference
from dlexp.statistics.paired import LEVEL, t_quantile

#: dlexp's own difference over the first so many seeds, with its interval at a level.
Own = Callable[[int, float], PairedDifference | None]

#: How many comparisons of a cell are also made as `dlexp compare` makes them.
CHECKED = 1000
#: A column on which one way is better, and which lies on no grid of its own.
_COLUMN = Column.parse("val_loss")


class Rule(Protocol):
    """When a comparison has a verdict."""

    def has_verdict(self, differences: np.ndarray, least_sd: float) -> np.ndarray:
        """Whether each has one, given differences `(..., seeds)` and the least standard deviation."""

    def has_dlexps(self, own: Own, n: int) -> bool:
        """Whether one comparison of n seeds has one, by dlexp's own code."""


@dataclass(frozen=True)
class AtOnce:
    """All seeds are there, and their number was fixed beforehand."""

    level: float = LEVEL

    def has_verdict(self, differences: np.ndarray, least_sd: float) -> np.ndarray:
        """Whether the interval of each mean difference excludes 0."""
        n = differences.shape[-1]
        sd = np.maximum(differences.std(axis=-1, ddof=1), least_sd)
        half: np.ndarray = t_quantile(1 - self.level / 2, n - 1) * sd / n**0.5
        excludes: np.ndarray = (sd > 0) & (np.abs(differences.mean(axis=-1)) > half)
        return excludes

    def has_dlexps(self, own: Own, n: int) -> bool:
        """By one look at all seeds."""
        return is_verdict(own(n, self.level))


def is_verdict(found: PairedDifference | None) -> bool:
    """Whether dlexp says that one experiment is better."""
    return found is not None and found.verdict in ("better", "worse")


def require_dlexps(rule: Rule, first: np.ndarray, other: np.ndarray, rng: np.random.Generator, least_sd: float) -> None:
    """Compare a rule with dlexp's own verdicts on random ones of these pairs of scores, `(pairs, seeds)` each.

    Raises:
        AssertionError: They differ.
    """
    drawn = rng.permutation(len(first))[:CHECKED]
    first, other = first[drawn], other[drawn]
    own = [
        rule.has_dlexps(own_difference(a, b, least_sd), len(a))
        for a, b in zip(first.tolist(), other.tolist(), strict=True)
    ]
    if differing := int((rule.has_verdict(other - first, least_sd) != own).sum()):
        raise AssertionError(f"{differing} of {len(own)} verdicts are not those of dlexp")


def own_difference(first: list[float], other: list[float], least_sd: float) -> Own:
    """dlexp's difference of these scores, one for each seed."""
    a, b = dict(enumerate(first)), dict(enumerate(other))

    def over(n: int, level: float) -> PairedDifference | None:
        seeds = range(n)
        return difference(
            {seed: a[seed] for seed in seeds},
            {seed: b[seed] for seed in seeds},
            _COLUMN,
            level=level,
            least_sd=least_sd,
        )

    return over
