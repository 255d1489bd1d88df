"""Whether a column measures the same in two experiments: the same loss, on the same examples."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from dlexp.components.metrics import quantity_of
from dlexp.reports.comparison.compared import Compared, Role, is_of_training, role_of

Obstacle = Literal["another loss", "other examples"]

#: What makes a loss, beside the penalties on weights: where one differs, a lower loss is not a better one.
_LOSS_KEYS = ("type", "loss", "standardize_target", "label_smoothing", "class_weight", "quantiles")
#: What makes the sum of several targets' losses.
_SUM_KEYS = ("weight", "weighting")

_EVALUATED: tuple[Role, ...] = ("validation", "test")


def obstacle(a: Compared, b: Compared, column: str) -> Obstacle | None:
    """Why the values of a column cannot be compared; None if they can."""
    if not same_loss(a, b, column):
        return "another loss"
    if is_of_training(column):
        return None if any(shares_examples(a, b, role) for role in _EVALUATED) else "other examples"
    # Seconds and the like are about no examples.
    is_score = role_of(column) != "train"
    return "other examples" if is_score and not same_examples(a, b, column) else None


def same_examples(a: Compared, b: Compared, column: str) -> bool:
    """Whether a column of the validation or test split scores the same examples in both, with the same targets."""
    of_a, of_b = _examples(a, b, role_of(column)), _examples(b, a, role_of(column))
    target = a.target_of(column)
    if target and target in of_a and target in of_b:
        return of_a[target] == of_b[target]
    return of_a == of_b


def shares_examples(a: Compared, b: Compared, role: Role) -> bool:
    """Whether they have the same examples of a split, with the same targets or one of several that is the same."""
    of_a, of_b = _examples(a, b, role), _examples(b, a, role)
    return bool(set(of_a.values()) & set(of_b.values()))


def _examples(experiment: Compared, other: Compared, role: Role) -> Mapping[str, str]:
    """What tells the examples of a split from others, by target: as both recorded it, else as their settings say."""
    if experiment.recorded_examples is not None and other.recorded_examples is not None:
        return experiment.recorded_examples.get(role, {})
    return experiment.examples_by_settings.get(role, {})


def same_loss(a: Compared, b: Compared, column: str) -> bool:
    """Whether a column is no loss, or the loss is the same function in both."""
    quantity = quantity_of(column)
    if quantity == "loss":
        return _loss(a) == _loss(b)
    target = quantity.removesuffix("_loss")
    return target == quantity or _target_loss(a, target) == _target_loss(b, target)


def _loss(experiment: Compared) -> dict[str, Any]:
    """What makes its loss; a key that is off (null, 0) is as one that an older record lacks."""
    return {
        key: value
        for key, value in experiment.settings.items()
        if value and (_is_of_head(key, (*_LOSS_KEYS, *_SUM_KEYS)) or "regularizer" in key)
    }


def _target_loss(experiment: Compared, target: str) -> dict[str, Any]:
    """What makes the loss of one of several targets, which is recorded without weight and penalties."""
    own = f"head.heads.{target}."
    return {
        key: value
        for key, value in experiment.settings.items()
        if value and key.startswith(own) and _is_of_head(key, _LOSS_KEYS)
    }


def _is_of_head(key: str, names: Sequence[str]) -> bool:
    head, _, name = key.rpartition(".")
    return name in names and (head == "head" or head.startswith("head.heads.")) and key != "head.weight"


def groups(experiments: Iterable[Compared]) -> list[list[Compared]]:
    """Experiments apart that share no examples, in the order of their first ones."""
    found: list[list[Compared]] = []
    for experiment in experiments:
        group = next(
            (
                group
                for group in found
                if any(shares_examples(member, experiment, role) for member in group for role in _EVALUATED)
            ),
            None,
        )
        if group is None:
            found.append([experiment])
        else:
            group.append(experiment)
    return found
