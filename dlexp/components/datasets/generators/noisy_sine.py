"""A sine with known noise."""

from typing import Annotated, Any, Literal

from pydantic import Field

from dlexp.components.data import Array, Info, Inputs, Rng
from dlexp.components.datasets.generators import best_scores
from dlexp.components.datasets.generators.generator import Generator


class NoisySine(Generator):
    """A sine of one feature plus Gaussian noise: the best possible score is known, noise squared in mse."""

    type: Literal["noisy_sine"] = "noisy_sine"
    feature_names = ("x",)
    noise: Annotated[float, Field(gt=0)] = 0.3
    """Standard deviation of the noise."""

    def info(self) -> Info:
        """A number for each example."""
        return self.numbers("regression", 1, standardize=True)

    def draw(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """Features uniform from 0 to 1, one period of the sine; float32 targets."""
        import numpy as np

        x = rng.random((n, 1), np.float32)
        return x, (self.expected(x) + self.noise * rng.standard_normal(n)).astype(np.float32)

    def expected(self, x: Inputs) -> Array:
        """sin(2 pi x), `(n,)`."""
        import numpy as np

        sine: Array = np.sin(2 * np.pi * np.asarray(x)[:, 0].astype(np.float64))
        return sine

    def best_possible(self) -> dict[str, float]:
        """What the true sine and noise score on the test split: `mse` 0.0905, `nll` 0.2175 by default."""
        from scipy import stats

        test: Any = self.draws.test
        sine = self.expected(test.x)
        return best_scores.of_numbers(test.y, sine, sine, stats.norm.logpdf(test.y, sine, self.noise))
