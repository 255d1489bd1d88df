"""Paired Student's t: the mean of differences over common seeds, with its interval (Student, 1908)."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Of all intervals that belong together, at most this share misses the true mean.
LEVEL = 0.05
#: Fewer paired seeds have no interval and no verdict: two equal differences by chance would look certain.
MIN_PAIRS = 3


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean of paired differences and the interval around it that misses the true mean in a share of `level`."""

    mean: float
    half: float
    """Half the width."""
    sd: float
    """The standard deviation of the differences, at least that of rounding."""
    n: int
    level: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The lower and the upper end."""
        return self.mean - self.half, self.mean + self.half


def paired(differences: Sequence[float], *, level: float = LEVEL, least_sd: float = 0.0) -> Interval:
    """The interval of the mean of at least two differences, one per common seed.

    Args:
        differences: One number per seed.
        level: The share of intervals that miss the true mean of normal differences: `level / m` for each of m.
        least_sd: What rounding alone brings to a difference, such as step / sqrt(6) for two scores on one grid.
    """
    sd = max(statistics.stdev(differences), least_sd)
    return around(statistics.fmean(differences), sd, len(differences), level=level)


def around(mean: float, sd: float, n: int, *, level: float = LEVEL) -> Interval:
    """The interval of a mean of n differences with this standard deviation."""
    return Interval(mean=mean, half=t_quantile(1 - level / 2, n - 1) * sd / n**0.5, sd=sd, n=n, level=level)


def rounding_sd(steps: Iterable[float]) -> float:
    """The standard deviation that rounding brings to a sum or a difference of numbers on grids of these steps.

    A rounding error is uniform over a step, of variance step^2 / 12; those of several numbers add up: step / sqrt(6)
    for two on one grid.
    """
    return math.hypot(*steps) / 12**0.5


def t_quantile(p: float, df: float) -> float:
    """The `p` quantile of Student's t with `df` degrees of freedom."""
    from scipy.special import stdtrit  # scipy.stats would give the same in a second more.

    return float(stdtrit(df, p))
