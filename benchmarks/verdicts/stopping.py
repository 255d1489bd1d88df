"""Until sure for many comparisons at once: after how many seeds each stops, and with what."""

from dataclasses import dataclass

import numpy as np

from benchmarks.verdicts.rule import Own, is_verdict
from dlexp.reports.comparison.stops import Design
from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import MIN_PAIRS, t_quantile


@dataclass(frozen=True, kw_only=True)
class Stops:
    """Where comparisons stop, an element for each."""

    n: np.ndarray
    """After how many seeds."""
    mean: np.ndarray
    half: np.ndarray
    """Half the width of the interval at the stop."""
    has_verdict: np.ndarray
    """Whether this interval excludes 0."""
    is_within: np.ndarray
    """Whether it lies within the margin; the others were given up, or have used all seeds."""


@dataclass(frozen=True)
class UntilSure:
    """Seeds one after the other, until the interval of a look excludes 0 or the comparison is given up."""

    looks: Looks
    margin: float = 0.0
    """A difference within it is none that counts; 0 if each counts."""

    def stops(self, differences: np.ndarray, least_sd: float = 0.0) -> Stops:
        """Of differences `(..., seeds)`, of which there are as many as may be used."""
        n = np.arange(MIN_PAIRS, self.looks.max_seeds + 1)
        sums, squares = (np.cumsum(each, axis=-1)[..., MIN_PAIRS - 1 :] for each in (differences, differences**2))
        mean = sums / n
        variance = np.maximum(squares - sums * mean, 0.0) / (n - 1)
        error = np.maximum(variance**0.5, least_sd) / n**0.5
        half = np.array([t_quantile(1 - self.looks.level(k) / 2, k - 1) for k in n.tolist()]) * error
        excludes = (error > 0) & (np.abs(mean) > half)
        is_late = np.array([self.looks.is_late(k) for k in n.tolist()])
        is_within = np.abs(mean) + half < self.margin
        nearest = np.abs(mean)
        if self.margin:
            nearest = np.maximum(nearest, np.abs(self.margin - nearest))
        # Ties are frequent where few seeds differ, by a step each.
        gives_up = is_late & (nearest < error * (1 + 1e-9))
        ends = excludes | is_within | gives_up | (n == self.looks.max_seeds)
        stop = ends.argmax(axis=-1)[..., None]

        def at_stop(of_looks: np.ndarray) -> np.ndarray:
            return np.take_along_axis(of_looks, stop, axis=-1)[..., 0]

        return Stops(
            n=n[stop[..., 0]],
            mean=at_stop(mean),
            half=at_stop(half),
            has_verdict=at_stop(excludes),
            is_within=at_stop(is_within & ~excludes),
        )

    def has_verdict(self, differences: np.ndarray, least_sd: float) -> np.ndarray:
        """Whether each comparison stops with a verdict."""
        return self.stops(differences, least_sd).has_verdict

    def has_dlexps(self, own: Own, n: int) -> bool:
        """By dlexp's looks at its own differences."""
        design = Design(self.looks.max_seeds, margin=self.margin or None)
        for seeds in range(MIN_PAIRS, n + 1):
            found = own(seeds, self.looks.level(seeds))
            if is_verdict(found):
                return True
            if found and found.interval and max(map(abs, found.interval)) < self.margin:
                return False
            if found and found.sd and self.looks.gives_up(seeds, design.distance(found.mean), found.sd):
                return False
        return False
