"""Quantiles of a number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dlexp.components.component import Context, MakesLoss, Misfit
from dlexp.components.data import Array, Info, Tensor
from dlexp.components.heads import links, numbers
from dlexp.components.heads.head import Output, PredictiveDistribution, Training


class Quantiles(numbers.NumberHead):
    """Quantiles of a number by the pinball loss; they never cross."""

    # Koenker & Bassett (1978), Regression quantiles, Econometrica 46(1).
    type: Literal["quantiles"] = "quantiles"
    standardize_target: numbers.StandardizeTarget = True
    quantiles: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=2), MakesLoss()] = [0.1, 0.5, 0.9]
    """The levels in rising order. Metrics are those of the level next to 0.5."""
    loss: Literal["pinball"] = "pinball"
    """Mean over the levels, in units of the standardized target. It has no density: `nll` and `coverage_90` are those
    of the distribution that is even between the quantiles and falls off exponentially beyond the outer ones."""

    def units_for(self, info: Info) -> int:
        """One a level."""
        return len(self.quantiles)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Levels out of order."""
        yield from super().problems(context)
        if any(low >= high for low, high in zip(self.quantiles, self.quantiles[1:], strict=False)):
            yield Misfit("quantiles", f"expected levels in rising order, given {self.quantiles}")

    @property
    def predicts_median(self) -> bool:
        """Yes, or the quantile next to it."""
        return True

    def build(self, features: Tensor, y: Array) -> Output:
        """The lowest quantile, and the step from each to the next."""
        from keras import ops

        units = numbers.Units.of(y, self.standardize_target)
        n_steps = len(self.quantiles) - 1

        def quantiles(logits: Any) -> Any:
            """In units of the standardized target, `(batch, levels)`."""
            steps = ops.cumsum(links.scale(logits[:, 1:]), axis=-1)
            lowest = logits[:, :1] - n_steps / 2  # The middle is 0 to start with.
            return ops.concatenate([lowest, lowest + steps], axis=-1)

        def losses(y: Any, logits: Any) -> Any:
            t = units.learned(y, logits.dtype)
            level = ops.convert_to_tensor(self.quantiles, logits.dtype)
            error = t[:, None] - quantiles(logits)
            # rho(e) = max(level e, (level - 1) e)
            return ops.mean(ops.maximum(level * error, (level - 1) * error), axis=-1)

        logits = self.dense(features)
        return Output(logits=logits, prediction=units.own(quantiles(logits)), losses=losses, fitted=units.fitted)

    def judged(self, prediction: Array) -> Array:
        """The median, or the quantile next to it."""
        return prediction[:, self._middle : self._middle + 1]

    @property
    def _middle(self) -> int:
        return min(range(len(self.quantiles)), key=lambda i: abs(self.quantiles[i] - 0.5))

    def distribution(self, prediction: Array, train: Training) -> PredictiveDistribution:
        """Even between the quantiles, exponential beyond them."""
        import numpy as np

        return numbers.NumberDistribution(
            prediction=prediction,
            density=ThroughQuantiles(np.array(self.quantiles), prediction.astype(np.float64)),
            names=tuple(f"quantile_{level:g}" for level in self.quantiles),
            judged=self._middle,
        )


@dataclass(frozen=True)
class ThroughQuantiles:
    """The distribution with these quantiles: even between them, with a continuous exponential tail on either side."""

    levels: Array
    """`(k,)`, rising."""
    values: Array
    """`(n, k)`, rising."""

    @property
    def _densities(self) -> Array:
        """Between each two quantiles, `(n, k - 1)`."""
        import numpy as np

        gaps = np.maximum(np.diff(self.values), np.finfo(np.float32).tiny)  # equal after rounding
        return cast(Array, np.diff(self.levels) / gaps)

    def logpdf(self, y: Array) -> Array:
        """The even density of the targets' gaps, `(n,)`; beyond, d exp(-d distance / mass of the tail)."""
        import numpy as np

        densities, low, high = self._densities, self.values[:, 0], self.values[:, -1]
        gap = np.clip((y[:, None] > self.values).sum(axis=1) - 1, 0, len(self.levels) - 2)
        below = np.maximum(low - y, 0) * densities[:, 0] / self.levels[0]
        above = np.maximum(y - high, 0) * densities[:, -1] / (1 - self.levels[-1])
        return cast(Array, np.log(densities[np.arange(len(y)), gap]) - below - above)

    def ppf(self, share: float) -> Array:
        """The quantile at any level, `(n,)`."""
        import numpy as np

        densities, low, high = self._densities, self.levels[0], self.levels[-1]
        if share < low:
            return cast(Array, self.values[:, 0] + np.log(share / low) * low / densities[:, 0])
        if share > high:
            return cast(Array, self.values[:, -1] - np.log((1 - share) / (1 - high)) * (1 - high) / densities[:, -1])
        gap = min(int((share > self.levels).sum() - 1), len(self.levels) - 2) if share > low else 0
        return cast(Array, self.values[:, gap] + (share - self.levels[gap]) / densities[:, gap])
