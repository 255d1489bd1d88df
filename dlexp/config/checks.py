"""Checks between fields: settings that are right alone and cannot work together."""

from collections.abc import Iterator

from dlexp import registry
from dlexp.components.datasets import Info
from dlexp.components.models import Model
from dlexp.config.experiment import Experiment


def check(experiment: Experiment) -> list[tuple[str, str]]:
    """What cannot work, as (dotted path, what is wrong); no data is read."""
    if problems := experiment.dataset.problems():
        return [(f"dataset.{field}", message) for field, message in problems]
    info = experiment.dataset.info()
    return [
        *((f"validation.{field}", message) for field, message in experiment.validation.problems(info)),
        *_model_problems(experiment.model, info),
        *((f"head.{field}", message) for field, message in experiment.head.problems(info)),
    ]


def _model_problems(model: Model, info: Info) -> Iterator[tuple[str, str]]:
    if info.inputs in model.takes:
        return
    models = registry.components("models").items()
    fitting = [name for name, other in models if issubclass(other, Model) and info.inputs in other.takes]
    changes = [f"model: {name}" for name in fitting]
    # Text has both forms; the other one may fit.
    for encoding, inputs in (("multi_hot", "sparse"), ("padded", "word_ids")):
        if info.vocabulary and inputs in model.takes:
            changes.append(f"dataset.encoding: {encoding}")
    yield "model.type", f"{model.type} cannot take {_described(info)}; use {', or '.join(changes)}"


def _described(info: Info) -> str:
    return {"numeric": "numbers", "sparse": "sparse vectors", "word_ids": "word indices"}[info.inputs]
