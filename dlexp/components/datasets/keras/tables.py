"""Tables of numbers that `keras.datasets` downloads."""

from pathlib import Path
from typing import Any, Literal

from dlexp.components.data import Data, Info, Split
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.datasets.reading import files
from dlexp.errors import DataError

SHUFFLE_SEED = 113  # Keras's
N_TRAIN, N_TEST = 16_512, 4_128


class CaliforniaHousing(Dataset):
    """20,640 districts of California in 8 features; the target is the median house value in dollars (1990)."""

    type: Literal["california_housing"] = "california_housing"
    standardize: bool = True
    """Whether the model first gives each feature mean 0 and variance 1, fitted on the training split."""

    def info(self) -> Info:
        """Keras's large version, of which it keeps a fifth for the test."""
        counts: dict[str, Any] = {"n_train": N_TRAIN, "n_test": N_TEST}
        return Info(task="regression", inputs="numeric", shape=(8,), standardize=self.standardize, **counts)

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The archive as it lies there."""
        return [files.find(f"{self.type}.npz", data_dir)]

    def load(self, data_dir: Path | None) -> Data:
        """The same districts in the same order as `keras.datasets` gives."""
        import numpy as np

        from dlexp.components.datasets.reading import npz

        (path,), info = self.paths(data_dir), self.info()
        x, y = npz.read(path, ("x", "y")).values()
        n = N_TRAIN + N_TEST
        if x.shape != (n, *info.shape) or y.shape != (n,) or not {x.dtype.kind, y.dtype.kind} <= set("fiu"):
            raise DataError(
                f"{path}: expected numbers of shape {(n, *info.shape)} and {(n,)}, "
                f"found {x.dtype} of shape {x.shape} and {y.dtype} of shape {y.shape}"
            )
        whole = Split(x.astype(np.float32), y.astype(np.float64))
        order = np.random.RandomState(SHUFFLE_SEED).permutation(n)
        return Data(whole.take(order[:N_TRAIN]), whole.take(order[N_TRAIN:]))

    def stand_in(self) -> Data:
        """Made-up numbers with a linear target."""
        from dlexp.components.datasets import generated

        return generated.numbers(*self.info().shape)
