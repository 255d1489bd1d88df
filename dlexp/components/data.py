"""What a data set is: what is known of it before it is loaded, its examples, its splits."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from dlexp.components.pictures import Picture
from dlexp.components.remarks import Remark

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd
    from scipy.sparse import csr_array

#: Of numpy, of any type and shape: without importing it.
Array: TypeAlias = "np.ndarray[Any, Any]"
Rng: TypeAlias = "np.random.Generator"
Frame: TypeAlias = "pd.DataFrame"
#: Of examples: dense, or a sparse row each.
Inputs: TypeAlias = "np.ndarray[Any, Any] | csr_array"
#: Of Keras, before there are any numbers in it.
Tensor: TypeAlias = "keras.KerasTensor"
#: Multilabel: any number of classes per example. Ordinal: classes in an order. Proportion: a number from 0 to 1.
Task = Literal["binary", "multiclass", "multilabel", "ordinal", "regression", "proportion", "count"]
SplitName = Literal["train", "test"]
#: How many training examples are shown.
N_FIRST = 3


@dataclass(frozen=True)
class Span:
    """Between which numbers others lie."""

    low: float
    high: float
    are_whole: bool = False

    def __str__(self) -> str:
        return f"{'whole ' * self.are_whole}numbers from {self.low:.6g} to {self.high:.6g}"

    @property
    def usual(self) -> list[float]:
        """A range as layers of Keras take it: 0 to 1, or 0 to 255, or that of the numbers themselves."""
        ends: list[list[float]] = [[0, 1], [0, 255]]
        fits = (each for each in ends if each[0] <= self.low and each[1] / 10 <= self.high <= each[1])
        return next(fits, [self.low, self.high])


@dataclass(frozen=True, kw_only=True)
class Info:
    """What a data set looks like after encoding.

    It is known without reading any data, except for the user's own: `Dataset.info` then leaves open what only the data
    can say (the counts, the shape `()`, mostly the classes), and `Data.info` is complete.
    """

    task: Task | Literal["several"]
    n_train: int | None
    n_test: int | None
    inputs: Literal["numeric", "sparse", "word_ids"]
    """Dense features; sparse float32 rows over a vocabulary; int32 word indices, 0 for padding."""
    shape: tuple[int, ...]
    """Shape of one example as the model takes it."""
    vocabulary: int | None = None
    """Number of word indices; None if the inputs are no text."""
    n_classes: int | None = None
    """Number of classes; None if the target is a number."""
    standardize: bool | tuple[bool, ...] = False
    """Whether the model starts with a layer that standardizes, fitted on the training split; or for which features."""
    span: Span | None = None
    """Between which numbers the inputs lie before that; None if only the data say so."""
    class_names: tuple[str, ...] = ()
    """As `Dataset.class_names`, if only the data has them."""
    feature_names: tuple[str, ...] = ()
    """As `Dataset.feature_names`, if only the data has them."""
    targets: "Mapping[str, Info]" = field(default_factory=dict)
    """Of several targets, what each one is, in the order of their columns in `Split.y`."""

    @property
    def is_counted(self) -> bool:
        """Whether it is known how many classes there are, if there are any."""
        if self.targets:
            return all(target.is_counted for target in self.targets.values())
        return self.n_classes is not None or self.task not in ("multiclass", "multilabel", "ordinal")

    @property
    def is_standardized(self) -> bool:
        """Whether any feature is."""
        return any(self.standardize) if isinstance(self.standardize, tuple) else self.standardize

    @property
    def y_dtype(self) -> Literal["int32", "float64"]:
        """The type of a single target: classes are whole numbers."""
        return "float64" if self.n_classes is None else "int32"

    @property
    def y_columns(self) -> "dict[str, int | slice]":
        """Of several targets, the columns of each in `Split.y`: one, or of a multilabel target one per class."""
        columns: dict[str, int | slice] = {}
        start = 0
        for name, target in self.targets.items():
            is_multilabel = target.task == "multilabel"
            width = (target.n_classes or 1) if is_multilabel else 1
            columns[name] = slice(start, start + width) if is_multilabel else start
            start += width
        return columns

    def y_of(self, target: str, y: Array) -> Array:
        """One target's part of `Split.y`, as a data set with that target alone has it; for no name the whole."""
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

    `x` is float32 `(n, features)`, or float64 where float32 would lose a feature before it is standardized; a float32
    CSR array `(n, vocabulary)`; or int32 `(n, maxlen)`; of texts before they are encoded it is `Sequences`, which give
    their own arrays as `arrays`.
    `y` is int32 classes or float64 values, `(n,)`; of multilabel data int32 `(n, classes)`, 1 for each class it has.
    Of several targets it is float64 `(n, columns)`: one column each, of a multilabel target one per class.
    """

    x: Inputs
    y: Array

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: Array) -> "Split":
        """The examples at these positions, in their order."""
        return Split(self.x[positions], self.y[positions])

    def first(self, n: int) -> "Split":
        """The first `n` examples, or all if there are fewer."""
        import numpy as np

        return self.take(np.arange(min(n, len(self))))

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Those of `x`, however it is stored, then `y`."""
        from scipy.sparse import issparse

        x: Any = self.x
        if issparse(x):
            return x.indptr, x.indices, x.data, self.y
        return *getattr(x, "arrays", (x,)), self.y

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the arrays, their types and shapes."""
        from dlexp.components import precision

        sha256 = hashlib.sha256()
        for array in map(precision.digested, self.arrays):
            sha256.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
        return sha256.hexdigest()


def padding_alone(x: Array) -> list[int]:
    """The positions of the rows of word indices that have no word."""
    import numpy as np

    return [int(i) for i in np.flatnonzero(~x.reshape(len(x), -1).any(axis=1))]


class Columns(Protocol):
    """The columns of training rows, as far as these can be split by them; `key` names the setting that does.

    UserError if there is no such column, DataError if a row has no value in it.
    """

    def times(self, column: str, key: str) -> Array:
        """Numbers in the order of the dates, times or numbers of a column, `(n,)`."""

    def groups(self, column: str, key: str) -> Array:
        """The values of a column as texts, `(n,)`."""


@dataclass(frozen=True)
class Ids:
    """What a column of the user's own calls the examples of a split."""

    column: str
    values: Sequence[str]


