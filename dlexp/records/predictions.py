"""How a run predicts the test examples, one by one: the only record that is not text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from dlexp import regular_files
from dlexp.components.metrics import decided
from dlexp.errors import UserError
from dlexp.records.record_files import damaged
from dlexp.records.run_dir import RunDir
from dlexp.whole_files import Fence, replacing

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Results:
    """How one target of the test examples is predicted: of all, or of a sample of them."""

    position: Array
    """Of each example in the test split, `(k,)`, rising. An example without a finite prediction is left out."""
    result: Array
    """`(k,)`: of classes whether the prediction is right, of numbers the prediction minus the target (float64); of
    multilabel data whether each label is, `(k, labels)`."""

    @classmethod
    def of(cls, y: Array, judged: Array, position: Array) -> Self:
        """Of the examples at these positions, from targets and what metrics are computed from, both `(n, ...)`."""
        y, judged = y[position], judged[position]
        return cls(position, judged[:, 0].astype(np.float64) - y if y.dtype.kind == "f" else decided(y, judged) == y)

    def problem(self) -> str:
        """What these arrays cannot be; empty where they fit together."""
        position, result = self.position, self.result
        n_axes = (1, 2) if result.dtype.kind == "b" else (1,)
        if position.ndim != 1 or result.ndim not in n_axes or len(result) != len(position):
            return "arrays of shapes that do not fit together"
        if position.dtype.kind not in "iu" or result.dtype.kind not in "bf":
            return "arrays of other types than numbers"
        if (position[:1] < 0).any() or (position[1:] <= position[:-1]).any():
            return "positions that do not rise from 0 on"
        return "" if np.isfinite(result).all() else "numbers that are missing or infinite"


@dataclass(frozen=True)
class Resampled:
    """The whole test split as a model sees it that was trained on a resampled training set."""

    y: Array
    """Targets, `(n,)`, or `(n, classes)` of multilabel data: whole numbers for classes, else floats."""
    predicted: Array
    """What metrics are computed from, `(n, columns)`: probabilities, or the one number that is predicted, `(n, 1)`."""
    expected: Array | None = None
    """The mean of the target given the inputs, `(n,)`, where the truth is known."""

    def problem(self) -> str:
        """What these arrays cannot be; empty where they fit together."""
        y, predicted, expected = self.y, self.predicted, self.expected
        arrays = [each for each in vars(self).values() if each is not None]
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


@dataclass(frozen=True)
class Predictions:
    """What predictions.npz holds."""

    results: Mapping[str, Results] = field(default_factory=dict)
    """By target; the only target has no name."""
    resampled: Resampled | None = None
    """None of a run on the whole training set."""

    def write(self, path: Path, fence: Fence | None = None) -> None:
        """Write them as arrays of a `.npz`; `fence` as for `replacing`."""
        arrays: dict[str, Any] = {}
        for name, of_one in self.results.items():
            arrays |= {_key(key, name): array for key, array in vars(of_one).items()}
        if self.resampled:
            arrays |= {key: array for key, array in vars(self.resampled).items() if array is not None}
        with replacing(path, fence) as beside:
            np.savez(beside, **arrays)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote; of the files of 0.1.0, which hold `y` and `predicted` alone, the results too.

        Raises:
            UserError: The test split of the run is sealed.
            DamagedRecord: The file is missing, cannot be read, or holds something else.
        """
        if seal := RunDir(path.parent).seal():
            raise UserError(f"{path}: the test split is {seal.said}")
        try:
            with regular_files.opened(path) as file, np.load(file, allow_pickle=False) as archive:
                found = cls._of(dict(archive.items()))
        # A damaged archive raises nearly anything; other arrays than these are a TypeError.
        except Exception as error:
            raise damaged(path, error) from error
        parts: list[Results | Resampled] = [*found.results.values(), *([found.resampled] if found.resampled else [])]
        if wrong := next(filter(None, (part.problem() for part in parts)), ""):
            raise damaged(path, wrong)
        if not found.results and (of_all := found.resampled):
            return cls({"": Results.of(of_all.y, of_all.predicted, np.arange(len(of_all.y)))}, of_all)
        return found

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> Self:
        # What does not begin as an array is read as plain bytes.
        if not arrays or not all(isinstance(each, np.ndarray) for each in arrays.values()):
            raise TypeError("a member that is no array" if arrays else "no arrays")
        names = [key.partition(".")[2] for key in arrays if key.partition(".")[0] in ("position", "result")]
        keys = {name: [_key(key, name) for key in ("position", "result")] for name in names}
        if missing := [key for of_one in keys.values() for key in of_one if key not in arrays]:
            raise TypeError(f"no array {missing[0]!r}")
        results = {name: Results(*map(arrays.pop, of_one)) for name, of_one in keys.items()}
        return cls(results, Resampled(**arrays) if arrays else None)


def scores(results: Results, metric: str) -> Array | None:
    """The score of each example whose mean over the whole test split is this metric, `(k,)`; None of another metric."""
    result = results.result
    if result.dtype.kind != "b":
        return {"mse": result**2, "mae": np.abs(result)}.get(metric)
    by_label = result if result.ndim == 2 else result[:, None]
    return {"accuracy": by_label.mean(axis=1), "exact_match": by_label.all(axis=1).astype(float)}.get(metric)


def _key(key: str, target: str) -> str:
    """What an array of one target is called in the file."""
    return f"{key}.{target}" if target else key
