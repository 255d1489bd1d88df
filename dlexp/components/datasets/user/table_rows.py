"""The rows of a table's file, without those and the columns that are left out of it."""

from collections.abc import Sequence
from pathlib import Path

from dlexp.components.datasets.reading.read import Read
from dlexp.components.datasets.user import header
from dlexp.components.datasets.user.extra_rows import without_extra_rows
from dlexp.components.datasets.user.gaps import Gaps
from dlexp.components.datasets.user.left_out import repeated_ids, without_needless_columns, without_repeated_names
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.errors import DataError, UserError


def table_rows(
    path: Path, read: Read, roles: Roles, gaps: Gaps, needed: Sequence[str], train: Rows | None = None
) -> Rows:
    """A file's rows that have all they need; of a file with the test split, for what the training rows have.

    `needed` are the columns of targets of which no cell may be empty.

    Raises:
        DataError: There are no rows, or a cell that is missing is refused.
        UserError: The file has no such column, or two.
    """
    if wrong := list(header.problems(path, read, roles)):
        raise UserError(*(f"dataset.{field}: {message}" for field, message in wrong))
    if not len(read.table):
        raise DataError(f"{path}: there are no rows, only names of columns")
    rows = without_repeated_names(without_extra_rows(Rows(path, read.table, tuple(read.remarks))))
    columns = rows.columns
    rows = rows.remarked(*repeated_ids(rows, roles))
    if train is None:
        rows = without_needless_columns(rows, roles, gaps)
        rows = rows.remarked(*header.similar_names(path, columns, roles))
    there = rows.columns if train is None else [column for column in train.columns if column in columns]
    return gaps.without(rows, needed, roles.inputs_of(there))