@dataclass(frozen=True)
class TimeOrder:
    """Rows that stand in the order of time."""

    columns: Sequence[str]
    """Which say when each was: one, or one for the year, one for the month and so on."""
    ascends: bool
    """Whether the latest is the last one, not the first."""


@dataclass(frozen=True)
class Data:
    """A loaded data set: the training data, of which validation takes its share, and the test split."""

    train: Split
    test: Split
    info: Info | None = field(default=None, kw_only=True)
    """Of the user's own data, all that `Dataset.info` left open."""
    decode: Callable[[Sequence[int]], Sequence[str | Picture]] | None = field(default=None, kw_only=True)
    """Gives the test examples at these positions for the eye, if the arrays do not say what they were."""
    first: Sequence[str] = field(default=(), kw_only=True)
    """The first `N_FIRST` training examples for the eye, in one line each, if the arrays do not say what they were."""
    rows: Mapping[SplitName, Array] = field(default_factory=dict, kw_only=True)
    """Which rows of the source the examples of a split are, `(n,)`, if settings decide on that."""
    names: Mapping[SplitName, "Sequence[Any] | Array"] = field(default_factory=dict, kw_only=True)
    """What the examples of a split are called: their rows in the file, counted from 1, or their own files; by default
    their numbers in the split, counted from 1."""
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict, kw_only=True)
    """Of a table, by use (target, number, category, not used, ...) the columns that have it."""
    test_ids: Ids | None = field(default=None, kw_only=True)
    """What a column of the file calls the test examples, if a setting names one."""
    drawn: Mapping[SplitName, str] = field(default_factory=dict, kw_only=True)
    """Of examples that are made, not read: a digest of each split before it was encoded."""
    test_choice: str = field(default="", kw_only=True)
    """How the test split was chosen, if settings do that: `drawn by class`."""
    marked: "Sequence[int] | Array" = field(default=(), kw_only=True)
    """Positions of the training examples that the source itself marks for validation, sorted."""
    columns: Columns | None = field(default=None, kw_only=True)
    """Of a table, those of the training examples."""
    time_order: TimeOrder | None = field(default=None, kw_only=True)
    """Of a table whose rows stand in the order of time, which one."""
    subject: str = field(default="", kw_only=True)
    """Of a table with several rows of a patient or the like, the column that says whose each is."""
    remarks: Sequence[Remark] = field(default=(), kw_only=True)
    """How they were read, as far as the file does not say it or says it otherwise."""

    def name(self, part: SplitName, position: int) -> str:
        """What an example of a split is called."""
        return str(self.names[part][position] if part in self.names else position + 1)


@dataclass(frozen=True)
class NewExamples:
    """Examples that no split has, encoded as those of a split."""

    x: Inputs
    names: Sequence[str]
    """The row of each in the file, counted from 1, or the name of its own file."""
    notes: Sequence[str] = ()
    """What they have that the model did not learn from, and what it is given instead."""
    ids: Ids | None = None
    """What a column of the file calls them, if a setting names one and the file has it."""
