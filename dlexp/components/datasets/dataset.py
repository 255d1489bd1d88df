"""The base of all data sets: what is known without loading, and what loading gives."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dlexp.components.component import Component, Misfit, Off, OneOf
from dlexp.components.data import Array, Data, Info, Inputs, NewExamples, SplitName
from dlexp.components.datasets.reading import files
from dlexp.components.pictures import Picture
from dlexp.components.training_sets import TrainingSet
from dlexp.components.validations import Validation

#: What `--smoke` takes of each split of the user's own data.
N_SMOKE_TRAIN, N_SMOKE_TEST = 400, 200


class Dataset(Component):
    """A data set with a fixed training and test split."""

    kind: ClassVar[str] = "datasets"
    class_names: ClassVar[tuple[str, ...]] = ()
    """The name of each class, in the order of their numbers, if they have names."""
    feature_names: ClassVar[tuple[str, ...]] = ()
    """The name of each feature, if they have names."""
    has_known_distribution: ClassVar[bool] = False
    """Whether the examples are drawn from a known distribution, so that there can be any number of them."""
    marking_key: ClassVar[str] = ""
    """The key of the column or folder that says which examples validate; empty if there is none."""
    is_users_own: ClassVar[bool] = False
    """Whether it is the user's own: in any order, and `--smoke` trains on its first examples, not on made-up ones."""
    has_columns: ClassVar[bool] = False
    """Whether the examples are rows of a table, whose columns have names."""
    train_fraction: Annotated[float, Field(gt=0, le=1), Off(1.0)] = 1.0
    """Share of the training examples that train, of those that validation left; a smaller share is part of a larger."""
    train_fraction_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of that draw; not part of the run's own seed, so that all seeds train on the same examples."""
    resample: Annotated[TrainingSet, OneOf(TrainingSet)] | None = None
    """Which redrawn training set trains, as `dlexp bias-variance` sets it; none: the training data as it is."""

    def reduced_count(self, n: int) -> int:
        """How many of `n` training examples train: at least one."""
        n_kept = self._kept(n)
        return self.resample.count(n_kept) if self.resample else n_kept

    def training_positions(self, n: int) -> Array:
        """Which of `n` training examples train, in their order: at least one; redrawn if `resample` says so."""
        import numpy as np

        n_kept, positions = self._kept(n), np.arange(n)
        if n_kept < n:
            positions = np.sort(np.random.default_rng(self.train_fraction_seed).permutation(n)[:n_kept])
        return positions[self.resample.positions(n_kept)] if self.resample else positions

    def _kept(self, n: int) -> int:
        return max(1, round(self.train_fraction * n))

    @property
    def marks_validation(self) -> bool:
        """Whether a column or folder says which examples validate."""
        return bool(self.marking_key) and getattr(self, self.marking_key) is not None

    @property
    def chooses_test(self) -> Validation | None:
        """What chooses the test examples from the rows of a table; None if they are given, or it is no table."""
        return None

    @property
    def test_size_key(self) -> str:
        """The setting that says how many examples test; empty if none does."""
        return ""

    @property
    def source(self) -> str:
        """Where the examples come from, for messages: of the user's own, the file, folder or function."""
        return str(getattr(self, "path", self.type))

    def info(self) -> Info:
        """What the data looks like; reads nothing, and leaves open what only the user's own data can say."""
        raise NotImplementedError

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The files that the examples come from; DataError if they are not there and cannot be downloaded."""
        return []

    def digest(self, data_dir: Path | None) -> str:
        """SHA-256 (hex) of the files that the examples come from; raises as `paths`."""
        return files.digest(*self.paths(data_dir))

    def digests(self, data_dir: Path | None) -> tuple[str, ...]:
        """The digest, then that of version 0.1.0 if it took another of the same files."""
        paths = self.paths(data_dir)
        return files.digests(*paths) if paths else (self.digest(data_dir),)

    def load(self, data_dir: Path | None) -> Data:
        """Read and encode the examples; raises as `paths`, and DataError if the files are not what they should be."""
        raise NotImplementedError

    def texts(self, data_dir: Path | None) -> Data | None:
        """The same examples as whole texts, `Sequences` of every word, whatever the settings cut; None if no texts."""
        return None

    def stand_in(self) -> Data:
        """A small generated data set with the same schema and a planted signal, always the same."""
        raise NotImplementedError

    def sample(self, data_dir: Path | None) -> Data:
        """What `--smoke` trains on: the stand-in, or the first examples of each split after all were encoded."""
        if not self.is_users_own:
            return self.stand_in()
        data = self.load(data_dir)
        train, test = data.train.first(N_SMOKE_TRAIN), data.test.first(N_SMOKE_TEST)
        marked = [position for position in data.marked if position < len(train)]
        return replace(data, train=train, test=test, marked=marked if len(marked) < len(train) else [])

    def sample_digest(self, data_dir: Path | None) -> str:
        """What stands for the digest of a stand-in, or the digest of the data that the first examples are of."""
        return self.digest(data_dir) if self.is_users_own else "stand-in"

    def decoded(self, data: Data, positions: Sequence[int]) -> Sequence[str | Picture]:
        """Test examples of loaded data for the eye; DataError if what that takes, such as words, is not there yet."""
        if data.decode is not None:
            return data.decode(positions)
        names = data.info.feature_names if data.info else self.feature_names
        return [shown(data.test.x[[position]], names) for position in positions]

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """Where examples of loaded data, or of its whole texts, stand in their source: by default in their split."""
        return [f"{part}[{position}]" for position in positions]

    def source_order(self, data: Data, part: SplitName) -> "Array | None":
        """Where the examples of a split stand in the one table or array of all splits; None if there are several."""
        return None

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """Examples of loaded data, or of its whole texts, in a line each, for the eye."""
        names = data.info.feature_names if data.info else self.feature_names
        x = getattr(data, part).x
        return [shown(x[[position]], names) for position in positions]

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Examples from a file of the user's, encoded as those of a split; by default a table or array of numbers.

        DataError if it, or what the encoding was fitted on, cannot be read; UserError if the model takes another.
        """
        from dlexp.components.datasets.user import new_examples

        return new_examples.numbers(path, math.prod(self.info().shape), self.feature_names)

    def best_possible(self) -> dict[str, float]:
        """What the true distribution, if known, scores on the test split, by metric: beaten only by chance."""
        return {}

    def expected(self, x: Inputs) -> "Array | None":
        """The mean of the target given the inputs, `(n,)` in float64, if the truth is known."""
        return None

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Settings that name what the user's own files do not have, as `problems`; reads no more than their headers."""
        yield from ()

    def why_no_column(self, column: str, data_dir: Path | None) -> str:
        """Why the training examples cannot be split by a column; empty if they can. Reads no more than headers."""
        return ""

    @property
    def functions(self) -> list[str]:
        """Functions of the user's own that loading it calls, as `module:function`."""
        return []

    def notes(self) -> list[str]:
        """What whoever checks a config should know of it: that it runs code."""
        return []


def brief(value: float) -> str:
    """A number of four digits, or of all before the point: those tell Unix times apart."""
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


#: Of more features than these the first are shown.
MAX_SHOWN = 8


def shown(example: Any, names: Sequence[str] = ()) -> str:
    """The first features of an example, a row `(1, features)`, in one line; of many, what they are on the whole."""
    import numpy as np
    from scipy.sparse import issparse

    if issparse(example):
        first = zip(example.indices[:MAX_SHOWN], example.data[:MAX_SHOWN], strict=True)
        text = ", ".join(f"{names[i] if names else i}: {value:.4g}" for i, value in first)
        more = ", ..." * (example.nnz > MAX_SHOWN)
        return f"{text}{more} ({example.nnz} of {example.shape[1]:,} are not 0)"
    features = np.ravel(example)
    named = zip(names or [""] * len(features), features, strict=False)
    text = ", ".join(f"{name} {brief(value)}".strip() for name, value in list(named)[:MAX_SHOWN])
    if len(features) <= MAX_SHOWN:
        return text
    low, high, mean = features.min(), features.max(), features.mean()
    return f"{text}, ... ({len(features)} in all, from {low:.4g} to {high:.4g}, mean {mean:.4g})"
