"""The base of all generators: sizes, seed, digest, stand-in."""

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from dlexp.components import memory
from dlexp.components.data import Data, Split
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.resamples import Fresh
from dlexp.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

N_STAND_IN = (200, 50)
#: Weights of the truth are drawn from a seed of their own: another `seed` is another sample of the same law.
TRUTH_SEED = 0
TEST_STREAM = 1


class Generator(Dataset):
    """Examples drawn from a law that is the same for all seeds."""

    has_known_law: ClassVar[bool] = True
    n_train: Annotated[int, Field(ge=1)] = 4000
    """Training examples, those that validate included."""
    n_test: Annotated[int, Field(ge=1)] = 2000
    """Test examples."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the examples; no part of the run's own seed, so that all seeds have the same data."""

    def draw(
        self, rng: "np.random.Generator", n: int
    ) -> "tuple[np.ndarray[Any, Any] | csr_array, np.ndarray[Any, Any]]":
        """Inputs and targets of `n` examples."""
        raise NotImplementedError

    def load(self, data_dir: Path | None) -> Data:
        """Training and test examples."""
        train, test = self.splits()
        return Data(train, test, drawn={"train": train.digest, "test": test.digest})

    def splits(self) -> tuple[Split, Split]:
        """Training and test examples as they are drawn, before any encoding.

        Raises:
            UserError: They need more memory than there is.

        Each from a stream of their own; fresh training sets have streams 2, 3, ...
        """
        stream = 2 + self.resample.index if isinstance(self.resample, Fresh) else 0
        return self._drawn(stream, self.n_train), self.test_split()

    def test_split(self) -> Split:
        """The test examples alone, as they are drawn."""
        return self._drawn(TEST_STREAM, self.n_test)

    def _drawn(self, stream: int, n: int) -> Split:
        import numpy as np

        field = "n_test" if stream == TEST_STREAM else "n_train"
        memory.require(n * self.bytes_per_example, f"dataset.{field}: {n:,} examples", UserError)
        return Split(*self.draw(np.random.default_rng([self.seed, stream]), n))

    @property
    def bytes_per_example(self) -> int:
        """What drawing one takes: some numbers in float64 for each that the model takes, and for each class."""
        info = self.info()
        return 32 * (math.prod(info.shape) + (info.n_classes or 1))

    def digest(self, data_dir: Path | None) -> str:
        """Of the numbers themselves, as they are drawn: what another numpy draws differently is other data."""
        sha256 = hashlib.sha256()
        for split in self.splits():
            for array in split.arrays:
                sha256.update(array.tobytes())
        return sha256.hexdigest()

    def stand_in(self) -> Data:
        """The same law, a few examples of it."""
        n_train, n_test = N_STAND_IN
        return self.model_copy(update={"n_train": n_train, "n_test": n_test}).load(None)
