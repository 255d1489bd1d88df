"""Rules of the lint for the training: its steps, their size, and when it stops."""

from collections.abc import Iterator

from dlexp.components.columns import Column
from dlexp.components.data import Info
from dlexp.config.advice import Advice
from dlexp.config.experiment import Experiment
from dlexp.format import plural


def learning_rate(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The most important hyperparameter, far from what the optimizer usually takes (Goodfellow, 11.4)."""
    optimizer = experiment.optimizer
    low, high = optimizer.usual_learning_rates
    if not low <= optimizer.learning_rate <= high:
        why = f"{optimizer.learning_rate:g} is far from what {optimizer.type} usually takes, {low:g} to {high:g}"
        yield Advice("optimizer.learning_rate", why, type(optimizer).model_fields["learning_rate"].default)


def large_batch(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A batch larger than the training set is one step an epoch, whatever it says."""
    n, batch_size = experiment.n_trained(info), experiment.training.batch_size
    if n is not None and batch_size > n:
        why = f"{batch_size} of {n} training examples is one step an epoch"
        yield Advice("training.batch_size", why, min(32, n))


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
        yield Advice("training.early_stopping.monitor", why, str(monitored.on("validation")))


#: Rules of the optimizer and of the keys of `training`.
TRAINING_RULES = (
    learning_rate,
    large_batch,
    endless_patience,
    stopping_on_training,
)
