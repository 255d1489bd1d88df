"""What layers need of the numbers that they are given, against what the data set and its default make of these."""

from collections.abc import Iterable, Iterator

from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Info
from dlexp.components.models import Layers
from dlexp.components.models.given_numbers import Need
from dlexp.config.advice import setting
from dlexp.config.experiment import Experiment


def require_met(needs: Iterable[Need], experiment: Experiment) -> None:
    """Refuse layers of the user's own function that cannot work with what they are given.

    Raises:
        Unfit: With what to set instead.
    """
    if certain := [misfit(need, experiment) for need in needs if need.is_certain]:
        raise Unfit(*certain)


def misfits(experiment: Experiment, info: Info) -> Iterator[Misfit]:
    """Layers that cannot work with what they are given, and what to set instead."""
    return (misfit(need, experiment) for need in experiment.model.unmet(info) if need.is_certain)


def misfit(need: Need, experiment: Experiment) -> Misfit:
    """A need as a setting that cannot work."""
    mended = " and ".join(setting(path, value) for path, value in changes(need, experiment))
    return Misfit(need.path, f"{need.why}{f'; set {mended}' if mended else ''}")


def changes(need: Need, experiment: Experiment) -> list[tuple[str, object]]:
    """The settings, all at once, by which the layer gets what it needs; none if none is sure."""
    if need.given is None:
        return []
    span, fields = need.given.span, type(experiment.dataset).model_fields
    if need.given.is_standardized:
        if need.kind == "whole" and need.n and "form" in fields:
            return [("dataset.form", "word_ids"), ("dataset.vocabulary", need.n)]
        known = experiment.dataset.info().span
        if "standardize" not in fields or (known and need.kind == "scale"):
            return []
        ranges = [(f"{need.path}.value_range", known.usual)] if known and need.kind == "range" else []
        return [("dataset.standardize", False), *ranges]
    if not isinstance(experiment.model, Layers):
        return []
    if need.kind == "range":
        return [(f"{need.path}.value_range", span.usual)]
    if need.kind == "whole" and need.n and span.are_whole and span.low >= 0:
        return [(f"{need.path}.{need.argument}", int(span.high) + 1)]
    return []


def without(need: Need, model: Layers) -> list[object]:
    """The layers of a stack except the one that has a need."""
    i = int(need.path.split(".")[2])
    return [*model.layers[:i], *model.layers[i + 1 :]]
