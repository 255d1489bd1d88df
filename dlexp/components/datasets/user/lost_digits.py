"""Columns of a table of which float32 or float64 keeps too little."""

from collections.abc import Iterator, Sequence

from dlexp.components import precision
from dlexp.components.data import Array
from dlexp.components.datasets.user.columns import Encoded
from dlexp.components.datasets.user.header import without
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark


def are_wide(features: Sequence[Encoded]) -> bool:
    """Whether float32 loses a number of the training split."""
    return any(precision.is_lost(column) for _, column in _numbers(features))


def remarks(
    train: Rows, features: Sequence[Encoded], roles: Roles, standardized: precision.Standardized
) -> Iterator[Remark]:
    """What is said of the numbers that are lost."""
    for each, column in _numbers(features):
        key = without(roles, [each.column])
        for loss in precision.losses(column[:, None]):
            place = f"{train.path}: column {each.column}"
            yield from precision.remarks(place, column, loss, standardized, key)
        if len(each.names) == 1 and (found := precision.merged(train.frame[each.column], column)):
            yield precision.merged_remark(train.where(found.position, each.column), found, key)


def _numbers(features: Sequence[Encoded]) -> Iterator[tuple[Encoded, Array]]:
    """Each column of numbers in the training split."""
    return ((each, column) for each in features if each.is_number for column in each.train.T)
