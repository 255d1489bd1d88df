"""Whether a column measures the same in two experiments: the same loss, on the same examples."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from dlexp import registry
from dlexp.components.columns import Column, Role
from dlexp.components.component import MakesLoss
from dlexp.reports.comparison.compared import Compared

Obstacle = Literal["another loss", "other examples"]


def obstacle(a: Compared, b: Compared, column: Column) -> Obstacle | None:
    """Why the values of a column cannot be compared; None if they can."""
    if not same_loss(a, b, column):
        return "another loss"
    if column.split == "train" and not column.is_judged:  # Seconds and the like are about no examples.
        return None
    is_same = shares_examples(a, b) if column.split == "train" else same_examples(a, b, column)
    return None if is_same else "other examples"


def same_examples(a: Compared, b: Compared, column: Column) -> bool:
    """Whether a column of the validation or test split scores the same examples in both, with the same targets."""
    # Of a gap those of the test split decide: training scores need no same examples.
    split = "test" if column.split == "gap" else column.split
    of_a, of_b = _examples(a, b, split), _examples(b, a, split)
    if column.target in of_a and column.target in of_b:
        return of_a[column.target] == of_b[column.target]
    return of_a == of_b


def shares_examples(a: Compared, b: Compared) -> bool:
    """Whether they score the same examples of a split, with the same targets or one of several that is the same."""
    roles: tuple[Role, ...] = ("validation", "test")
    return any(set(_examples(a, b, role).values()) & set(_examples(b, a, role).values()) for role in roles)


def _examples(experiment: Compared, other: Compared, role: Role) -> Mapping[str, str]:
    """What tells the examples of a split from others, by target: as both recorded it, else as their settings say."""
    if experiment.recorded_examples is not None and other.recorded_examples is not None:
        return experiment.recorded_examples.get(role, {})
    return experiment.examples_by_settings.get(role, {})


def same_loss(a: Compared, b: Compared, column: Column) -> bool:
    """Whether a column is no loss, or the loss is the same function in both."""
    return not column.is_loss or _loss(a, column.target) == _loss(b, column.target)


def _loss(experiment: Compared, target: str) -> dict[str, Any]:
    """What makes its loss, or that of one of several targets, which is recorded without weight and penalties.

    A key that is off (null, 0) is as one that an older record lacks.
    """
    head, names = f"head.heads.{target}." if target else "head.", _loss_keys(is_sum=not target)
    found = {}
    for key, value in experiment.settings.items():
        # `class_weight.spam` is of the key `class_weight`.
        below = key.removeprefix("head.").split(".")
        own = below[2:] if below[0] == "heads" else below
        is_of_head = key.startswith(head) and own[:1] and own[0] in names and key != "head.weight"
        if value and (is_of_head or ("regularizer" in key and not target)):
            found[key] = value
    return found


@cache
def _loss_keys(is_sum: bool) -> set[str]:
    """The keys of heads on which a loss depends, or the sum of several."""
    fields = (pair for head in registry.components("heads").values() for pair in head.model_fields.items())
    marks = ((name, mark) for name, field in fields for mark in field.metadata if isinstance(mark, MakesLoss))
    return {"type", "loss", *(name for name, mark in marks if is_sum or not mark.in_sum)}
