"""What results on the same test examples allow to say: of new examples of the same kind, or of two trained models."""

import math
from typing import TYPE_CHECKING

from dlexp.statistics.paired import LEVEL, t_quantile

if TYPE_CHECKING:
    import numpy as np


def half_on_new_examples(x: "np.ndarray", level: float = LEVEL, least_sd: float = 0.0) -> float:
    """Half the width of the interval of the mean difference over seeds and test examples, both drawn again.

    Two-way random effects: Var(mean) = V_seeds + V_examples - V_rest, and never below either part alone; degrees of
    freedom by Satterthwaite (1946). Never narrower than the interval over the seeds alone.

    Args:
        x: The score of one experiment minus that of the other, `(seeds, examples)`, at least 2 of both.
        level: As of `paired`, as is `least_sd`.
    """
    n, m = x.shape
    by_seed, by_example, mean = x.mean(axis=1), x.mean(axis=0), x.mean()
    of_seeds: float = max(float(by_seed.var(ddof=1)), least_sd**2) / n
    of_examples = float(by_example.var(ddof=1)) / m
    residuals = x - by_seed[:, None] - by_example + mean
    of_rest = float((residuals**2).sum()) / ((n - 1) * (m - 1)) / (n * m)
    total = max(of_seeds + of_examples - of_rest, of_seeds, of_examples)
    over_seeds: float = t_quantile(1 - level / 2, n - 1) * of_seeds**0.5
    if not total:
        return over_seeds
    df = max(total**2 / (of_seeds**2 / (n - 1) + of_examples**2 / (m - 1)), n - 1)
    return max(over_seeds, float(t_quantile(1 - level / 2, df) * total**0.5))


def mcnemar(only_a: int, only_b: int) -> float:
    """The exact two-sided p-value of McNemar (1947) that two trained models are equally good.

    Args:
        only_a: The examples that the first model alone gets right.
        only_b: Those that the second one alone gets right.
    """
    n, fewer = only_a + only_b, min(only_a, only_b)
    # Twice the binomial tail P(X <= fewer | n, 1/2), in logarithms: 2^n overflows for a thousand examples.
    terms = [math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) for i in range(fewer + 1)]
    return min(1.0, 2 * sum(math.exp(term - n * math.log(2)) for term in terms))
