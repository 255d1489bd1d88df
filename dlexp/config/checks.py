"""Checks between fields: settings that are right alone and cannot work together."""

from collections.abc import Iterator

from dlexp import registry
from dlexp.components.data import Info
from dlexp.components.heads import Head, Multitask, TargetHead, default_head
from dlexp.components.models import Model
from dlexp.components.models.model import Stack
from dlexp.config.advice import setting
from dlexp.config.columns import judged_columns
from dlexp.config.experiment import Experiment
from dlexp.errors import UserError, did_you_mean, nearest


def check(experiment: Experiment) -> list[tuple[str, str]]:
    """What cannot work, as (dotted path, what is wrong); no data is read."""
    if problems := experiment.dataset.problems():
        return [(f"dataset.{field}", message) for field, message in problems]
    return check_against(experiment, experiment.dataset.info())


def completed(experiment: Experiment, info: Info) -> Experiment:
    """The experiment with the output units that its data, now loaded, needs.

    Raises:
        UserError: What `check` could not see before: settings that do not work with this data.
    """
    experiment = experiment.model_copy(update={"head": experiment.head.completed(info)})
    if problems := check_against(experiment, info):
        raise UserError(*(f"{path}: {message}" for path, message in problems))
    return experiment


def change(path: str, experiment: Experiment) -> str:
    """An override that mends what `check` says of a path: of a head, its units or a monitor; else empty."""
    *around, field = path.split(".")
    stopping = experiment.training.early_stopping
    if stopping and path == "training.early_stopping.monitor":
        choices = judged_columns(experiment)
        return setting(path, nearest(stopping.monitor, choices) or ("val_loss" if "val_loss" in choices else "loss"))
    if around[:1] != ["head"] or field not in ("type", "units"):
        return ""
    info, head = experiment.dataset.info(), experiment.head
    if len(around) == 3 and isinstance(head, Multitask):
        info, head = info.targets[around[2]], head.heads[around[2]]
    fits = default_head(info.task)
    if field == "units" and isinstance(head, TargetHead) and (head.units != 1 or fits != "binary"):
        return setting(path, head.units_for(info))
    return setting(".".join([*around, "type"]), fits)


def check_against(experiment: Experiment, info: Info) -> list[tuple[str, str]]:
    """What cannot work with data like this, as (dotted path, what is wrong)."""
    return [
        *check_data(experiment, info),
        *_model_problems(experiment.model, info),
        *((f"head.{field}", message) for field, message in experiment.head.problems(info)),
        *_weight_problems(experiment.head),
        *((f"optimizer.{field}", message) for field, message in experiment.optimizer.problems()),
        *_apart_problems(experiment),
        *_training_problems(experiment),
    ]


def check_data(experiment: Experiment, info: Info) -> list[tuple[str, str]]:
    """The same for the choice of the examples alone: validation, share, resample."""
    return [
        *((f"validation.{field}", message) for field, message in experiment.validation.problems(info)),
        *_train_fraction_problems(experiment, info),
        *_resample_problems(experiment, info),
    ]


def _train_fraction_problems(experiment: Experiment, info: Info) -> Iterator[tuple[str, str]]:
    if info.n_train is None:
        return
    fraction, n = experiment.dataset.train_fraction, info.n_train - experiment.validation.count(info.n_train)
    if n > 0 and round(fraction * n) < 1:
        yield "dataset.train_fraction", f"{fraction:g} of {n} training examples leaves none to train on"


def _resample_problems(experiment: Experiment, info: Info) -> Iterator[tuple[str, str]]:
    dataset, n = experiment.dataset, None
    if info.n_train is not None:
        whole = dataset.model_copy(update={"resample": None})
        n = whole.reduced_count(info.n_train - experiment.validation.count(info.n_train))
    if dataset.resample and info.targets:
        yield "dataset.resample", "bias and variance are those of one target; name it alone as dataset.target"
    elif dataset.resample:
        yield from ((f"dataset.resample.{field}", message) for field, message in dataset.resample.problems(dataset, n))


def _weight_problems(head: Head) -> Iterator[tuple[str, str]]:
    if isinstance(head, TargetHead) and head.weight != 1:
        yield "head.weight", f"the only head has no other to be weighed against; leave out the {head.weight:g}"


def _model_problems(model: Model, info: Info) -> Iterator[tuple[str, str]]:
    if info.inputs in model.takes:
        yield from ((f"model.{field}", message) for field, message in model.problems(info))
        return
    models = registry.components("models").items()
    fitting = {name: other for name, other in models if issubclass(other, Model) and info.inputs in other.takes}
    # A change is complete as it stands: no layers or function that would have to be said too.
    changes = [
        f"model: {name}"
        for name, other in fitting.items()
        if not any(field.is_required() for field in other.model_fields.values())
    ]
    # Text has both forms; the other one may fit.
    for encoding, inputs in (("multi_hot", "sparse"), ("padded", "word_ids")):
        if info.vocabulary and inputs in model.takes:
            changes.append(f"dataset.encoding: {encoding}")
    yield "model.type", f"{model.type} cannot take {_described(info)}; use {', or '.join(changes)}"


def _apart_problems(experiment: Experiment) -> Iterator[tuple[str, str]]:
    is_apart = isinstance(experiment.head, Multitask) and experiment.head.sharing == "none"
    if is_apart and experiment.optimizer.global_clipnorm is not None:
        yield "optimizer.global_clipnorm", "one norm over all trunks would tie the tasks together; use clipnorm"


def _training_problems(experiment: Experiment) -> Iterator[tuple[str, str]]:
    training = experiment.training
    if training.diagnostics and isinstance(experiment.head, Multitask) and experiment.head.sharing == "none":
        yield "training.diagnostics", "diagnostics look at one trunk; head.sharing: none has several"
    if training.diagnostics and not isinstance(experiment.model, Stack):
        yield "training.diagnostics", f"diagnostics look at hidden layers by number; {experiment.model.type} has none"
    for field, message in training.schedule.problems(training.epochs):
        yield f"training.schedule.{field}", message
    stopping, choices = training.early_stopping, judged_columns(experiment)
    if stopping and stopping.monitor not in choices:
        hint = did_you_mean(stopping.monitor, choices)
        yield (
            "training.early_stopping.monitor",
            f"unknown column '{stopping.monitor}'.{hint} Choose from: {', '.join(choices)}",
        )


def _described(info: Info) -> str:
    return {"numeric": "numbers", "sparse": "sparse vectors", "word_ids": "word indices"}[info.inputs]
