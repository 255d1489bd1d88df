"""Ratings with known thresholds."""

from typing import Any, Literal

from dlexp.components.data import Array, Info, Rng
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import Generator

WEIGHTS = (2.0, -1.5, 1.0, 0.5)
THRESHOLDS = (-3.0, -1.0, 0.5, 3.0)


class Ratings(Generator):
    """One to five stars by the cumulative logit model of 4 features: the best possible score is known."""

    type: Literal["ratings"] = "ratings"
    class_names = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
    feature_names = ("x1", "x2", "x3", "x4")

    def info(self) -> Info:
        """Five classes in an order."""
        return self.numbers("ordinal", len(WEIGHTS), n_classes=len(THRESHOLDS) + 1)

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """Standard normal features; the class is how many thresholds w x plus logistic noise exceeds."""
        import numpy as np

        x = rng.standard_normal((n, len(WEIGHTS)), np.float32)
        liking = x.astype(np.float64) @ np.array(WEIGHTS) + rng.logistic(size=n)
        return x, np.searchsorted(THRESHOLDS, liking).astype(np.int32)

    def probabilities(self, x: Array) -> Array:
        """The true probabilities of the classes, `(n, 5)`: P(y <= k) = s(threshold k - w x)."""
        import numpy as np
        from scipy.special import expit

        at_most = expit(np.array(THRESHOLDS) - (x.astype(np.float64) @ np.array(WEIGHTS))[:, None])
        return np.diff(at_most, axis=1, prepend=0.0, append=1.0)

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split: `nll` 1.0950, `accuracy` 0.5215 by default."""
        import numpy as np

        test: Any = self.draws.test
        p = self.probabilities(test.x)
        median = (p.cumsum(axis=1) < 0.5).sum(axis=1)
        # Stars off are fewest at the median, not at the most probable class.
        class_mae = float(abs(median - test.y).mean())
        return best_scores.of_classes(test.y, np.log(p)) | {"class_mae": class_mae}
