"""Tables by the kind of their file: CSV and Parquet."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from dlexp.components import snapshot
from dlexp.components.component import Context, Misfit
from dlexp.components.data import Data
from dlexp.components.datasets.reading.read import Read
from dlexp.components.datasets.reading.text_file import TextReader
from dlexp.components.datasets.user.csv_keys import CsvKeys
from dlexp.components.datasets.user.keys import quoted
from dlexp.components.datasets.user.tables import Table
from dlexp.errors import DataError

#: The tasks of targets that are a class each.
_CLASSES = ("binary", "multiclass", "ordinal")


class Csv(CsvKeys, Table):
    """Your own CSV file, packed or not: numbers, categories or text in its columns, any kind of target."""

    type: Literal["csv"] = "csv"

    @property
    def _text_reader(self) -> TextReader:
        return TextReader(self.file_encoding, is_key=False)

    def load(self, data_dir: Path | None) -> Data:
        """As `Table.load`; a large table is kept in the cache as it is encoded."""
        from dlexp.components.datasets.reading import compact_reading, packed
        from dlexp.components.datasets.user import table_cache

        read = partial(super().load, data_dir)
        with snapshot.taken():  # What is kept under the digest is encoded from the very bytes that it is of.
            paths = self.paths(data_dir)
            if sum(map(packed.unpacked_size, paths)) < compact_reading.LEAST_BYTES:
                return read()
            key = [self.model_dump(mode="json"), list(map(str, paths)), list(self.digests(data_dir))]
            return table_cache.cached(key, read, self.row_columns(data_dir))

    def read(self, path: Path, rows: bool = True) -> Read:
        """Everything as text: what is missing and what is a number is decided with the column's role."""
        # Here, as all that reads: a command that reads no table starts without it.
        from dlexp.components.datasets.reading import csv_file

        return csv_file.read(path, self.dialect, rows)

    def read_examples(self, path: Path) -> Read:
        """A large file in little memory, where nothing in it is odd."""
        from dlexp.components.datasets.reading import csv_file
        from dlexp.components.datasets.reading.compact_reading import Wanted
        from dlexp.components.datasets.user.numerals import PLAIN

        roles, rules = self.roles, self.rules
        classes = [name for name, task in self._tasks.items() if task in _CLASSES]
        lists = [name for name, task in self._tasks.items() if task == "multilabel"]
        wanted = Wanted(
            words={*classes, *self.categorical, *([self.split_column] if self.split_column else [])},
            texts={*roles.texts, *rules.dates, *lists, *([self.id] if self.id else [])},
            missing=self.missing_values,
            has_plain_numbers=rules.notation == PLAIN,
        )
        return csv_file.read(path, self.dialect, wanted=wanted)

    def problems(self, context: Context) -> Iterator[Misfit]:
        """Those of any table, and of how the file is written."""
        yield from Table.problems(self, context)
        yield from CsvKeys.problems(self, context)


class Parquet(Table):
    """Your own Parquet file: as csv, with the types of its columns; needs the extra `parquet`."""

    type: Literal["parquet"] = "parquet"

    def read(self, path: Path, rows: bool = True) -> Read:
        """Values of their column's type; texts as strings."""
        from dlexp.components.datasets.reading import parquet_file
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
