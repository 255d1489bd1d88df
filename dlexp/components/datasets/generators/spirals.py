"""Spirals with known noise."""

import math
from typing import Annotated, Literal

from pydantic import Field

from dlexp.components.data import Array, Info, Rng
from dlexp.components.datasets.generators.curves import Curves
from dlexp.components.datasets.generators.generator import Generator


class Spirals(Generator):
    """Arms of a spiral, a class each, plus Gaussian noise: the best possible score is known."""

    type: Literal["spirals"] = "spirals"
    feature_names = ("x1", "x2")
    noise: Annotated[float, Field(ge=0.01)] = 0.05
    """Standard deviation of the noise in each direction; neighbouring arms are 1 / (turns arms) apart."""
    arms: Annotated[int, Field(ge=2, le=20)] = 3
    """How many arms, and so classes, there are."""
    turns: Annotated[float, Field(gt=0, le=10)] = 1.0
    """How often each arm winds around the centre, on its way from there to a distance of 1."""

    @property
    def curves(self) -> Curves:
        """The arms; at their outer end the distance grows by 1 while the angle grows by that of all turns."""
        return Curves(self.arms, self._arm, math.hypot(1, 2 * math.pi * self.turns), self.noise)

    def info(self) -> Info:
        """A class for each arm."""
        return self.numbers("binary" if self.arms == 2 else "multiclass", 2, n_classes=self.arms)

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """float32 points, int32 classes."""
        return self.curves.draw(rng, n)

    def best_possible(self) -> dict[str, float]:
        """What the true probabilities score on the test split."""
        return self.curves.best_scores(self.draws.test)

    def _arm(self, k: int, position: Array) -> Array:
        """Archimedes' spiral: the distance from the centre is the position, and grows with the angle."""
        import numpy as np

        angle = 2 * np.pi * (self.turns * position + k / self.arms)
        return np.stack((position * np.cos(angle), position * np.sin(angle)), axis=1)
