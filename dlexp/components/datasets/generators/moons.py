"""Two moons with known noise."""

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlexp.components.datasets.generators.curves import Curves

if TYPE_CHECKING:
    import numpy as np


class Moons(Curves):
    """Two half circles that reach into each other, plus Gaussian noise: the best possible score is known."""

    type: Literal["moons"] = "moons"
    class_names: ClassVar[tuple[str, ...]] = ("upper", "lower")
    noise: Annotated[float, Field(ge=0.01)] = 0.3
    """Standard deviation of the noise in each direction."""

    @property
    def n_curves(self) -> int:
        """Two moons."""
        return 2

    @property
    def speed(self) -> float:
        """The length of a half circle."""
        return math.pi

    def curve(self, k: int, position: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """As scikit-learn's `make_moons`: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t from 0 to pi."""
        import numpy as np

        t = np.pi * position
        return np.stack((np.cos(t), np.sin(t)) if k == 0 else (1 - np.cos(t), 0.5 - np.sin(t)), axis=1)
