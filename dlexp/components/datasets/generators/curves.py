"""Classes that lie along curves in the plane, with Gaussian noise around them."""

from collections.abc import Callable
from dataclasses import dataclass

from dlexp.components.data import Array, Rng, Split
from dlexp.components.datasets.generators import best_scores

#: The density of a class is a mean over points on its curve, so many to a deviation of the noise: right to 1e-4.
POINTS_PER_NOISE = 16
#: How many distances, from examples to points of a curve, are held in memory at once.
MAX_DISTANCES = 2**20


@dataclass(frozen=True)
class Curves:
    """Points on curves, a class each and all as frequent, plus Gaussian noise in both directions."""

    n: int
    """How many curves there are."""
    curve: Callable[[int, Array], Array]
    """Points `(n, 2)` on curve `k`, at positions `(n,)` from 0 to 1; examples are uniform in the position."""
    speed: float
    """The length of curve that a step of 1 in its position covers, at most."""
    noise: float
    """Standard deviation of the noise in each direction."""

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """float32 points, int32 classes."""
        import numpy as np

        y = rng.integers(self.n, size=n).astype(np.int32)
        position = rng.random(n)
        on_curves = np.stack([self.curve(k, position) for k in range(self.n)])  # (curves, n, 2)
        x = on_curves[y, np.arange(n)] + self.noise * rng.standard_normal((n, 2))
        return x.astype(np.float32), y

    def log_probabilities(self, x: Array) -> Array:
        """Logarithms of the true probabilities of the classes given the points, `(n, classes)`.

        The density of a class is that of the noise, averaged over the curve: the midpoint rule.
        """
        import numpy as np
        from scipy.spatial.distance import cdist
        from scipy.special import log_softmax, logsumexp

        n_points = int(np.ceil(POINTS_PER_NOISE * self.speed / self.noise))
        positions = (np.arange(n_points) + 0.5) / n_points

        def log_density(chunk: Array, k: int) -> Array:
            """Without what all classes share, the constant of the noise's density."""
            squared_distances = cdist(chunk, self.curve(k, positions), "sqeuclidean")  # (chunk, points)
            density: Array = logsumexp(-squared_distances / (2 * self.noise**2), axis=1)
            return density

        n_examples = max(1, MAX_DISTANCES // n_points)
        chunks = np.split(x.astype(np.float64), range(n_examples, len(x), n_examples))
        densities = [[log_density(chunk, k) for k in range(self.n)] for chunk in chunks]
        log_p: Array = log_softmax(np.concatenate(densities, axis=1).T, axis=1)
        return log_p

    def best_scores(self, test: Split) -> dict[str, float]:
        """What the true probabilities score on examples."""
        return best_scores.of_classes(test.y, self.log_probabilities(test.x))
