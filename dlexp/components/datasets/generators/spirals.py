"""Spirals with known noise."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlexp.components.datasets.generators.curves import Curves

if TYPE_CHECKING:
    import numpy as np


class Spirals(Curves):
    """Arms of a spiral, a class each, plus Gaussian noise: the best possible score is known."""

    type: Literal["spirals"] = "spirals"
    arms: Annotated[int, Field(ge=2, le=20)] = 3
    """How many arms, and so classes, there are."""
    turns: Annotated[float, Field(gt=0, le=10)] = 1.0
    """How often each arm winds around the centre, on its way from there to a distance of 1."""
    noise: Annotated[float, Field(ge=0.01)] = 0.05
    """Standard deviation of the noise in each direction; neighbouring arms are 1 / (turns arms) apart."""

    @property
    def n_curves(self) -> int:
        """The arms."""
        return self.arms

    @property
    def speed(self) -> float:
        """At the outer end: the distance grows by 1 while the angle grows by that of all turns."""
        return math.hypot(1, 2 * math.pi * self.turns)

    def curve(self, k: int, position: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Archimedes' spiral: the distance from the centre is the position, and grows with the angle."""
        import numpy as np

        angle = 2 * np.pi * (self.turns * position + k / self.arms)
        return np.stack((position * np.cos(angle), position * np.sin(angle)), axis=1)
