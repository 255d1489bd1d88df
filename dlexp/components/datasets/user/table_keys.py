"""The keys of the user's own tables: where they lie, how their rows are split, what their columns are for."""

from typing import Annotated

from pydantic import Field

from dlexp.components.component import OneOf, Settings
from dlexp.components.data import Task
from dlexp.components.datasets.user.keys import ColumnName, Name, UserPath
from dlexp.components.identity_rules import AddedLater, DataPath
from dlexp.components.validations import GroupSplit, TimeSplit

#: How the rows of a test split are chosen that is not drawn.
TestRows = Annotated[TimeSplit | GroupSplit, OneOf(TimeSplit, GroupSplit)]


class TableKeys(Settings):
    """The keys of every table."""

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
