"""Which columns early stopping can watch, and why not another."""

from pydantic import ValidationError

from dlexp.components.columns import Column
from dlexp.components.heads import Multitask
from dlexp.components.heads.head import Head
from dlexp.config.advice import setting
from dlexp.config.experiment import Experiment
from dlexp.near_words import did_you_mean, nearest

MONITOR = "training.early_stopping.monitor"


def why_not(experiment: Experiment, monitor: str) -> str:
    """Why a column cannot be watched; empty if it can."""
    choices, column = experiment.judged_columns, Column.parse(monitor)
    if monitor in choices:
        return ""
    if monitor in experiment.history_columns:
        why = f"neither way is better of '{monitor}'."
    elif column.split == "validation" and experiment.validation.type == "none":
        why = f"'{monitor}' needs validation examples, and validation is none."
    elif column.split == "test":
        why = f"'{monitor}' is measured once, after the training."
    elif with_metric(experiment, column):
        why = f"'{monitor}' is not among the metrics."
    else:
        why = f"unknown column '{monitor}'.{did_you_mean(monitor, choices)}"
    return f"{why} Choose from: {', '.join(choices)}"


def change(experiment: Experiment, monitor: str) -> str:
    """An override with which the column, or the nearest one, can be watched."""
    choices, column = experiment.judged_columns, Column.parse(monitor)
    if column.split in ("validation", "test"):
        column = column.on("train" if experiment.validation.type == "none" else "validation")
    if str(column) in choices:
        return setting(MONITOR, str(column))
    if metrics := with_metric(experiment, column):
        return metrics
    return setting(MONITOR, nearest(monitor, choices) or ("val_loss" if "val_loss" in choices else "loss"))


def with_metric(experiment: Experiment, column: Column) -> str:
    """The override by which a head measures a column of the history, if one can."""
    head, path = experiment.head, "head"
    if isinstance(head, Multitask):
        if column.target not in head.heads or "." in column.target:  # No override reaches that.
            return ""
        head, path = head.heads[column.target], f"head.heads.{column.target}"
    elif column.target:
        return ""
    is_recorded = column.split in ("train", "validation") and not column.best
    metrics = [*head.metrics, column.quantity]
    return setting(f"{path}.metrics", metrics) if is_recorded and _takes(head, metrics) else ""


def _takes(head: Head, metrics: list[str]) -> bool:
    """Whether a head can measure these."""
    try:
        type(head).model_validate({**head.model_dump(), "metrics": metrics})
    except ValidationError:
        return False
    return True
