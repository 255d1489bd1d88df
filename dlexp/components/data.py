"""What a data set is: what is known of it before it is loaded, its examples, its splits."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

    from dlexp.components.datasets.pictures import Picture

#: Multilabel: any number of classes an example. Ordinal: classes in an order. Proportion: a number from 0 to 1.
Task = Literal["binary", "multiclass", "multilabel", "ordinal", "regression", "proportion", "count"]
SplitName = Literal["train", "test"]


@dataclass(frozen=True)
class Info:
    """What a data set looks like after encoding.

    It is known without reading any data, but for the user's own: `Dataset.info` then leaves open what only the data can
    say (the counts, the shape `()`, mostly the classes), and `Data.info` is complete.
    """

    task: Task | Literal["several"]
    n_train: int | None
    n_test: int | None
    inputs: Literal["numeric", "sparse", "word_ids"]
    """Dense float32 features; sparse float32 rows over a vocabulary; int32 word indices, 0 for padding."""
    shape: tuple[int, ...]
    """Shape of one example as the model takes it."""
    vocabulary: int | None = None
    """Number of word indices, of text alone."""
    n_classes: int | None = None
    """Number of classes; none where the target is a number."""
    standardize: bool | tuple[bool, ...] = False
    """Whether the model starts with a layer that standardizes, fitted on the training split; or for which features."""
    class_names: tuple[str, ...] = ()
    """As `Dataset.class_names`, where only the data says them."""
    feature_names: tuple[str, ...] = ()
    """As `Dataset.feature_names`, where only the data says them."""
    targets: "Mapping[str, Info]" = field(default_factory=dict)
    """Of several targets, what each one is, in the order of their columns in `Split.y`."""

    @property
    def is_counted(self) -> bool:
        """Whether it is known how many classes there are, if there are any."""
        if self.targets:
            return all(target.is_counted for target in self.targets.values())
        return self.n_classes is not None or self.task not in ("multiclass", "multilabel", "ordinal")

    @property
    def y_dtype(self) -> Literal["int32", "float32"]:
        """Of the targets, of a data set with one: classes are whole numbers."""
        return "float32" if self.n_classes is None else "int32"

    @property
    def y_columns(self) -> "dict[str, int | slice]":
        """Of several targets, the columns of each in `Split.y`: one, or of a multilabel target one a class."""
        columns: dict[str, int | slice] = {}
        start = 0
        for name, target in self.targets.items():
            is_multilabel = target.task == "multilabel"
            width = (target.n_classes or 1) if is_multilabel else 1
            columns[name] = slice(start, start + width) if is_multilabel else start
            start += width
        return columns

    def y_of(self, target: str, y: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """One target's part of `Split.y`, as a data set with that target alone has it; all of it for no name."""
        return y[:, self.y_columns[target]].astype(self.targets[target].y_dtype) if target else y

    @property
    def described_task(self) -> str:
        """The task in words, for messages: `multiclass with 46 classes`."""
        if self.targets:
            each = (f"{name} ({target.described_task})" for name, target in self.targets.items())
            return f"several targets: {', '.join(each)}"
        has_count = self.n_classes and self.task != "binary"
        return f"{self.task} with {self.n_classes} classes" if has_count else self.task


@dataclass(frozen=True)
class Split:
    """Examples and their targets.

    `x` is float32 `(n, features)`, a float32 CSR array `(n, vocabulary)`, or int32 `(n, maxlen)`;
    `y` is int32 classes or float32 values, `(n,)`; of multilabel data int32 `(n, classes)`, 1 where a class is there.
    Of several targets it is float32 `(n, columns)`: a column each, of a multilabel one a column a class.
    """

    x: "np.ndarray[Any, Any] | csr_array"
    y: "np.ndarray[Any, Any]"

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: "np.ndarray[Any, Any]") -> "Split":
        """The examples at these positions, in their order."""
        return Split(self.x[positions], self.y[positions])

    @property
    def arrays(self) -> "tuple[np.ndarray[Any, Any], ...]":
        """What it is made of: those of `x`, however that is stored, then `y`."""
        from scipy.sparse import issparse

        from dlexp.components.datasets.words.sequences import Sequences

        x: Any = self.x
        if isinstance(x, Sequences):  # Texts before they are encoded.
            return x.ids, x.lengths, self.y
        return (x.indptr, x.indices, x.data, self.y) if issparse(x) else (x, self.y)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the arrays, their types and shapes."""
        sha256 = hashlib.sha256()
        for array in self.arrays:
            sha256.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
        return sha256.hexdigest()


@dataclass(frozen=True)
class Data:
    """A loaded data set: the training data, of which validation takes its share, and the test split."""

    train: Split
    test: Split
    info: Info | None = field(default=None, kw_only=True)
    """Of the user's own data, all of what `Dataset.info` left open."""
    decode: "Callable[[Sequence[int]], Sequence[str | Picture]] | None" = field(default=None, kw_only=True)
    """Gives the test examples at these positions for the eye, where the arrays do not say what they were."""
    rows: "Mapping[SplitName, np.ndarray[Any, Any]]" = field(default_factory=dict, kw_only=True)
    """Which rows of the source the examples of a split are, `(n,)`, where settings decide on that."""
    drawn: Mapping[SplitName, str] = field(default_factory=dict, kw_only=True)
    """Of examples that are made, not read: a digest of each split before it was encoded."""
