"""The user's own tables: one row per example, one column per feature, text or target."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlexp.components.component import Context, Misfit, OneOf
from dlexp.components.data import N_FIRST, Array, Data, Ids, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import MAX_SHOWN, Dataset
from dlexp.components.datasets.reading import csv_file, files, parquet_file
from dlexp.components.datasets.reading.read import Read
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import header
from dlexp.components.datasets.user.cell_keys import CellKeys
from dlexp.components.datasets.user.csv_keys import CsvKeys
from dlexp.components.datasets.user.keys import ColumnName, Name, Target, TargetKeys, UserPath, not_there, quoted
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.datasets.words.encoding import TextKeys, TokenKeys
from dlexp.components.identity_rules import AddedLater, DataPath
from dlexp.components.remarks import Remark
from dlexp.components.validations import GroupSplit, RandomSplit, TimeSplit, Validation
from dlexp.errors import DataError, UserError

if TYPE_CHECKING:
    from dlexp.components.datasets.user.columns import Encoded
    from dlexp.components.datasets.user.kinds import CellRules
    from dlexp.components.datasets.user.new_texts import NewTexts
    from dlexp.components.datasets.user.splitting import SplitRows
    from dlexp.components.datasets.user.targets import RawTargets, Targets
    from dlexp.components.datasets.words.indices import Numbered
    from dlexp.components.precision import Standardized


#: How the rows of a test split are chosen that is not drawn.
TestRows = Annotated[TimeSplit | GroupSplit, OneOf(TimeSplit, GroupSplit)]


class Table(TargetKeys, CellKeys, TextKeys, TokenKeys, Dataset):
    """A table with a header, read by pandas; its rows are counted from 1, without the header."""

    is_users_own = True
    marking_key = "split_column"
    has_columns = True
    path: UserPath
    """The file, seen from the working directory, not from the config; else from the folder with the data files."""
    test_path: Annotated[Name | None, DataPath()] = None
    """A file with the test split: `path` then has the training split alone."""
    split_column: ColumnName | None = None
    """The column that says `train`, `val` (also `valid`, `validation`, `dev`) or `test`, in any case. Rows that it
    calls `val` validate. Without it, a `test_path` and a `test_split`, the test split is drawn."""
    test_split: Annotated[TestRows | None, AddedLater(before=None)] = None
    """How the test split is taken where it is not drawn: `{type: time, size: 0.2}` takes the last rows, and
    `{type: group, column: patient, size: 0.2}` whole groups."""
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the examples in a drawn test split, rounded up; drawn by class where every class has enough examples."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of a drawn split; not part of the run's own seed, so that all seeds have the same test data."""
    target: ColumnName | list[ColumnName] | dict[Name, Task]
    """The column to learn; of a multilabel task also a list of columns of 0 and 1. Several targets are a mapping from
    each column to its task."""
    separator: Name = ";"
    """What lies between the labels in the target column of a multilabel task; an empty cell has none."""
    features: list[ColumnName] | None = None
    """The columns to learn from: by default all others, unless there is a text. Named beside a text, they stand
    behind its words in the same sparse vector."""
    ignore: Annotated[list[ColumnName], AddedLater(before=[])] = []
    """Columns that are no features, where all others are."""
    id: Annotated[ColumnName | None, AddedLater(before=None)] = None
    """The column that names the rows, which is no feature: it stands in predictions and beside the worst mistakes."""
    categorical: list[ColumnName] = []
    """Columns of numbers that are categories; columns of words always are. A category becomes a column of 0 and 1, and
    its row of the first layer's kernel a learned vector, as an embedding's; one that no training example has leaves all
    of them 0."""
    text: ColumnName | list[ColumnName] | None = None
    """The column of text to learn from, or several whose texts are joined. It is cut into words as by Keras's
    Tokenizer, numbered by their frequency in the training split; `num_words` to `maxlen` say how they are encoded."""
    standardize: bool = True
    """Whether the model first gives each number mean 0 and variance 1, fitted on the training split; numbers beside a
    text are given them before the model."""

    @property
    def learned(self) -> Target:
        """What is learned, from which columns of targets."""
        return self.target_of(self.target if isinstance(self.target, dict) else None)

    @property
    def chooses_test(self) -> Validation | None:
        """What is said, or else a draw, unless a file or a column has the test rows."""
        return None if self.test_path or self.split_column else self.test_split or RandomSplit(size=self.test_size)

    @property
    def test_size_key(self) -> str:
        """Of a test split that settings choose."""
        if self.chooses_test is None:
            return ""
        return "dataset.test_split.size" if self.test_split else "dataset.test_size"

    @property
    def roles(self) -> Roles:
        """What the columns are for."""
        return Roles(
            targets=[self.target] if isinstance(self.target, str) else list(self.target),
            split=self.split_column,
            texts=[self.text] if isinstance(self.text, str) else self.text or [],
            features=self.features,
            ignored=self.ignore,
            categorical=self.categorical,
            id=self.id,
            naming_key="dataset.names" if "names" in type(self).model_fields else "",
            cell_keys=[
                *self.named_columns,
                *(("test_split.column", column) for column in [self.test_split and self.test_split.column] if column),
            ],
            target_field="target.{}" if isinstance(self.target, dict) else "target",
        )

    @property
    def rules(self) -> "CellRules":
        """How cells are read."""
        from dlexp.components.datasets.user.kinds import CellRules

        roles = self.roles
        return CellRules.of(self, roles.texts, roles.targets, self.categorical)

    def info(self) -> Info:
        """Of a text, the vocabulary is a setting, and so is the shape if nothing stands beside it."""
        if not self.text:
            return self.learned.info("numeric")
        encoding = self.text_encoding
        shape = () if self.features else encoding.shape
        return replace(self.learned.info(encoding.inputs), shape=shape, vocabulary=self.num_words)

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The file, or both."""
        return [files.find_users(path, data_dir) for path in (self.path, self.test_path) if path]

    def load(self, data_dir: Path | None) -> Data:
        """Split first: nothing but the training split decides on the words, the categories and what fills gaps."""
        from dlexp.components.datasets.user import (
            lost_digits,
            needless_features,
            splitting,
            subjects,
            time_order,
            uses,
        )

        split = self._split(data_dir)
        train, test = split.train, split.test
        targets = self._targets(train, test, is_drawn=split.test_choice.startswith("drawn"))
        words = self._words(train, test)
        x_train, x_test, features = self._inputs(train, test, words)
        info = targets.complete(replace(self.info(), n_train=len(train), n_test=len(test), shape=x_train.shape[1:]))
        if not self.text:
            which = tuple(self.standardize and each.is_number for each in features for _ in each.names)
            names = tuple(name for each in features for name in each.names)
            info = replace(info, standardize=any(which) and which, feature_names=names)
        roles, columns = self.roles, self.roles.features_of(train.frame.columns)
        # Of the test rows, what is shown of them: not the whole table.
        kept = Rows(test.path, test.frame[list(dict.fromkeys([*columns[:MAX_SHOWN], *roles.texts]))])
        return Data(
            Split(x_train, targets.train),
            Split(x_test, targets.test),
            info=info,
            rows={"train": train.frame.index.to_numpy(), "test": test.frame.index.to_numpy()},
            names={"train": train.frame.index, "test": test.frame.index},
            uses=uses.uses(list(train.frame.columns), roles, features),
            test_ids=self._ids(test),
            first=train.shown(columns, roles.texts, range(min(N_FIRST, len(train)))),
            decode=partial(kept.shown, columns, roles.texts),
            test_choice=split.test_choice,
            marked=split.marked,
            columns=splitting.RowColumns(lambda: self._split(data_dir).train, self.rules),
            time_order=time_order.found(train, self._beside_targets(train), self.rules),
            subject=subjects.found(train, self._beside_targets(train)),
            remarks=[
                *dict.fromkeys([*train.remarks, *test.remarks]),
                *targets.remarks,
                *(remark for each in features for remark in each.remarks),
                *needless_features.remarks(train, features, roles, self.rules.gaps, info, targets.train),
                *(self._text_remarks(words, train, test) if words else ()),
                *lost_digits.remarks(train, features, roles, self._where_standardized),
            ],
        )

    def places(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """The rows of the file, or of which file, if the test split has one of its own."""
        file = f"{self.test_path if part == 'test' else self.path}: " if self.test_path else ""
        return [f"{file}row {data.rows[part][position]}" for position in positions]

    def source_order(self, data: Data, part: SplitName) -> "Array | None":
        """In the file, if there is one."""
        return None if self.test_path else data.rows[part]

    def lines(self, data: Data, part: SplitName, positions: Sequence[int], data_dir: Path | None) -> list[str]:
        """Numbers as they are encoded; for texts the file is read again, since words are not to be had from vectors."""
        roles = self.roles
        if not roles.texts:
            return super().lines(data, part, positions, data_dir)
        split = self._split(data_dir)
        rows = split.train if part == "train" else split.test
        return rows.shown(roles.features_of(split.train.frame.columns), roles.texts, positions)

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Rows of a table with the same columns, of which targets and split may be missing."""
        import numpy as np
        import pandas as pd

        from dlexp.components.datasets.user import columns
        from dlexp.components.datasets.user.extra_rows import without_extra_rows
        from dlexp.components.datasets.user.new_examples import require_examples

        train, gaps, alone = self._split(data_dir).train, self.rules.gaps, self._texts_alone(path)
        read = Read(pd.DataFrame({self.roles.texts[0]: alone.texts})) if alone else self.read(path)
        new = without_extra_rows(Rows.of(path, read), are_new=True)
        require_examples(path, len(new))
        for column in self.roles.inputs_of(train.frame.columns):
            header.require_one(path, column, list(new.frame.columns), read.hint)
            if not gaps.fills(column) and (missing := gaps.of(new, column)).any():
                place = new.where(int(missing.argmax()), column)
                raise DataError(f"{place}: missing, and nothing says how to fill it")
        words = self._words(train, new)
        _, x, features = self._inputs(train, new, words)
        names = alone.names if alone else [str(i) for i in new.frame.index]
        notes = [
            *(alone.notes if alone else ()),
            *(f"{each.place}: {each.found}" for each in new.remarks),
            *(f"{said.place}: {said.found}" for each in features for said in each.remarks if _is_of_new(said, path)),
            *columns.notes(new, features, gaps),
        ]
        if words:
            is_gap = np.all([gaps.of(new, column) for column in gaps.texts], axis=0)
            notes += self.text_encoding.notes(words.other, names, is_gap)
        return NewExamples(x, names, notes, self._ids(new))

    @property
    def _text_reader(self) -> TextReader:
        """What reads new texts that are in no table."""
        return TextReader(is_key=False)

    def _texts_alone(self, path: Path) -> "NewTexts | None":
        """New texts that are in no table; None if they are, or none are learned from."""
        from dlexp.components.datasets.user import new_texts

        roles = self.roles
        found = new_texts.outside_tables(path, self._text_reader, roles.texts) if roles.texts else None
        needed = [*roles.texts, *(roles.features or [])]
        if found and len(needed) > 1:
            raise UserError(
                f"{path}: has texts alone; the model learned from {len(needed)} columns, so give a table with them: "
                f"{', '.join(needed)}"
            )
        if found is None:
            return None
        return replace(found, notes=[*found.notes, f"each {found.unit} is taken as a text of column {needed[0]}"])

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Columns that have two roles, and settings that exclude each other."""
        yield from TextKeys.problems(self, context)
        yield from self.learned.problems()
        said = [key for key in ("test_path", "split_column", "test_split") if getattr(self, key)]
        if len(said) > 1:
            yield Misfit(said[1], f"the test split is said twice; give {said[1]} or {said[0]}")
        if self.test_split and self.test_size != type(self).model_fields["test_size"].default:
            why = f"the test split is not a drawn one; write dataset.test_split.size: {self.test_size}"
            yield Misfit("test_size", why)
        if isinstance(self.target, list) and self.task not in ("multilabel", None):
            yield Misfit("target", f"several target columns are for a multilabel task; this one is {self.task}")
        if self.text and self.features and self.encoding == "padded":
            yield Misfit(
                "encoding", "padded text is word indices alone; columns beside it need multi_hot, count or tfidf"
            )
        if self.features == []:
            yield Misfit("features", "expected at least one column")
        names_features = self.features is not None or self.text
        if names_features and (unused := [each for each in self.categorical if each not in (self.features or [])]):
            beside = "Beside a text, only the columns that" if self.text else "Only the columns that"
            yield Misfit("categorical", f"column {unused[0]!r} is no feature. {beside} dataset.features names are")
        if self.ignore and names_features:
            yield Misfit("ignore", "the features are named, or there is a text: no other column is one")
        roles = self.roles
        can_be_dates = roles.features or [] if names_features else None
        yield from self.cell_problems(roles.targets, can_be_dates, self.categorical)
        for field, columns in (("features", roles.features or []), ("text", roles.texts)):
            if twice := [column for column in columns if column in (*roles.targets, roles.split)]:
                yield Misfit(field, f"column {twice[0]!r} is the target or the split: it would give the answer away")
            if self.id in columns:
                yield Misfit(field, f"column {self.id!r} names the rows, as dataset.id says: it is no feature")
            if twice := [column for column, n in Counter(columns).items() if n > 1]:
                yield Misfit(field, f"column {twice[0]!r} is named twice")
        if self.id and self.id in (*roles.targets, roles.split):
            yield Misfit("id", f"column {self.id!r} is the target or the split; another one has to name the rows")

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Columns that are not in the header of the file, or of one of both."""
        for path in self.paths(data_dir):
            read = self.read(path, rows=False)
            yield from self._wrong(path, read)

    def why_no_column(self, column: str, data_dir: Path | None) -> str:
        """That the file does not have it."""
        path = self.paths(data_dir)[0]
        columns = list(self.read(path, rows=False).frame.columns)
        return "" if column in columns else not_there(path, "column", column, columns)

    def read(self, path: Path, rows: bool = True) -> Read:
        """A file as a table, or its header alone, without rows."""
        raise NotImplementedError

    def _wrong(self, path: Path, read: Read) -> Iterator[Misfit]:
        """What is wrong with the columns of a file, with what its header may be instead."""
        for field, message in header.problems(path, list(read.frame.columns), self.roles):
            yield Misfit(field, f"{message}{read.hint}")

    def _split(self, data_dir: Path | None) -> "SplitRows":
        """The training and test rows, without those that are dropped."""
        from dlexp.components.datasets.user import splitting

        paths = self.paths(data_dir)
        rows = self._rows(paths[0])
        if self.test_path:
            split = splitting.SplitRows(train=rows, test=self._rows(paths[1], rows))
        elif self.split_column:
            split = splitting.by_column(rows, self.split_column)
        elif self.test_split:
            split = splitting.by_rows(rows, self.test_split, splitting.RowColumns(lambda: rows, self.rules))
        else:
            first, task = next(iter(self._tasks.items()))
            classes = first if task in ("binary", "multiclass", "ordinal") else None
            split = splitting.drawn(rows, self.test_size, self.split_seed, classes)
        for name, rows in (("training", split.train), ("test", split.test)):
            if not len(rows):
                raise DataError(f"{rows.path}: no row is left for the {name} split")
        return split

    def _rows(self, path: Path, train: Rows | None = None) -> Rows:
        """A file's rows that have all they need; of a file with the test split, for what the training rows have."""
        from dlexp.components.datasets.user.extra_rows import without_extra_rows
        from dlexp.components.datasets.user.left_out import (
            repeated_ids,
            without_needless_columns,
            without_repeated_names,
        )

        read = self.read(path)
        if wrong := list(self._wrong(path, read)):
            raise UserError(*(f"dataset.{field}: {message}" for field, message in wrong))
        if not len(read.frame):
            raise DataError(f"{path}: there are no rows, only names of columns")
        rows = without_repeated_names(without_extra_rows(Rows.of(path, read)))
        columns, roles = list(rows.frame.columns), self.roles
        rows = rows.remarked(*repeated_ids(rows, roles))
        if train is None:
            rows = without_needless_columns(rows, roles, self.rules.gaps)
            rows = rows.remarked(*header.similar_names(path, columns, roles))
        there = rows.frame.columns if train is None else train.frame.columns.intersection(columns)
        # A cell of labels may be empty: no label.
        needed = [name for name, task in self._tasks.items() if task != "multilabel" or isinstance(self.target, list)]
        return self.rules.gaps.without(rows, needed, roles.inputs_of(list(there)))

    def _ids(self, rows: Rows) -> Ids | None:
        """What the column of ids calls the rows; None if no setting names one, or new rows do not have it."""
        if self.id is None or self.id not in rows.frame:
            return None
        cells = rows.frame[self.id]
        return Ids(self.id, cells.map(label).where(cells.notna(), "").to_list())

    @property
    def _tasks(self) -> Mapping[str, Task]:
        """The task of each target column; of several columns of labels the same."""
        learned = self.learned
        return learned.several or dict.fromkeys(self.roles.targets, learned.only_task)

    def _beside_targets(self, rows: Rows) -> list[str]:
        """The columns that are no target, no text and do not split, whether or not they are features."""
        roles = self.roles
        return [each for each in rows.frame.columns if each not in {*roles.targets, roles.split, *roles.texts}]

    def _targets(self, train: Rows, test: Rows, is_drawn: bool) -> "Targets":
        from dlexp.components.datasets.user import columns, targets

        def given(rows: Rows) -> "dict[str, RawTargets]":
            if isinstance(self.target, list):
                return {"": columns.flags(rows, self.target)}
            tasks = self._tasks.items()
            return {name: columns.targets(rows, name, task, self.rules, self.separator) for name, task in tasks}

        learned = replace(self.learned, classes=self.target) if isinstance(self.target, list) else self.learned
        found = targets.encode(learned, given(train), given(test), is_drawn)
        numbers = [name for name, task in self._tasks.items() if task in targets.NUMBERS]
        of_numbers = [each for name in numbers for each in columns.target_remarks(train, test, name, self.rules)]
        return replace(found, remarks=[*of_numbers, *found.remarks])

    def _words(self, train: Rows, other: Rows) -> "Numbered | None":
        """The words of training rows and of others; None if no column is a text."""
        from dlexp.components.datasets.words.indices import numbered

        texts = self.roles.texts
        return numbered(train.texts(texts), other.texts(texts), self.tokens) if texts else None

    def _inputs(self, train: Rows, other: Rows, words: "Numbered | None") -> "tuple[Any, Any, list[Encoded]]":
        """The inputs of training rows and of others with their words, and the columns of features that are in them."""
        from dlexp.components.datasets.user.columns import encoded, joined
        from dlexp.components.datasets.user.lost_digits import are_wide

        features = encoded(train, other, self.roles.features_of(train.frame.columns), self.rules)
        if not words and not features:
            raise DataError(f"{train.path}: no column is left to learn from")
        of_words, scaled = (None, None), features
        if words:
            of_words = self.text_encoding.inputs_of(words.train, words.other)
            # Standardized here, since a sparse vector is not standardized by the model.
            scaled = [each.standardized() if self.standardize and each.is_number else each for each in features]
        # In float64 only on the way to the model's own standardization.
        is_wide = self.standardize and not words and are_wide(features)
        x_train = joined(of_words[0], [each.train for each in scaled], is_wide)
        return x_train, joined(of_words[1], [each.test for each in scaled], is_wide), features

    @property
    def _where_standardized(self) -> "Standardized":
        if not self.standardize:
            return "never"
        return "before the model" if self.text else "in the model"

    def _text_remarks(self, words: "Numbered", train: Rows, test: Rows) -> list[Remark]:
        """What is said of the texts: of several columns joined."""
        import numpy as np

        from dlexp.components.datasets.user.cells import Cells
        from dlexp.components.datasets.user.filled import gap_remarks
        from dlexp.components.datasets.words.text_remarks import TextSource, text_remarks

        texts = self.roles.texts
        cells = [(Cells(train, column, self.rules), Cells(test, column, self.rules)) for column in texts]
        named = f"column{'s' * (len(texts) > 1)} {' and '.join(texts)}"
        source = TextSource(
            f"{train.path}: {named}",
            lambda i: f"{train.path}: row {train.frame.index[i]}, {named}",
            lambda i: f"{test.path}: row {test.frame.index[i]}, {named}",
            texts[0] if len(texts) == 1 else "",
        )
        gaps = tuple(np.all([each.is_gap for each in part], axis=0) for part in zip(*cells, strict=True))
        filled = [remark for each in cells for remark in gap_remarks(*each, "an empty text")]
        return [*filled, *text_remarks(words, self.tokens, source, (gaps[0], gaps[1]))]


