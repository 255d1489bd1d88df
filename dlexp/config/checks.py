"""Checks between fields: settings that are right alone and cannot work together."""

from collections.abc import Iterator
from dataclasses import replace

from dlexp import registry
from dlexp.components.component import ALONE, Component, Context, Misfit, Unfit
from dlexp.components.data import Info
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.heads import Multitask
from dlexp.components.heads.head import Head, default_head
from dlexp.components.models.model import Model
from dlexp.config import input_needs, watched, xla
from dlexp.config.advice import setting
from dlexp.config.experiment import Experiment
from dlexp.config.measurable import why_no_diagnostics


def check(experiment: Experiment) -> list[Misfit]:
    """What cannot work, by dotted path; no data is read."""
    return check_dataset(experiment.dataset) or check_against(experiment, experiment.dataset.info())


def check_dataset(dataset: Dataset) -> list[Misfit]:
    """What a data set cannot be; only of one that has nothing of it `info` is known."""
    return [misfit.below("dataset") for misfit in dataset.problems(ALONE)]


def with_class_names(dataset: Dataset, info: Info) -> Info:
    """What is known of a data set, with the names that its classes have whatever it holds."""
    return info if info.class_names or info.targets else replace(info, class_names=dataset.class_names)


def completed(experiment: Experiment, info: Info) -> Experiment:
    """The experiment with the output units that its data, now loaded, needs.

    Raises:
        Unfit: What `check` could not see before: settings that do not work with this data.
    """
    experiment = completed_as_trained(experiment, info)
    if misfits := check_against(experiment, info):
        raise Unfit(*misfits)
    return experiment


def completed_as_trained(experiment: Experiment, info: Info) -> Experiment:
    """The same for an experiment on record, which an earlier version has found to work with its data."""
    head = experiment.head.completed(with_class_names(experiment.dataset, info))
    return experiment.model_copy(update={"head": head})


def change(path: str, experiment: Experiment) -> str:
    """An override that mends what `check` says of a path: of a head, its units or a monitor; else empty."""
    *around, field = path.split(".")
    stopping = experiment.training.early_stopping
    if stopping and path == watched.MONITOR:
        return watched.change(experiment, stopping.monitor)
    if around[:1] != ["head"] or field not in ("type", "units"):
        return ""
    info, head = experiment.dataset.info(), experiment.head
    if len(around) == 3 and isinstance(head, Multitask):
        info, head = info.targets[around[2]], head.heads[around[2]]
    fits = default_head(info.task)
    if field == "units" and isinstance(head, Head) and (head.units != 1 or fits != "binary"):
        return setting(path, head.units_for(info))
    return setting(".".join([*around, "type"]), fits)


def check_against(experiment: Experiment, info: Info) -> list[Misfit]:
    """What cannot work with data like this, by dotted path."""
    info = with_class_names(experiment.dataset, info)
    return [*check_data(experiment, info), *_between_parts(experiment, _context(experiment, info))]


def check_data(experiment: Experiment, info: Info) -> list[Misfit]:
    """The same for the choice of the examples alone: validation, share, resample."""
    context, dataset = _context(experiment, info), experiment.dataset
    problems = list(_problems("validation", experiment.validation, context))
    n = 0 if info.n_train is None else info.n_train - experiment.validation.count(info.n_train)
    if n > 0 and round(dataset.train_fraction * n) < 1:
        why = f"{dataset.train_fraction:g} of {n} training examples leaves none to train on"
        problems.append(Misfit("dataset.train_fraction", why))
    if dataset.resample and info.targets:
        why = "bias and variance are those of one target; name it alone as dataset.target"
        problems.append(Misfit("dataset.resample", why))
    elif dataset.resample:
        problems += _problems("dataset.resample", dataset.resample, context)
    return problems


def _context(experiment: Experiment, info: Info) -> Context:
    """What stands around each component of an experiment."""
    dataset = experiment.dataset
    whole = experiment.model_copy(update={"dataset": dataset.model_copy(update={"resample": None})})
    return Context(
        info=info,
        dataset=dataset.type,
        has_known_distribution=dataset.has_known_distribution,
        has_columns=dataset.has_columns,
        marks_validation=dataset.marks_validation,
        n_trained=whole.n_trained(info),
        epochs=experiment.training.epochs,
    )


def _problems(path: str, component: Component, context: Context) -> Iterator[Misfit]:
    return (misfit.below(path) for misfit in component.problems(context))


def _between_parts(experiment: Experiment, context: Context) -> Iterator[Misfit]:
    head, optimizer, training = experiment.head, experiment.optimizer, experiment.training
    has_trunks = isinstance(head, Multitask) and head.sharing == "none"
    unbuildable = list(_model_problems(experiment.model, experiment.dataset, context))
    yield from unbuildable or input_needs.misfits(experiment, context.info)
    yield from _problems("head", head, context)
    if isinstance(head, Head) and head.weight != 1:
        why = f"the only head has no other to be weighed against; leave out the {head.weight:g}"
        yield Misfit("head.weight", why)
    yield from _problems("optimizer", optimizer, context)
    if has_trunks and optimizer.global_clipnorm is not None:
        why = "one norm over all trunks would tie the tasks together; use clipnorm"
        yield Misfit("optimizer.global_clipnorm", why)
    if training.diagnostics and (why := why_no_diagnostics(experiment)):
        yield Misfit("training.diagnostics", why)
    if training.compile and (why := xla.why_not(experiment.model, context.info)):
        yield Misfit("training.compile", f"{why}; set {setting('training.compile', None)}")
    yield from _problems("training.schedule", training.schedule, context)
    if training.early_stopping and (why := watched.why_not(experiment, training.early_stopping.monitor)):
        yield Misfit(watched.MONITOR, why)


def _model_problems(model: Model, dataset: Dataset, context: Context) -> Iterator[Misfit]:
    info, keys = context.info, type(dataset).model_fields
    if info.inputs in model.takes:
        yield from _problems("model", model, context)
        return
    # A change is complete as it stands: no layers or function that would have to be said too.
    changes = [
        f"model: {name}"
        for name, other in registry.components("models").items()
        if info.inputs in other.takes and not any(field.is_required() for field in other.model_fields.values())
    ]
    # Text has both forms; the other one may fit.
    for encoding, inputs in (("multi_hot", "sparse"), ("padded", "word_ids")):
        if info.vocabulary and "encoding" in keys and inputs in model.takes:
            changes.append(f"dataset.encoding: {encoding}")
    given = {"numeric": "numbers", "sparse": "sparse vectors", "word_ids": "word indices"}[info.inputs]
    if "form" in keys and info.inputs == "numeric" and "word_ids" in model.takes:
        word_ids = "if they are word indices, set dataset.form=word_ids and dataset.vocabulary=<largest + 1>"
        why = f"{model.type} takes word indices, given numbers; {word_ids}; else use {changes[0]}"
        yield Misfit("model.type", why)
        return
    yield Misfit("model.type", f"{model.type} cannot take {given}; use {', or '.join(changes)}")
