"""Samples of a known distribution: their sizes, seed, digest and stand-in."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dlexp.components import memory
from dlexp.components.component import Settings
from dlexp.components.data import Array, Data, Info, Inputs, Rng, Split, SplitName, Task
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.training_sets import Fresh, TrainingSet
from dlexp.errors import UserError

Drawn = tuple[Inputs, Array]

N_STAND_IN = {"n_train": 200, "n_test": 50}
#: Weights of the truth are drawn from a seed of their own: another `seed` is another sample of the same distribution.
TRUTH_SEED = 0
#: The test examples are drawn from this stream of the seed; training examples from 0, fresh ones from 2, 3, ...
TEST_STREAM = 1


class SampleKeys(Settings):
    """The keys of every data set that is a sample of a known distribution."""

    n_train: Annotated[int, Field(ge=1)] = 4000
    """Training examples, those that validate included."""
    n_test: Annotated[int, Field(ge=1)] = 2000
    """Test examples."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the examples; not part of the run's own seed, so that all seeds have the same data."""


@dataclass(frozen=True)
class Draws:
    """Examples before any encoding, each split drawn from a stream of its own; UserError if memory is too small."""

    keys: SampleKeys
    training_set: TrainingSet | None
    draw: Callable[[Rng, int], Drawn]
    """Inputs and targets of so many examples."""
    bytes_per_example: int
    """What drawing one takes."""

    @property
    def train(self) -> Split:
        """The training examples."""
        stream = 2 + self.training_set.index if isinstance(self.training_set, Fresh) else 0
        return self._drawn(stream, "n_train", self.keys.n_train)

    @property
    def test(self) -> Split:
        """The test examples."""
        return self._drawn(TEST_STREAM, "n_test", self.keys.n_test)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the numbers themselves: what another numpy draws differently is other data."""
        sha256 = hashlib.sha256()
        for split in (self.train, self.test):
            for array in split.arrays:
                sha256.update(array.tobytes())
        return sha256.hexdigest()

    def _drawn(self, stream: int, field: str, n: int) -> Split:
        import numpy as np

        memory.require(n * self.bytes_per_example, f"dataset.{field}: {n:,} examples", UserError)
        return Split(*self.draw(np.random.default_rng([self.keys.seed, stream]), n))


def digests(train: Split, test: Split) -> dict[SplitName, str]:
    """What `Data.drawn` says of drawn examples."""
    return {"train": train.digest, "test": test.digest}


class Generator(SampleKeys, Dataset):
    """Examples drawn from a distribution that is the same for all seeds."""

    has_known_distribution = True

    def draw(self, rng: Rng, n: int) -> Drawn:
        """Inputs and targets of `n` examples."""
        raise NotImplementedError

    def numbers(self, task: Task, n_features: int, n_classes: int | None = None, **more: Any) -> Info:
        """An `Info` of so many features; `more` is what is not as usual."""
        usual = {"inputs": "numeric", "n_train": self.n_train, "n_test": self.n_test}
        return Info(task=task, shape=(n_features,), n_classes=n_classes, **{**usual, **more})

    @property
    def draws(self) -> Draws:
        """The examples; drawing one takes some numbers in float64 for each that the model takes, and for each class."""
        info = self.info()
        return Draws(self, self.resample, self.draw, 32 * (math.prod(info.shape) + (info.n_classes or 1)))

    def load(self, data_dir: Path | None) -> Data:
        """Training and test examples."""
        train, test = self.draws.train, self.draws.test
        splits = (Split(each.x, each.y.astype(self.info().y_dtype)) for each in (train, test))
        return Data(*splits, drawn=digests(train, test))

    def digest(self, data_dir: Path | None) -> str:
        """Of the examples themselves."""
        return self.draws.digest

    def stand_in(self) -> Data:
        """A few examples of the same distribution."""
        return self.model_copy(update=N_STAND_IN).load(None)
