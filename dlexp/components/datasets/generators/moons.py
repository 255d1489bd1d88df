"""Two moons with known noise."""

import math
from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.data import Array, Info, Rng
from dlexp.components.datasets.generators.curves import Curves
from dlexp.components.datasets.generators.generator import Generator


class Moons(Generator):
    """Two half circles that reach into each other, plus Gaussian noise: the best possible score is known."""

    type: Literal["moons"] = "moons"
    class_names = ("upper", "lower")
    feature_names = ("x1", "x2")
    noise: Annotated[float, Field(ge=0.01)] = 0.3
    """Standard deviation of the noise in each direction."""

    @property
    def curves(self) -> Curves:
        """Half circles, of length pi."""
        return Curves(2, _moon, math.pi, self.noise)

    def info(self) -> Info:
        """A class for each moon."""
        return self.numbers("binary", 2, n_classes=2)

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """float32 points, int32 classes."""
        return self.curves.draw(rng, n)

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split."""
        return self.curves.best_scores(self.draws.test)


def _moon(k: int, position: Array) -> Array:
    """As scikit-learn's `make_moons`: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t from 0 to pi."""
    import numpy as np

    t = np.pi * position
    return np.stack((np.cos(t), np.sin(t)) if k == 0 else (1 - np.cos(t), 0.5 - np.sin(t)), axis=1)
