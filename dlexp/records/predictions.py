"""What a run on a resampled training set predicts of the test split: the only record that is not text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from dlexp import regular_files
from dlexp.records.record_files import damaged
from dlexp.whole_files import Fence, replacing

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
            DamagedRecord: The file is missing, cannot be read, or holds something else.
        """
        try:
            with regular_files.opened(path) as file, np.load(file, allow_pickle=False) as arrays:
                found = cls(**arrays)
        # A damaged archive raises nearly anything; other arrays than these are a TypeError.
        except Exception as error:
            raise damaged(path, error) from error
        if wrong := found._problem():
            raise damaged(path, wrong)
        return found

    def _problem(self) -> str:
        """What these arrays cannot be; empty where they fit together."""
        y, predicted, expected = self.y, self.predicted, self.expected
        arrays = [each for each in vars(self).values() if each is not None]
        # What does not begin as an array is read as plain bytes.
        if not all(isinstance(each, np.ndarray) for each in arrays):
            return "a member that is no array"
        n = len(predicted) if predicted.ndim == 2 else 0
        if not n or y.shape not in ((n,), predicted.shape) or (expected is not None and expected.shape != (n,)):
            return "arrays of shapes that do not fit together"
        if y.dtype.kind not in "fiu" or any(each.dtype.kind != "f" for each in arrays if each is not y):
            return "arrays of other types than numbers"
        if not all(np.isfinite(each).all() for each in arrays):
            return "numbers that are missing or infinite"
        # One column is the probability of the class 1 of two.
        n_classes = 2 if y.ndim == 2 else max(2, predicted.shape[1])
        if y.dtype.kind != "f" and not 0 <= y.min() <= y.max() < n_classes:
            return f"classes beyond the {n_classes} that are predicted"
        return ""