def _is_of_new(remark: Remark, path: Path) -> bool:
    """Whether it is said of cells of new rows, of which it is not known from training."""
    return remark.rule == "number_signs" and remark.place.startswith(f"{path}: ")


class Csv(CsvKeys, Table):
    """Your own CSV file, packed or not: numbers, categories or text in its columns, any kind of target."""

    type: Literal["csv"] = "csv"

    @property
    def _text_reader(self) -> TextReader:
        return TextReader(self.file_encoding, is_key=False)

    def read(self, path: Path, rows: bool = True) -> Read:
        """Everything as text: what is missing and what is a number is decided with the column's role."""
        return csv_file.read(path, self.dialect, rows)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Those of any table, and of how the file is written."""
        yield from Table.problems(self, context)
        yield from CsvKeys.problems(self, context)


class Parquet(Table):
    """Your own Parquet file: as csv, with the types of its columns; needs the extra `parquet`."""

    type: Literal["parquet"] = "parquet"

    def read(self, path: Path, rows: bool = True) -> Read:
        """Values of their column's type; texts as strings."""
        from dlexp.components.datasets.user.text_cells import with_texts

        read, roles = parquet_file.read(path, rows), self.roles
        for column in roles.features_of(list(read.frame.columns)):
            if column in read.unusable:
                raise DataError(
                    f"{path}: column {column} has a {read.unusable[column]} in each cell, which is neither a number "
                    f"nor a word; leave it out by dataset.ignore: [{quoted(column)}], or read it as dataset.text"
                )
        unused = [column for column in read.unusable if column not in (*roles.texts, *roles.targets)]
        return replace(read, frame=with_texts(path, read.frame.drop(columns=unused), roles.texts))
