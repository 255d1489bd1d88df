"""Columns of a table of which float32 or float64 keeps too little."""

from collections.abc import Iterator, Sequence

from dlexp.components import precision
from dlexp.components.datasets.user.columns import Encoded
from dlexp.components.datasets.user.header import without
from dlexp.components.datasets.user.roles import Roles
from dlexp.components.datasets.user.rows import Rows
from dlexp.components.remarks import Remark


def are_wide(features: Sequence[Encoded]) -> bool:
    """Whether float32 loses a number of the training split."""
    return any(loss.is_wide for each in features for loss in each.losses)


def remarks(
    train: Rows, features: Sequence[Encoded], roles: Roles, standardized: precision.Standardized
) -> Iterator[Remark]:
    """What is said of the numbers that are lost."""
    for each in features:
        if not each.losses and not each.may_be_merged:
            continue
        key, columns = without(roles, [each.column]), each.train.T
        for loss in each.losses:
            place = f"{train.path}: column {each.column}"
            yield from precision.remarks(place, columns[loss.column], loss, standardized, key)
        if each.may_be_merged and (found := precision.merged(train.given(each.column), columns[0])):
            yield precision.merged_remark(train.where(found.position, each.column), found, key)
