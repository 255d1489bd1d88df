"""Experiments put together from parts of a config."""

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
    return Experiment.model_validate(merged)
