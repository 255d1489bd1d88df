"""The base of all data sets: what is known without loading, and what loading gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dlexp.components.component import Component

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

Task = Literal["binary", "multiclass", "regression"]
SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class Info:
    """What a data set looks like after encoding; known without reading any data."""

    task: Task
    n_train: int
    n_test: int
    inputs: Literal["numeric", "sparse", "word_ids"]
    """Dense float32 features; sparse float32 rows over a vocabulary; int32 word indices, 0 for padding."""
    shape: tuple[int, ...]
    """Shape of one example as the model takes it."""
    vocabulary: int | None = None
    """Number of word indices, of text alone."""
    n_classes: int | None = None
    """Number of classes; none for regression."""
    standardize: bool = False
    """Whether the model starts with a layer that standardizes, fitted on the training split."""

    @property
    def described_task(self) -> str:
        """The task in words, for messages: `multiclass with 46 classes`."""
        return f"{self.task} with {self.n_classes} classes" if self.task == "multiclass" else self.task


@dataclass(frozen=True)
class Split:
    """Examples and their targets.

    `x` is float32 `(n, features)`, a float32 CSR array `(n, vocabulary)`, or int32 `(n, maxlen)`;
    `y` is int32 classes or float32 values, `(n,)`.
    """

    x: "np.ndarray[Any, Any] | csr_array"
    y: "np.ndarray[Any, Any]"

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: "np.ndarray[Any, Any]") -> "Split":
        """The examples at these positions, in their order."""
        return Split(self.x[positions], self.y[positions])


@dataclass(frozen=True)
class Data:
    """A loaded data set: the training data, of which validation takes its share, and the test split."""

    train: Split
    test: Split


class Dataset(Component):
    """A data set with a fixed training and test split."""

    kind: ClassVar[str] = "datasets"
    class_names: ClassVar[tuple[str, ...]] = ()
    """The name of each class, in the order of their numbers, where they have names."""
    feature_names: ClassVar[tuple[str, ...]] = ()
    """The name of each feature, where they have names."""

    def info(self) -> Info:
        """What the data looks like; reads nothing."""
        raise NotImplementedError

    def digest(self, data_dir: Path | None) -> str:
        """SHA-256 (hex) of the files the examples come from.

        Raises:
            DataError: The files are not there and cannot be downloaded.
        """
        raise NotImplementedError

    def load(self, data_dir: Path | None) -> Data:
        """Read and encode the examples.

        Raises:
            DataError: The files are not there, cannot be downloaded, or are not what they should be.
        """
        raise NotImplementedError

    def stand_in(self) -> Data:
        """A small generated data set with the same schema and a planted signal, always the same."""
        raise NotImplementedError

    def examples(self, data_dir: Path | None, split: SplitName, positions: Sequence[int]) -> list[str]:
        """Examples as text for the eye, in one line each: what stands at these positions of a loaded split.

        Raises:
            DataError: As `load`.
        """
        data = self.load(data_dir)
        part = data.train if split == "train" else data.test
        return [shown(part.x[position], self.feature_names) for position in positions]

    def problems(self) -> list[tuple[str, str]]:
        """Settings that cannot work together, as (field, what is wrong)."""
        return []


MAX_SHOWN = 8


def shown(features: "np.ndarray[Any, Any]", names: Sequence[str] = ()) -> str:
    """The first features of an example in one line, with their names; of many, what they are on the whole."""
    named = zip(names, features, strict=False) if names else (("", value) for value in features)
    text = ", ".join(f"{name} {value:.4g}".strip() for name, value in list(named)[:MAX_SHOWN])
    if len(features) <= MAX_SHOWN:
        return text
    return f"{text}, ... ({len(features)} in all, from {features.min():.4g} to {features.max():.4g}, mean {features.mean():.4g})"
