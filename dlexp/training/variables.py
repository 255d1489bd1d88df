"""A network's variables: what they begin with for any seed, and how a network takes over those of another.

Keras has no public name for either: this file alone reaches into its variables.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras
import numpy as np

#: What makes the first value of a variable, from its shape and dtype.
Initializer: TypeAlias = Any


@contextmanager
def initializers_noted() -> Iterator[list[tuple[keras.Variable, Initializer]]]:
    """Within, each new variable is noted with what makes its first value."""
    noted: list[tuple[keras.Variable, Initializer]] = []
    initialize = keras.Variable._initialize_with_initializer

    def note(variable: keras.Variable, initializer: Initializer) -> None:
        noted.append((variable, initializer))
        initialize(variable, initializer)

    keras.Variable._initialize_with_initializer = note
    try:
        yield noted
    finally:
        keras.Variable._initialize_with_initializer = initialize


def share(variables: Sequence[keras.Variable], kept: Sequence[keras.Variable]) -> None:
    """Give the kept variables the values of others, which then stand for the same memory: what either gets, both have.

    What was compiled with the kept ones then computes with the others.
    """
    for variable, other in zip(variables, kept, strict=True):
        other.assign(variable.value)
        variable._value = other._value


class Beginnings:
    """What each of some variables begins with, for any seed.

    Keras draws a seed for each initializer and each layer that draws numbers, in their order, from Python's generator.
    Which of them is whose is found out from those of one seed. That a layer draws no other numbers is not known:
    whether `values` are what building gives has to be seen for another seed.
    """

    def __init__(
        self, variables: Sequence[keras.Variable], noted: Sequence[tuple[keras.Variable, Initializer]], seed: int = 0
    ) -> None:
        """`noted`: the initializers of those that have one, which were made for this seed; others keep their value."""
        self.seed = seed
        initializers = {id(variable): initializer for variable, initializer in noted}
        self._made = [(each, initializers.get(id(each)) or _constant(each.numpy())) for each in variables]
        self._n_drawn = 10 * len(noted) + 10  # More than any layer draws.
        self._draw_of = {drawn: i for i, drawn in enumerate(_drawn(seed, self._n_drawn))}

    def values(self, seed: int = 0) -> Iterator[Any]:
        """Those of a seed, in the order of the variables."""
        drawn = _drawn(seed, self._n_drawn)
        for variable, initializer in self._made:
            own_seed = getattr(initializer, "seed", None)
            if own_seed in self._draw_of:
                settings = {**initializer.get_config(), "seed": drawn[self._draw_of[own_seed]]}
                initializer = type(initializer).from_config(settings)
            value = initializer(variable.shape, dtype=variable.dtype)
            if variable.shape == (2,) and int(value[0]) in self._draw_of:  # The state of a generator.
                value = np.array([drawn[self._draw_of[int(value[0])]], 0])
            yield value


def _constant(value: np.ndarray) -> Initializer:
    return lambda shape, dtype: value


def _drawn(seed: int, n: int) -> list[int]:
    """The first seeds that Keras draws for those who have none of their own, after `set_random_seed(seed)`."""
    rng = random.Random(seed)
    return [rng.randint(1, int(1e9)) for _ in range(n)]
