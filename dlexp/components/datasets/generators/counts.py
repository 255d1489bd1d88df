"""Counts with a known rate."""

from typing import Any, Literal

from dlexp.components.data import Array, Info, Rng
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import Generator

#: log rate = 1 + w x with these weights: rates are 2.7 where x is 0, and 90 % of them between 0.6 and 12.
INTERCEPT = 1.0
WEIGHTS = (0.6, -0.4, 0.3, 0.4, 0.0)


class Counts(Generator):
    """Counts of a Poisson distribution whose log rate is linear in 5 features: the best possible score is known."""

    type: Literal["counts"] = "counts"
    feature_names = ("x1", "x2", "x3", "x4", "x5")

    def info(self) -> Info:
        """A count for each example."""
        return self.numbers("count", len(WEIGHTS))

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """Standard normal features, float32 counts."""
        import numpy as np

        x = rng.standard_normal((n, len(WEIGHTS)), np.float32)
        return x, rng.poisson(self.expected(x)).astype(np.float32)

    def expected(self, x: Any) -> Array:
        """The true rates, `(n,)`: exp(1 + w x)."""
        import numpy as np

        rates: Array = np.exp(INTERCEPT + x.astype(np.float64) @ np.array(WEIGHTS))
        return rates

    def best_possible(self) -> dict[str, float]:
        """What the true rates score on the test split: `nll` 1.8712, `rmse` 2.0210 by default."""
        from scipy import stats

        test: Any = self.draws.test
        truth = stats.poisson(self.expected(test.x))
        return best_scores.of_numbers(test.y, truth.mean(), truth.median(), truth.logpmf(test.y))
