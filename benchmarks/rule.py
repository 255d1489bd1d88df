"""The rule of a verdict for many comparisons at once, and whether it is the one that dlexp applies to each."""

from collections.abc import Callable

import numpy as np

from dlexp.components.columns import Column
from dlexp.reports.comparison.verdicts import difference
from dlexp.statistics.examples import half_on_new_examples
from dlexp.statistics.paired import LEVEL, t_quantile

#: Given differences `(..., seeds)`, a level and the least standard deviation: which comparisons have a verdict.
Rule = Callable[[np.ndarray, float, float], np.ndarray]

#: How many comparisons of a cell are also made as `dlexp compare` makes them.
CHECKED = 1000
#: A column on which one way is better, and which lies on no grid of its own.
_COLUMN = Column.parse("val_loss")


def has_verdict(differences: np.ndarray, level: float = LEVEL, least_sd: float = 0.0) -> np.ndarray:
    """Whether the interval of each mean difference excludes 0."""
    n = differences.shape[-1]
    sd = np.maximum(differences.std(axis=-1, ddof=1), least_sd)
    half: np.ndarray = t_quantile(1 - level / 2, n - 1) * sd / n**0.5
    excludes: np.ndarray = (sd > 0) & (np.abs(differences.mean(axis=-1)) > half)
    return excludes


def require_dlexps(
    rule: Rule, first: np.ndarray, other: np.ndarray, rng: np.random.Generator, level: float, least_sd: float
) -> None:
    """Compare a rule with dlexp's own verdicts on random ones of these pairs of scores, `(pairs, seeds)` each.

    Raises:
        AssertionError: They differ.
    """
    drawn = rng.permutation(len(first))[:CHECKED]
    first, other = first[drawn], other[drawn]
    own = [
        found is not None and found.verdict in ("better", "worse")
        for a, b in zip(first.tolist(), other.tolist(), strict=True)
        for found in [difference(dict(enumerate(a)), dict(enumerate(b)), _COLUMN, level=level, least_sd=least_sd)]
    ]
    if differing := int((rule(other - first, level, least_sd) != own).sum()):
        raise AssertionError(f"{differing} of {len(own)} verdicts are not those of dlexp")


def halves_on_new_examples(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half the widths of the intervals over seeds alone and over seeds and examples, of `(cases, seeds, examples)`.

    Raises:
        AssertionError: The second is not that of dlexp for one of the first thousand.
    """
    _, n, m = x.shape
    by_seed, by_example, mean = x.mean(axis=2), x.mean(axis=1), x.mean(axis=(1, 2))
    of_seeds, of_examples = by_seed.var(axis=1, ddof=1) / n, by_example.var(axis=1, ddof=1) / m
    residuals = x - by_seed[:, :, None] - by_example[:, None, :] + mean[:, None, None]
    of_rest = (residuals**2).sum(axis=(1, 2)) / ((n - 1) * (m - 1)) / (n * m)
    total = np.maximum(np.maximum(of_seeds + of_examples - of_rest, of_seeds), of_examples)
    df = np.maximum(total**2 / (of_seeds**2 / (n - 1) + of_examples**2 / (m - 1)), n - 1)
    over_seeds: np.ndarray = t_quantile(1 - LEVEL / 2, n - 1) * of_seeds**0.5
    from scipy.special import stdtrit

    halves = np.maximum(over_seeds, stdtrit(df, 1 - LEVEL / 2) * total**0.5)
    own = [half_on_new_examples(each) for each in x[:CHECKED]]
    np.testing.assert_allclose(halves[:CHECKED], own, rtol=1e-9, err_msg="not the interval of dlexp")
    return over_seeds, halves
