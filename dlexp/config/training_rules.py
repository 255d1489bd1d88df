"""Rules of the lint for the training: its steps, their size, and when it stops."""

import math
from collections.abc import Iterable, Iterator

from dlexp.components.columns import Column
from dlexp.components.component import Futile
from dlexp.components.data import Info
from dlexp.components.heads.head import Head
from dlexp.config.advice import Advice
from dlexp.config.experiment import Experiment, Training
from dlexp.config.layer_rules import norm_over_batch
from dlexp.config.watched import MONITOR
from dlexp.format import plural

DEFAULT_BATCH = Training().batch_size
#: Of more steps per epoch than these, a single one does not matter.
FEW_STEPS = 20


def learning_rate(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The most important hyperparameter, far from what the optimizer usually takes (Goodfellow, 11.4)."""
    optimizer = experiment.optimizer
    low, high = optimizer.usual_learning_rates
    if not low <= optimizer.learning_rate <= high:
        why = f"{optimizer.learning_rate:g} is far from what {optimizer.type} usually takes, {low:g} to {high:g}"
        yield Advice("optimizer.learning_rate", why, type(optimizer).model_fields["learning_rate"].default)


def late_schedule(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A change of the learning rate that the training does not live to see: epochs cut, or steps given for epochs."""
    yield from _of_schedule(experiment.training.schedule.late(experiment.training.epochs))


def spent_schedule(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Epochs without a learning rate learn nothing; with early stopping they may never come."""
    if experiment.training.early_stopping is None:
        yield from _of_schedule(experiment.training.schedule.spent(experiment.training.epochs))


def _of_schedule(doubts: Iterable[Futile]) -> Iterator[Advice]:
    for field, message, value in doubts:
        yield Advice(".".join(filter(None, ["training.schedule", field])), message, value)


def endless_patience(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Early stopping that waits for as many epochs as there are never stops."""
    stopping, epochs = experiment.training.early_stopping, experiment.training.epochs
    if stopping and stopping.patience >= epochs:
        path = "training.early_stopping"
        why = f"with a patience of {stopping.patience} nothing stops {plural(epochs, 'epoch')} early"
        value, change_path = (max(1, epochs // 4), "") if epochs > 1 else (None, path)
        yield Advice(f"{path}.patience", why, value, change_path)


def stopping_on_training(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The training error keeps falling while the model overfits; validation says when to stop (Goodfellow, 7.8)."""
    stopping = experiment.training.early_stopping
    if stopping is None or experiment.validation.type == "none":
        return
    monitored = Column.parse(stopping.monitor)
    if monitored.split != "validation":
        why = f"{stopping.monitor} is measured on the training examples and goes on improving while the model overfits"
        yield Advice(MONITOR, why, str(monitored.on("validation")))


def unreachable_gain(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """No epoch after the first is better by as much as `min_delta`: its weights are kept, and the training stops."""
    stopping = experiment.training.early_stopping
    span = _span(experiment, info, Column.parse(stopping.monitor)) if stopping and stopping.min_delta else None
    if stopping and span is not None and stopping.min_delta >= span:
        gain = f"{stopping.monitor} can gain {span:.3g} at most from guessing on"
        why = f"{gain}, and has to gain more than {stopping.min_delta:g}: no epoch counts as better than the first"
        yield Advice("training.early_stopping.min_delta", why, 0.0)


def _span(experiment: Experiment, info: Info, column: Column) -> float | None:
    """By how much a column can improve at most, from guessing on; None if there is no limit, or it is not known."""
    heads = experiment.head.by_target(info)
    if column.target in heads:
        head, target = heads[column.target]
        if column.metric:
            return column.metric.span(_n_classes(head, target)) if column.metric.span else None
        return _span_of_loss(head, target) if column.is_loss else None
    if column.is_loss and not experiment.head.weights:  # Of all targets, with weights that stay.
        spans = ((head.weight, _span_of_loss(head, target)) for head, target in heads.values())
        weighted = [weight * span for weight, span in spans if span is not None]
        return sum(weighted) if len(weighted) == len(heads) else None
    return None


def _n_classes(head: Head, target: Info) -> int | None:
    return target.n_classes or (head.units if head.has_unit_per_class else None)


def _span_of_loss(head: Head, target: Info) -> float | None:
    """From guessing to certainty: of cross-entropies, and of errors of probabilities or in standard deviations."""
    n_classes = _n_classes(head, target)
    settings = head.model_dump(include={"loss", "class_weight", "standardize_target"})
    if settings.get("class_weight") is not None:
        return None
    if settings["loss"] in ("mse", "mae") and settings.get("standardize_target", True):
        return 1.0
    if settings["loss"] == "binary_crossentropy":
        return math.log(2)
    is_categorical = settings["loss"] == "categorical_crossentropy" or head.type == "ordinal"
    return math.log(n_classes) if n_classes and is_categorical else None


def large_batch(experiment: Experiment, n: int | None) -> Iterator[Advice]:
    """A batch larger than the training set is one step an epoch, whatever it says."""
    batch_size = experiment.training.batch_size
    if n is not None and batch_size > max(n, DEFAULT_BATCH):
        why = f"{batch_size} of {n} training examples is one step an epoch"
        yield Advice("training.batch_size", why, min(DEFAULT_BATCH, max(1, n // 4)))


def batch_of_one(experiment: Experiment, n: int | None) -> Iterator[Advice]:
    """A sum minus its mean over one example is 0: batch normalization then gives its bias, whatever it is given.

    An epoch's last batch of one example does the same to a step, and to the statistics that validation goes by.
    """
    if norm := norm_over_batch(experiment.model):
        yield from alone(norm, experiment.training.batch_size, n)


def alone(norm: str, size: int, n: int | None) -> Iterator[Advice]:
    """That batch normalization, named `norm`, has one example in each batch of `size`, or in the last of a few."""
    if size == 1:
        why = f"over a batch of 1 example, {norm} gives its bias alone: nothing in front of it is learned"
        yield Advice("training.batch_size", why, DEFAULT_BATCH)
    elif n is not None and n % size == 1 and size < n < FEW_STEPS * size:
        why = f"the last of {n // size + 1} steps has 1 of {n} examples, over which {norm} gives its bias alone"
        yield Advice("training.batch_size", why, next(each for each in range(size + 1, n + 1) if n % each != 1))


#: Rules of the optimizer and of the keys of `training`.
TRAINING_RULES = (
    learning_rate,
    late_schedule,
    spent_schedule,
    endless_patience,
    unreachable_gain,
    stopping_on_training,
)
#: Rules of the steps of an epoch; they take how many examples train; None if only the data say.
STEP_RULES = (
    large_batch,
    batch_of_one,
)
