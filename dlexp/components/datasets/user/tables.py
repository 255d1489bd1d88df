"""The user's own tables: one row an example, one column a feature, the text or the target."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlexp import regular_files
from dlexp.components import memory, snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import Data, Info, Split, SplitName, Task
from dlexp.components.datasets.dataset import MAX_SHOWN
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.user import csv_file
from dlexp.components.datasets.user.base import OwnData, not_there
from dlexp.components.datasets.words.encoding import EncodedTexts
from dlexp.components.identity_rules import DataPath
from dlexp.errors import DataError, DlexpError, UserError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dlexp.components.datasets.user.new_examples import NewExamples
    from dlexp.components.datasets.user.targets import Given, Targets

Name = Annotated[str, Field(min_length=1)]
#: More different words than these are no category but names or text.
MAX_CATEGORIES = 100
#: What a number in a cell of a table takes in memory.
CELL_BYTES = 8


@dataclass(frozen=True)
class Rows:
    """Rows of one file; the frame's index counts that file's rows from 1."""

    path: Path
    frame: "pd.DataFrame"

    def where(self, i: int, column: str) -> str:
        """The place of a value, for messages."""
        return f"{self.path}: row {self.frame.index[i]}, column {column}"

    def take(self, positions: "np.ndarray[Any, Any]") -> "Rows":
        """The rows at these positions, or where these are true."""
        return Rows(self.path, self.frame.iloc[positions])


@dataclass(frozen=True)
class Feature:
    """One column as the model takes it: a number, or a column of 0 and 1 a category."""

    column: str
    names: list[str]
    train: "np.ndarray[Any, Any]"
    """`(n, len(names))`."""
    test: "np.ndarray[Any, Any]"
    is_number: bool

    def standardized(self) -> "Feature":
        """With mean 0 and variance 1 in the training split; a number that never varies there is only centred."""
        mean, scale = self.train.mean(axis=0), self.train.std(axis=0)
        scale[scale == 0] = 1
        return replace(self, train=(self.train - mean) / scale, test=(self.test - mean) / scale)


class Table(OwnData, EncodedTexts):
    """A table with a header, read by pandas; its rows are counted from 1, without the header."""

    path: Annotated[Name, DataPath()]
    """The file, seen from the working directory, not from the config; else from the folder with the data files."""
    test_path: Annotated[Name | None, DataPath()] = None
    """A file with the test split: `path` then has the training split alone."""
    split_column: Name | None = None
    """The column that says `train` or `test`. Without it and a `test_path`, the split is drawn."""
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the examples in a drawn test split, rounded up; drawn by class where every class has enough examples."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of a drawn split; no part of the run's own seed, so that all seeds have the same test data."""
    target: Name | list[Name] | dict[Name, Task]
    """The column to learn; of a multilabel task also a list of columns of 0 and 1. Several targets are a mapping from
    each column to its task."""
    separator: Name = ";"
    """What lies between the labels in the target column of a multilabel task; an empty cell has none."""
    features: list[Name] | None = None
    """The columns to learn from: all others unless said, or unless there is a text. Named beside a text, they stand
    behind its words in the same sparse vector."""
    categorical: list[Name] = []
    """Columns of numbers that are categories; columns of words always are. A category becomes a column of 0 and 1, and
    its row of the first layer's kernel a learned vector, as an embedding's; one that no training example has leaves all
    of them 0."""
    text: Name | list[Name] | None = None
    """The column of text to learn from, or several whose texts are joined. It is cut into words as by Keras's
    Tokenizer, numbered by their frequency in the training split; `num_words` to `maxlen` say how they are encoded."""
    missing: Literal["refuse", "drop", "mean", "median"] = "refuse"
    """What to do with a missing value: refuse the file, drop the row, or put the training split's mean or median; then
    a missing category leaves its columns 0 and a missing text is empty. A missing target is refused or dropped."""
    missing_values: list[str] = ["", "NA", "NaN", "nan", "null"]
    """What stands for a missing value in columns of words or numbers; in a text only the empty one does."""
    standardize: bool = True
    """Whether the model first gives each number mean 0 and variance 1, fitted on the training split; numbers beside a
    text are given them before the model."""

    @property
    def inputs(self) -> Literal["numeric", "sparse", "word_ids"]:
        """Words where there is a text column."""
        return self.text_inputs if self.text else "numeric"

    def info(self) -> Info:
        """Of a text, the vocabulary is a setting, and so is the shape where nothing stands beside it."""
        found = super().info()
        shape = () if self.features else self.text_shape
        return replace(found, shape=shape, vocabulary=self.num_words) if self.text else found

    def digest(self, data_dir: Path | None) -> str:
        """The digests of the file, or of both."""
        return self.digests(data_dir)[0]

    def digests(self, data_dir: Path | None) -> tuple[str, ...]:
        """The digests of the file, or of both."""
        return files.digests(*(files.own(path, data_dir) for path in self._paths))

    def load(self, data_dir: Path | None) -> Data:
        """Split first: nothing but the training split decides on the words, the categories and what fills gaps."""
        train, test = self._rows(data_dir)
        targets = self._targets(train, test)
        info = replace(self.info(), n_train=len(train.frame), n_test=len(test.frame))
        info = self.with_classes(info, targets)
        encode = self._text_data if self.text else self._number_data
        parts: dict[SplitName, Rows] = {"train": train, "test": test}
        rows = {name: part.frame.index.to_numpy() for name, part in parts.items()}
        # Of the rows, what is shown of them: not the whole table.
        columns = self._columns(test.frame)
        shown = Rows(test.path, test.frame[list(dict.fromkeys([*columns[:MAX_SHOWN], *self._text_columns]))])
        decode = partial(self._shown, shown, columns)
        return replace(encode(train, test, targets, info), rows=rows, decode=decode)

    def examples(
        self, data_dir: Path | None, split: SplitName, positions: Sequence[int], data: Data | None = None
    ) -> list[str]:
        """The rows as they stand in the file."""
        train, test = self._rows(data_dir)
        rows = train if split == "train" else test
        return self._shown(rows, self._columns(rows.frame), positions)

    def _shown(self, rows: Rows, columns: Sequence[str], positions: Sequence[int]) -> list[str]:
        """Rows at these positions, in one line each: the first of the columns, then the text."""
        frame = rows.frame.iloc[list(positions)]
        shown = [
            ", ".join(f"{column} {row[column]}" for column in columns[:MAX_SHOWN])
            + (f", ... ({len(columns)} columns in all)" if len(columns) > MAX_SHOWN else "")
            for _, row in frame.iterrows()
        ]
        if not self.text:
            return shown
        texts = (" ".join(text.split()) for text in self._texts(frame))
        return [f"{beside}: {text}" if beside else text for beside, text in zip(shown, texts, strict=True)]

    def new_examples(self, path: Path, data_dir: Path | None) -> "NewExamples":
        """Rows of a table with the same columns, of which targets and split may be missing."""
        import numpy as np

        from dlexp.components.datasets.user.new_examples import NewExamples
        from dlexp.components.datasets.words import indices as words

        train, _ = self._rows(data_dir)
        new = self._new_rows(path, self._input_columns(train.frame))
        names = [str(i) for i in new.frame.index]
        features = self._features(train, new)
        notes = self._notes(new, features)
        if self.text:
            numbered, new_numbered = words.numbered(self._texts(train.frame), self._texts(new.frame))
            of_texts = self.new_texts(lambda: numbered, new_numbered, names)
            beside = [each.test for each in self._standardized(features)]
            return replace(of_texts, x=self._with_features(of_texts.x, beside), notes=notes)
        return NewExamples(np.hstack([each.test for each in features]).astype(np.float32), names, notes)

    def _notes(self, rows: Rows, features: list[Feature]) -> list[str]:
        """What new rows have that the model did not learn from, by column: gaps, and categories it does not know."""
        from dlexp.components.datasets.user.targets import label

        unknown = {each.column: ~each.test.any(axis=1) for each in features if not each.is_number}
        filled = [
            *((column, "an empty text") for column in self._text_columns),
            *((each.column, f"the training data's {self.missing}") for each in features if each.is_number),
            *((column, "no category") for column in unknown),
        ]
        notes = []
        for column, instead in filled:
            cells = rows.frame[column]
            missing = self._is_missing(cells)
            if n := int(missing.sum()):
                notes.append(f"{column}: missing in {_count(n, 'row')}, taken as {instead}")
            unseen = cells[unknown[column] & ~missing].map(label).to_list() if column in unknown else []
            if values := list(dict.fromkeys(unseen)):
                were = f"{_count(len(values), 'value')} in {_count(len(unseen), 'row')}"
                listed = ", ".join(" ".join(value.split()) for value in values[:MAX_SHOWN]) + ", ..." * (
                    len(values) > MAX_SHOWN
                )
                notes.append(f"{column}: {were} not in the training data: {listed}")
        return notes

    def _new_rows(self, path: Path, columns: list[str]) -> Rows:
        """Rows without targets; a missing value is filled where training ones were, else refused."""
        import pandas as pd

        from dlexp.components.datasets.user.new_examples import require_examples

        frame = self._frame(path)
        require_examples(path, len(frame))
        frame.index = pd.RangeIndex(1, len(frame) + 1)
        rows = Rows(path, frame)
        for column in columns:
            if column not in frame.columns:
                hint = did_you_mean(column, frame.columns)
                raise UserError(f"{path}: no column {column!r}, which the model learned from.{hint}")
            if self.missing in ("refuse", "drop") and (missing := self._is_missing(frame[column])).any():
                raise DataError(
                    f"{rows.where(int(missing.argmax()), column)}: missing, and nothing says how to fill it"
                )
        return rows

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Columns that have two roles, and settings that exclude each other."""
        yield from super().problems(context)
        if self.test_path and self.split_column:
            yield Misfit("split_column", "the test split is said twice; give split_column or test_path")
        if isinstance(self.target, list) and self.task not in ("multilabel", None):
            yield Misfit("target", f"several target columns are for a multilabel task; this one is {self.task}")
        if self.text and self.features and self.text_inputs == "word_ids":
            yield Misfit(
                "encoding", "padded text is word indices alone; columns beside it need multi_hot, count or tfidf"
            )
        if self.features == []:
            yield Misfit("features", "expected at least one column")
        names_features = self.features is not None or self.text
        if names_features and (unused := [each for each in self.categorical if each not in (self.features or [])]):
            beside = "Beside a text, only the columns that" if self.text else "Only the columns that"
            yield Misfit("categorical", f"column {unused[0]!r} is no feature. {beside} dataset.features names are")
        roles = [*self._target_columns, *([self.split_column] if self.split_column else [])]
        for field, columns in (("features", self.features or []), ("text", self._text_columns)):
            if twice := [column for column in columns if column in roles]:
                yield Misfit(field, f"column {twice[0]!r} is the target or the split: it would give the answer away")

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Columns that are not in the header of the file, or of one of both."""
        found = [files.own(path, data_dir) for path in self._paths]
        for path in found:
            yield from self._misfits(path, self._header(path))

    @property
    def _paths(self) -> list[str]:
        return [self.path, *([self.test_path] if self.test_path else [])]

    @property
    def several(self) -> Mapping[str, Task]:
        """The columns with their tasks."""
        return self.target if isinstance(self.target, dict) else {}

    @property
    def _target_columns(self) -> list[str]:
        return [self.target] if isinstance(self.target, str) else list(self.target)

    @property
    def _tasks(self) -> Mapping[str, Task]:
        """The task of each target column; of several columns of labels the same."""
        return self.several or dict.fromkeys(self._target_columns, self.only_task)

    @property
    def _text_columns(self) -> list[str]:
        return [self.text] if isinstance(self.text, str) else self.text or []

    def _columns(self, frame: "pd.DataFrame") -> list[str]:
        """The columns of the features."""
        if self.features is not None or self.text:
            return self.features or []
        roles = {*self._target_columns, self.split_column}
        return [column for column in frame.columns if column not in roles]

    def _input_columns(self, frame: "pd.DataFrame") -> list[str]:
        """The columns of text and of the features."""
        return list(dict.fromkeys([*self._text_columns, *self._columns(frame)]))

    def _frame(self, path: Path) -> "pd.DataFrame":
        """The whole table.

        Raises:
            DataError: The file is no such table.
        """
        raise NotImplementedError

    def _header(self, path: Path) -> list[str]:
        """The names of the columns, read without the rows.

        Raises:
            DataError: The file is no such table.
        """
        raise NotImplementedError

    def _rows(self, data_dir: Path | None) -> tuple[Rows, Rows]:
        """The rows of both splits, without those that are dropped."""
        import numpy as np

        tables = [self._table(files.own(path, data_dir)) for path in self._paths]
        train, test = tables if len(tables) == 2 else (None, None)
        if train is None or test is None:
            (whole,) = tables
            in_test = self._in_test(whole)
            train, test = whole.take(np.flatnonzero(~in_test)), whole.take(np.flatnonzero(in_test))
        for name, rows in (("training", train), ("test", test)):
            if not len(rows.frame):
                raise DataError(f"{rows.path}: no row is left for the {name} split")
        return train, test

    def _table(self, path: Path) -> Rows:
        """A file's rows, after what is missing was refused or dropped."""
        import pandas as pd

        frame = self._frame(path)
        frame.index = pd.RangeIndex(1, len(frame) + 1)
        if misfits := list(self._misfits(path, list(frame.columns))):
            raise UserError(*(f"dataset.{field}: {message}" for field, message in misfits))
        return self._without_missing(Rows(path, frame))

    def _misfits(self, path: Path, columns: list[str]) -> Iterator[Misfit]:
        """The columns that the config names and a file does not have."""
        in_target = "target.{}" if self.several else "target"
        named = [
            *((in_target.format(column), column) for column in self._target_columns),
            *(("split_column", column) for column in [self.split_column] if column),
            *(("features", column) for column in self.features or []),
            *(("text", column) for column in self._text_columns),
            *(("categorical", column) for column in self.categorical),
        ]
        for field, column in named:
            if column not in columns:
                yield Misfit(field, not_there(path, "column", column, columns))

    def _without_missing(self, rows: Rows) -> Rows:
        import numpy as np

        # A cell of labels may be empty: no label.
        targets = [name for name, task in self._tasks.items() if task != "multilabel" or isinstance(self.target, list)]
        features = self._input_columns(rows.frame)
        filled = [] if self.missing in ("refuse", "drop") else features
        kept = np.ones(len(rows.frame), bool)
        for column in dict.fromkeys([*targets, *features]):
            if column in filled:
                continue
            missing = self._is_missing(rows.frame[column])
            if self.missing != "drop" and missing.any():
                more = f", and {missing.sum() - 1} more in this column" if missing.sum() > 1 else ""
                advice = "drop" if column in targets else "drop, mean or median"
                raise DataError(
                    f"{rows.where(int(missing.argmax()), column)}: missing{more}; see dataset.missing: {advice}"
                )
            kept &= ~missing
        return rows.take(np.flatnonzero(kept))

    def _is_missing(self, column: "pd.Series") -> "np.ndarray[Any, Any]":
        words = [""] if column.name in self._text_columns else self.missing_values
        missing: np.ndarray[Any, Any] = (column.isna() | column.isin(words)).to_numpy(bool)
        return missing

    def _in_test(self, rows: Rows) -> "np.ndarray[Any, Any]":
        """Which rows are the test split's."""
        import numpy as np
        from sklearn.model_selection import train_test_split

        if self.split_column:
            words = rows.frame[self.split_column].astype(str).to_numpy()
            for i in np.flatnonzero(~np.isin(words, ["train", "test"]))[:1]:
                raise DataError(f"{rows.where(i, self.split_column)}: expected train or test, given {words[i]!r}")
            in_test: np.ndarray[Any, Any] = words == "test"
            return in_test
        n = len(rows.frame)
        if n < 2:
            raise DataError(f"{rows.path}: {n} row{'s' * (n != 1)} left; a split needs at least 2")
        by_class = None
        first, task = next(iter(self._tasks.items()))
        if task in ("binary", "multiclass", "ordinal"):
            by_class = rows.frame[first].astype(str).to_numpy()
            counts = np.unique(by_class, return_counts=True)[1]
            n_test = -(-n * self.test_size // 1)
            if counts.min() < 2 or min(n_test, n - n_test) < len(counts):
                by_class = None
        seed, size = self.split_seed, self.test_size
        _, drawn = train_test_split(np.arange(n), test_size=size, random_state=seed, stratify=by_class)
        return np.isin(np.arange(n), drawn)

    def _targets(self, train: Rows, test: Rows) -> "Targets":
        from dlexp.components.datasets.user import targets

        if isinstance(self.target, dict):
            several_train, several_test = (
                {name: self._given(rows, name) for name in self.target} for rows in (train, test)
            )
            return targets.encode_several(self.target, several_train, several_test)
        if isinstance(self.target, list):
            return targets.encode(self.only_task, self._given_flags(train), self._given_flags(test), self.target)
        given_train, given_test = (self._given(rows, self.target) for rows in (train, test))
        return targets.encode(self.only_task, given_train, given_test, self.classes)

    def _given(self, rows: Rows, column: str) -> "Given":
        from dlexp.components.datasets.user.targets import Given

        cells = rows.frame[column]
        values: list[Any] = cells.to_list()
        if self._tasks[column] == "multilabel":
            texts = cells.astype(str).where(~self._is_missing(cells), "")
            values = [[word for each in text.split(self.separator) if (word := each.strip())] for text in texts]
        return Given(values, lambda i: rows.where(i, column))

    def _given_flags(self, rows: Rows) -> "Given":
        from dlexp.components.datasets.user.targets import Given

        columns = self._target_columns
        flags = zip(*(self._flags(rows, column) for column in columns), strict=True)
        values = [[name for name, is_on in zip(columns, row, strict=True) if is_on] for row in flags]
        return Given(values, lambda i: rows.where(i, ", ".join(columns)))

    def _flags(self, rows: Rows, column: str) -> "np.ndarray[Any, Any]":
        import pandas as pd

        flags: np.ndarray[Any, Any] = pd.to_numeric(rows.frame[column], errors="coerce").to_numpy(float)
        for i in ((flags != 0) & (flags != 1)).nonzero()[0][:1]:
            raise DataError(f"{rows.where(i, column)}: expected 0 or 1, given {rows.frame[column].iloc[i]!r}")
        return flags

    def _texts(self, frame: "pd.DataFrame") -> Iterator[str]:
        columns = frame[self._text_columns].fillna("").astype(str)
        return (" ".join(cells) for cells in columns.itertuples(index=False, name=None))

    def _text_data(self, train: Rows, test: Rows, targets: "Targets", info: Info) -> Data:
        from dlexp.components.datasets.words import indices as words

        x_train, x_test = words.numbered(self._texts(train.frame), self._texts(test.frame))
        encoded = Data(self.encoded(x_train, targets.train), self.encoded(x_test, targets.test), info=info)
        data = self.weighted(encoded)
        beside = self._standardized(self._features(train, test))
        if not beside:
            return data
        x_train = self._with_features(data.train.x, [each.train for each in beside])
        x_test = self._with_features(data.test.x, [each.test for each in beside])
        info = replace(info, shape=x_train.shape[1:])
        return Data(Split(x_train, targets.train), Split(x_test, targets.test), info=info)

    def _features(self, train: Rows, test: Rows) -> list[Feature]:
        return [self._feature(train, test, column) for column in self._columns(train.frame)]

    def _standardized(self, features: list[Feature]) -> list[Feature]:
        """The columns beside a text: standardized here, since a sparse vector is not standardized by the model."""
        return [each.standardized() if self.standardize and each.is_number else each for each in features]

    @staticmethod
    def _with_features(words: Any, features: "list[np.ndarray[Any, Any]]") -> Any:
        """Sparse rows of words with the features behind them, `(n, words + features)`."""
        import numpy as np
        from scipy.sparse import csr_array, hstack

        if not features:
            return words
        beside = csr_array(np.hstack(features).astype(np.float32))
        return csr_array(hstack([words, beside], format="csr", dtype=np.float32))

    def _number_data(self, train: Rows, test: Rows, targets: "Targets", info: Info) -> Data:
        import numpy as np

        columns = self._features(train, test)
        if not columns:
            raise DataError(f"{train.path}: no column is left to learn from")
        x_train, x_test = (
            np.hstack(parts).astype(np.float32)
            for parts in ([each.train for each in columns], [each.test for each in columns])
        )
        which = tuple(self.standardize and each.is_number for each in columns for _ in each.names)
        names = tuple(name for each in columns for name in each.names)
        info = replace(info, shape=(len(names),), standardize=any(which) and which, feature_names=names)
        return Data(Split(x_train, targets.train), Split(x_test, targets.test), info=info)

    def _feature(self, train: Rows, test: Rows, column: str) -> Feature:
        """A column of numbers, where most of it is in the training split, or of categories."""
        import numpy as np
        import pandas as pd

        if column not in test.frame:
            raise DataError(f"{test.path}: no column {column!r}, which {train.path} has")
        missing, numbers = [], []
        for rows in (train, test):
            missing.append(self._is_missing(rows.frame[column]))
            numbers.append(pd.to_numeric(rows.frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan))
        present = ~missing[0]
        if not present.any():
            raise DataError(f"{train.path}: column {column} has no value in the training split")
        are_numbers = np.isfinite(numbers[0]) & present
        if column in self.categorical or are_numbers.sum() <= present.sum() / 2:
            return self._category(train, test, column, missing)
        for rows, values, is_gap in zip((train, test), numbers, missing, strict=True):
            for i in np.flatnonzero(~np.isfinite(values) & ~is_gap)[:1]:
                given = rows.frame[column].iloc[i]
                raise DataError(
                    f"{rows.where(i, column)}: expected a number, as in most training rows, given {given!r}"
                )
        known = numbers[0][present]
        fill = np.median(known) if self.missing == "median" else known.mean()
        filled = [np.where(is_gap, fill, values)[:, None] for values, is_gap in zip(numbers, missing, strict=True)]
        return Feature(column, [column], filled[0], filled[1], is_number=True)

    def _category(self, train: Rows, test: Rows, column: str, missing: "list[np.ndarray[Any, Any]]") -> Feature:
        import numpy as np

        from dlexp.components.datasets.user import targets

        words, test_words = (
            np.where(is_gap, "", rows.frame[column].map(targets.label).astype(str).to_numpy()).astype(str)
            for rows, is_gap in zip((train, test), missing, strict=True)
        )
        categories = targets.in_order(set(words.tolist()) - {""})
        if len(categories) > MAX_CATEGORIES:
            raise DataError(
                f"{train.path}: column {column}: {len(categories)} different words, more than {MAX_CATEGORIES}; leave "
                "it out by naming dataset.features, or read it as dataset.text"
            )
        names = [f"{column}={category}" for category in categories]
        return Feature(column, names, words[:, None] == categories, test_words[:, None] == categories, is_number=False)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


class Csv(Table):
    """Your own CSV file, packed or not: numbers, categories or text in its columns, any kind of target."""

    type: Literal["csv"] = "csv"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What lies between two columns."""

    def _frame(self, path: Path) -> "pd.DataFrame":
        """Everything as text: what is missing and what is a number is decided with the column's role."""
        return csv_file.read(path, self.delimiter)

    def _header(self, path: Path) -> list[str]:
        return list(csv_file.read(path, self.delimiter, n_rows=0).columns)


class Parquet(Table):
    """Your own Parquet file: as csv, with the types of its columns; needs the extra `parquet`."""

    type: Literal["parquet"] = "parquet"

    def _frame(self, path: Path) -> "pd.DataFrame":
        import pandas as pd

        with _reading_parquet(path):
            from pyarrow import parquet

            with snapshot.opened(path) as file:
                # A value that stands in every row is there once: few bytes, many cells.
                size = parquet.read_metadata(file)
                unpacked = sum(size.row_group(i).total_byte_size for i in range(size.num_row_groups))
                memory.require(max(unpacked, CELL_BYTES * size.num_rows * size.num_columns), str(path))
                file.seek(0)
                frame = pd.read_parquet(file).reset_index(drop=True)
            for column in frame.columns:
                if not pd.api.types.is_numeric_dtype(frame[column]):
                    frame[column].to_numpy()  # Texts are decoded where they are first used: damage shows here.
            return frame

    def _header(self, path: Path) -> list[str]:
        with _reading_parquet(path):
            from pyarrow import parquet

            return list(parquet.read_schema(path).empty_table().to_pandas().columns)


@contextmanager
def _reading_parquet(path: Path) -> Iterator[None]:
    try:
        regular_files.require(path)
        yield
    except ImportError as error:
        raise UserError(f"{path}: Parquet needs pyarrow; install it by: pip install 'dlexp[parquet]'") from error
    except (DlexpError, MemoryError):  # More than fits into memory.
        raise
    except Exception as error:  # A damaged file raises nearly anything.
        said = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: not a readable Parquet file ({said})") from error
