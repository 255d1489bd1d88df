"""What a number of paired seeds can show: power, the smallest detectable difference, how many seeds one needs."""

import math
from functools import cache

from dlexp.statistics.paired import LEVEL, MIN_PAIRS, t_quantile

#: How often a difference of the detectable size is found.
POWER = 0.8
#: How surely the true standard deviation is below its upper limit, and above its lower one.
CONFIDENCE = 0.8
#: More seeds than that are never advised.
MAX_SEEDS = 1000


def power(effect: float, n: int, level: float = LEVEL) -> float:
    """How often the interval of n paired seeds excludes 0 where mean / sd of the differences is `effect`.

    The noncentral t distribution, integrated over S = sd / true sd: scipy.special.nctdtr gives NaN for large effects.
    """
    import numpy as np
    from scipy.special import ndtr

    df, noncentrality, critical = n - 1, effect * n**0.5, t_quantile(1 - level / 2, n - 1)
    s = np.linspace(0, 1 + 9 / df**0.5, 4001)
    # S^2 df is chi-squared: f(s) = df^(df/2) s^(df-1) exp(-df s^2 / 2) / (2^(df/2-1) gamma(df/2))
    log_constant = df / 2 * math.log(df) - (df / 2 - 1) * math.log(2) - math.lgamma(df / 2)
    density = s ** (df - 1) * np.exp(log_constant - df * s**2 / 2)
    excludes = ndtr(noncentrality - critical * s) + ndtr(-noncentrality - critical * s)
    weights = np.full(len(s), 2.0)  # Simpson's rule.
    weights[1::2], weights[0], weights[-1] = 4.0, 1.0, 1.0
    return float(min(1.0, (weights * density * excludes).sum() * s[1] / 3))


@cache
def detectable(n: int, level: float = LEVEL) -> float:
    """The difference that n paired seeds find in 80 % of cases, in standard deviations of the differences."""
    low, high = 0.0, 1.0
    while power(high, n, level) < POWER:
        low, high = high, 2 * high
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, n, level) < POWER else (low, middle)
    return high


def sd_limits(sd: float, n: int) -> tuple[float, float]:
    """The limits below and above which the true standard deviation lies with 20 % each, of normal differences."""
    from scipy.special import chdtri

    # chdtri(df, p): what chi-squared exceeds with probability p.
    low, high = (sd * ((n - 1) / float(chdtri(n - 1, p))) ** 0.5 for p in (1 - CONFIDENCE, CONFIDENCE))
    return low, high


def seeds_needed(difference: float, sd: float, level: float = LEVEL) -> int | None:
    """How many paired seeds find a true difference in 80 % of cases, at least 3; None if over 1,000 would be needed."""
    if not sd:
        return MIN_PAIRS
    if not difference or power(effect := abs(difference) / sd, MAX_SEEDS, level) < POWER:
        return None
    low, high = MIN_PAIRS - 1, MIN_PAIRS  # `low` is too few.
    while power(effect, high, level) < POWER:
        low, high = high, min(2 * high, MAX_SEEDS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(effect, middle, level) >= POWER else (middle, high)
    return high


def seeds_range(difference: float, sd: float, n: int, level: float = LEVEL) -> tuple[int | None, int | None]:
    """How many seeds a difference needs, by the lower and the upper limit of an sd that n seeds have estimated."""
    low, high = sd_limits(sd, n)
    return seeds_needed(difference, low, level), seeds_needed(difference, high, level)
