"""The user's own tables: one row per example, one column per feature, text or target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.components.component import Context, Misfit
from dlexp.components.data import N_FIRST, Array, Data, Ids, Info, NewExamples, Split, SplitName, Task
from dlexp.components.datasets.dataset import MAX_SHOWN, Dataset
from dlexp.components.datasets.reading import files
from dlexp.components.datasets.reading.read import Read
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user import header
from dlexp.components.datasets.user.cell_keys import CellKeys
from dlexp.components.datasets.user.keys import Target, TargetKeys, not_there
from dlexp.components.datasets.user.labels import label
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.datasets.user.table_keys import TableKeys
from dlexp.components.datasets.words.encoding import TextKeys, TokenKeys
from dlexp.components.remarks import Remark
from dlexp.components.validations import RandomSplit, Validation
from dlexp.errors import DataError

if TYPE_CHECKING:
    from dlexp.components.datasets.user.kinds import CellRules
    from dlexp.components.datasets.user.splitting import RowColumns, SplitRows
    from dlexp.components.datasets.user.table_inputs import InputRules, TableInputs
    from dlexp.components.datasets.user.targets import Targets


class Table(TableKeys, TargetKeys, CellKeys, TextKeys, TokenKeys, Dataset):
    """A table with a header, read by pandas; its rows are counted from 1, without the header."""

    is_users_own = True
    marking_key = "split_column"
    has_columns = True

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
            return replace(self.learned.info("numeric"), standardize=self.standardize)
        encoding = self.text_encoding
        shape = () if self.features else encoding.shape
        return replace(self.learned.info(encoding.inputs), shape=shape, vocabulary=self.num_words)

    @property
    def _tasks(self) -> Mapping[str, Task]:
        """The task of each target column; of several columns of labels the same."""
        learned = self.learned
        return learned.several or dict.fromkeys(self.roles.targets, learned.only_task)

    @property
    def _input_rules(self) -> "InputRules":
        """How the columns become inputs."""
        from dlexp.components.datasets.user.table_inputs import InputRules

        return InputRules(
            roles=self.roles,
            cells=self.rules,
            tokens=self.tokens,
            text_encoding=self.text_encoding,
            standardize=self.standardize,
        )

    def paths(self, data_dir: Path | None) -> list[Path]:
        """The file, or both."""
        return [files.find_users(path, data_dir) for path in (self.path, self.test_path) if path]

    def load(self, data_dir: Path | None) -> Data:
        """Split first: nothing but the training split decides on the words, the categories and what fills gaps."""
        from dlexp.components.datasets.user import shown_rows, subjects, time_order, uses

        split, roles = self._split(data_dir), self.roles
        train, test = split.train, split.test
        targets, rules = self._targets(split), self._input_rules
        inputs = rules.inputs(train, test)
        counted = replace(self.info(), n_train=len(train), n_test=len(test))
        info = targets.complete(rules.complete(counted, inputs))
        columns, beside_targets = roles.features_of(train.columns), roles.beside_targets(train.columns)
        kept = shown_rows.kept(test, list(dict.fromkeys([*columns[:MAX_SHOWN], *roles.texts])))
        return Data(
            Split(inputs.train, targets.train),
            Split(inputs.other, targets.test),
            info=info,
            rows={"train": train.numbers, "test": test.numbers},
            names={"train": train.numbers, "test": test.numbers},
            uses=uses.uses(train.columns, roles, inputs.features),
            test_ids=self._ids(test),
            first=train.shown(columns, roles.texts, range(min(N_FIRST, len(train)))),
            decode=partial(kept.shown, columns, roles.texts),
            test_choice=split.test_choice,
            marked=split.marked,
            columns=self.row_columns(data_dir),
            time_order=time_order.found(train, beside_targets, self.rules),
            subject=subjects.found(train, beside_targets),
            remarks=self._remarks(split, targets, inputs, info),
        )

    def row_columns(self, data_dir: Path | None) -> "RowColumns":
        """The columns by which the training rows can be split: the file is read again where that is asked for."""
        from dlexp.components.datasets.user.splitting import RowColumns

        return RowColumns(lambda: self._split(data_dir).train, self.rules)

    def _remarks(self, split: "SplitRows", targets: "Targets", inputs: "TableInputs", info: Info) -> list[Remark]:
        """What is said of the data, in the order in which they are read."""
        from dlexp.components.datasets.user import lost_digits, needless_features

        train, test, features, rules = split.train, split.test, inputs.features, self._input_rules
        return [
            *dict.fromkeys([*train.remarks, *test.remarks]),
            *targets.remarks,
            *(remark for each in features for remark in each.remarks),
            *needless_features.remarks(train, features, self.roles, self.rules.gaps, info, targets.train),
            *(rules.text_remarks(inputs.words, train, test) if inputs.words else ()),
            *lost_digits.remarks(train, features, self.roles, rules.where_standardized),
        ]

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
        return rows.shown(roles.features_of(split.train.columns), roles.texts, positions)

    def new_examples(self, path: Path, data_dir: Path | None) -> NewExamples:
        """Rows of a table with the same columns, of which targets and split may be missing."""
        import numpy as np
        import pandas as pd

        from dlexp.components.datasets.user import columns, new_texts, out_of_range
        from dlexp.components.datasets.user.extra_rows import without_extra_rows
        from dlexp.components.datasets.user.new_examples import require_examples

        train, gaps, alone = (
            self._split(data_dir).train,
            self.rules.gaps,
            new_texts.instead_of_table(path, self._text_reader, self.roles),
        )
        read = Read(pd.DataFrame({self.roles.texts[0]: alone.texts})) if alone else self.read(path)
        new = without_extra_rows(Rows(path, read.table, tuple(read.remarks)), are_new=True)
        require_examples(path, len(new))
        for column in self.roles.inputs_of(train.columns):
            header.require_one(path, column, new.columns, read.hint)
            gaps.require_known(new, column)
        inputs = self._input_rules.inputs(train, new)
        names = alone.names if alone else [str(i) for i in new.numbers]
        notes = [
            *(alone.notes if alone else ()),
            *(f"{each.place}: {each.found}" for each in new.remarks),
            *columns.notes(new, inputs.features, gaps),
            *out_of_range.notes(new, inputs.features, self.rules),
        ]
        if inputs.words:
            is_gap = np.all([gaps.of(new, column) for column in gaps.texts], axis=0)
            notes += self.text_encoding.notes(inputs.words.other, names, is_gap)
        return NewExamples(inputs.other, names, notes, self._ids(new))

    @property
    def _text_reader(self) -> TextReader:
        """What reads new texts that are in no table."""
        return TextReader(is_key=False)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Columns that have two roles, and settings that exclude each other."""
        yield from TextKeys.problems(self, context)
        yield from self.learned.problems()
        roles = self.roles
        yield from self._problems_of_split()
        if isinstance(self.target, list) and self.task not in ("multilabel", None):
            yield Misfit("target", f"several target columns are for a multilabel task; this one is {self.task}")
        if self.text and self.features and self.encoding == "padded":
            yield Misfit(
                "encoding", "padded text is word indices alone; columns beside it need multi_hot, count or tfidf"
            )
        yield from roles.problems()
        can_be_dates = None if roles.takes_all else roles.features or []
        yield from self.cell_problems(roles.targets, can_be_dates, self.categorical)

    def _problems_of_split(self) -> Iterator[Misfit]:
        said = [key for key in ("test_path", "split_column", "test_split") if getattr(self, key)]
        if len(said) > 1:
            yield Misfit(said[1], f"the test split is said twice; give {said[1]} or {said[0]}")
        if self.test_split and self.test_size != type(self).model_fields["test_size"].default:
            why = f"the test split is not a drawn one; write dataset.test_split.size: {self.test_size}"
            yield Misfit("test_size", why)

    def misfits(self, data_dir: Path | None) -> Iterator[Misfit]:
        """Columns that are not in the header of the file, or of one of both."""
        roles, paths = self.roles, self.paths(data_dir)
        for path in paths:
            read = self.read(path, rows=False)
            yield from header.problems(path, read, roles)
            if path == paths[0]:
                yield from header.unknown_ignored(path, list(read.frame.columns), roles)

    def why_no_column(self, column: str, data_dir: Path | None) -> str:
        """That the file does not have it."""
        path = self.paths(data_dir)[0]
        columns = list(self.read(path, rows=False).frame.columns)
        return "" if column in columns else not_there(path, "column", column, columns)

    def read_examples(self, path: Path) -> Read:
        """A file as a table whose rows are all encoded."""
        return self.read(path)

    def read(self, path: Path, rows: bool = True) -> Read:
        """A file as a table, or its header alone, without rows."""
        raise NotImplementedError

    def _ids(self, rows: Rows) -> Ids | None:
        """What the column of ids calls the rows; None if no setting names one, or new rows do not have it."""
        if self.id is None or self.id not in rows.columns:
            return None
        cells = rows.given(self.id)
        return Ids(self.id, cells.map(label).where(cells.notna(), "").to_list())

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
        """Those of a file; of a file with the test split, for what the training rows have."""
        from dlexp.components.datasets.user.table_rows import table_rows

        # A cell of labels may be empty: no label.
        needed = [name for name, task in self._tasks.items() if task != "multilabel" or isinstance(self.target, list)]
        return table_rows(path, self.read_examples(path), self.roles, self.rules.gaps, needed, train)

    def _targets(self, split: "SplitRows") -> "Targets":
        from dlexp.components.datasets.user import target_columns

        if isinstance(self.target, list):
            return target_columns.of_flags(split, self.learned, self.target)
        return target_columns.of_columns(split, self.learned, self._tasks, self.rules, self.separator)
