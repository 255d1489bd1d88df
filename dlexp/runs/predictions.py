"""What a run on a resampled training set predicts of the test split: the only record that is not text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from dlexp.runs.run_dir import DamagedRecord
from dlexp.runs.whole_files import Fence, replacing

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Predictions:
    """The test split as one model sees it."""

    y: Array
    """Targets, `(n,)`, or `(n, classes)` of multilabel data: whole numbers for classes, else floats."""
    predicted: Array
    """What metrics are computed from, `(n, columns)`: probabilities, or the one number that is predicted, `(n, 1)`."""
    expected: Array | None = None
    """The mean of the target given the inputs, `(n,)`, where the truth is known."""

    def write(self, path: Path, fence: Fence | None = None) -> None:
        """Write them as arrays of a `.npz`; `fence` as for `replacing`."""
        arrays = {name: array for name, array in vars(self).items() if array is not None}
        with replacing(path, fence) as beside:
            np.savez(beside, **arrays)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            DamagedRecord: The file is missing or cannot be read.
        """
        try:
            with np.load(path) as arrays:
                return cls(**arrays)
        except (OSError, ValueError, TypeError, BadZipFile) as error:  # TypeError: other arrays than these.
            raise DamagedRecord(f"{path}: damaged: {error}") from error
