"""Redrawn training sets: what bias and variance are measured over. The test split stays as it is."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dlexp.components.component import Component, Context, Misfit
from dlexp.components.data import Array

#: How many training sets may be drawn.
Resampling = Literal["fresh", "bootstrap", "subset"]


class TrainingSet(Component):
    """One of many training sets that might have been, by its number.

    It is drawn from the examples that train, after validation has taken its share: no example is on both sides.
    """

    kind: ClassVar[str] = "resamples"
    index: Annotated[int, Field(ge=0)] = 0
    """Which one: another number is another draw."""

    def count(self, n: int) -> int:
        """How many examples are drawn from `n`."""
        return n

    def positions(self, n: int) -> Array:
        """Which of `n` training examples are drawn, in their order."""
        import numpy as np

        return np.arange(n)


class Bootstrap(TrainingSet):
    """As many examples as there are, drawn with replacement (Efron, 1979): about 63 % of them, some more than once."""

    type: Literal["bootstrap"] = "bootstrap"

    def positions(self, n: int) -> Array:
        """`n` positions with repeats."""
        import numpy as np

        return np.sort(np.random.default_rng(self.index).integers(n, size=n))


class Subset(TrainingSet):
    """One of several disjoint parts of the training data: independent of each other, and smaller."""

    type: Literal["subset"] = "subset"
    parts: Annotated[int, Field(ge=1)] = 2
    """In how many parts the training data is cut, at random and always the same."""

    def count(self, n: int) -> int:
        """The parts differ by one example at most; the first ones are larger."""
        return n // self.parts + (self.index < n % self.parts)

    def positions(self, n: int) -> Array:
        """The part's own positions."""
        import numpy as np

        return np.sort(np.array_split(np.random.default_rng(0).permutation(n), self.parts)[self.index])

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A part that does not exist, or would be empty."""
        if self.index >= self.parts:
            yield Misfit(
                "index",
                f"expected 0 to {self.parts - 1}, the number of one of {self.parts} parts, given {self.index}",
            )
        elif context.n_trained is not None and self.parts > context.n_trained:
            yield Misfit("parts", f"{context.n_trained} training examples cannot be cut into {self.parts} parts")


class Fresh(TrainingSet):
    """New examples from the distribution itself, for data sets that are drawn from one."""

    type: Literal["fresh"] = "fresh"  # All examples train: the data set itself draws others.

    def problems(self, context: Context) -> Iterator[Misfit]:
        """A data set of which there are no more examples."""
        if not context.has_known_distribution:
            yield Misfit(
                "type",
                f"{context.dataset} has no known distribution to draw fresh examples from; use bootstrap or subset",
            )
