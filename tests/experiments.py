"""Experiments put together from parts of a config."""

from collections.abc import Mapping
from typing import Any

from dlexp.config.experiment import Experiment

DIGITS = {"dataset": {"type": "digits"}, "head": {"type": "multiclass", "units": 10}}
IRIS = {"dataset": {"type": "iris"}, "head": {"type": "multiclass", "units": 3}}
DIABETES = {"dataset": {"type": "diabetes"}, "head": {"type": "regression", "units": 1}}
CANCER = {"dataset": {"type": "breast_cancer"}, "head": {"type": "binary", "units": 1}}
IMDB = {"dataset": {"type": "imdb", "num_words": 500}, "head": {"type": "binary", "units": 1}}
REUTERS = {"dataset": {"type": "reuters", "num_words": 500}, "head": {"type": "multiclass", "units": 46}}
PADDED = {
    "dataset": {"type": "imdb", "num_words": 500, "encoding": "padded", "maxlen": 40},
    "model": {"type": "embedding"},
    "head": {"type": "binary", "units": 1},
}
L2 = {"model": {"type": "mlp", "kernel_regularizer": {"type": "l2", "l2": 0.01}}}


def experiment(*parts: dict[str, Any]) -> Experiment:
    """An experiment from parts of a config."""
    merged: dict[str, Any] = {"name": "test"}
    for part in parts:
        merged |= part
    found = Experiment.model_validate(merged)
    # As a config is loaded.
    validation = found.validation.settled(found.dataset.info(), found.dataset.is_users_own)
    return found.model_copy(update={"validation": validation})


def unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The config that `flatten` made flat."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        *around, last = path.split(".")
        inner = nested
        for key in around:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return {key: _with_lists(value) for key, value in nested.items()}


def _with_lists(value: Any) -> Any:
    """Mappings with the keys 0, 1, ... back into lists."""
    if not isinstance(value, dict) or not value:
        return value
    items = {key: _with_lists(item) for key, item in value.items()}
    return list(items.values()) if list(items) == [str(i) for i in range(len(items))] else items
