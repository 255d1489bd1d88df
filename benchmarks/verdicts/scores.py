"""How the scores of equal experiments may be distributed over seeds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Given a generator, the number of tables, of experiments and of seeds: scores `(tables, experiments, seeds)`.
Draw = Callable[[np.random.Generator, tuple[int, int, int]], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How the scores of equal experiments are distributed."""

    draw: Draw
    least_sd: float = 0.0
    is_bounded: bool = True
    """Whether the rule is to hold its level on them."""


def _beside_seeds(noise: Draw) -> Draw:
    """Scores that share half of their variance by the seed."""
    return lambda rng, shape: rng.normal(size=(shape[0], 1, shape[2])) + noise(rng, shape)


def _accuracy(p: float, examples: int) -> Scores:
    def draw(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
        return rng.binomial(examples, p, shape) / examples

    # Of two scores on one grid, each rounded by a variance of step^2 / 12.
    return Scores(draw=draw, least_sd=1 / examples / 6**0.5)


def _skewed(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Differences to the first experiment that are exponential around 0."""
    scores = np.tile(rng.normal(size=(shape[0], 1, shape[2])), (1, shape[1], 1))
    scores[:, 1:] += rng.exponential(size=(shape[0], shape[1] - 1, shape[2])) - 1
    return scores


def _of_unequal_shape(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """The first experiment normal, the others with a long tail of bad scores; all of mean 0 and variance 1."""
    scores = 1 - rng.exponential(size=shape)
    scores[:, 0] = rng.normal(size=(shape[0], shape[2]))
    return scores


SCORES = {
    "normal": Scores(draw=_beside_seeds(lambda rng, shape: rng.normal(size=shape))),
    "heavy tails (t, 3 df)": Scores(draw=_beside_seeds(lambda rng, shape: rng.standard_t(3, size=shape))),
    "accuracy .99 of 200": _accuracy(0.99, 200),
    "accuracy .9 of 2,000": _accuracy(0.9, 2000),
    "exponential differences": Scores(draw=_skewed, is_bounded=False),
    "arms of unequal shape": Scores(draw=_of_unequal_shape, is_bounded=False),
}
#: Those whose differences are symmetric.
SYMMETRIC = tuple(name for name, each in SCORES.items() if each.is_bounded)
