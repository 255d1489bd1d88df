"""What is said of the layers of a user's own function once they are built: what `check` warns of in those it knows."""

import re
from collections.abc import Iterator
from typing import Any

import keras

from dlexp.components.models.python import PythonModel
from dlexp.components.remarks import Remark
from dlexp.config.experiment import Experiment
from dlexp.config.head_rules import SIGMOIDS, SOFTMAXES, SQUASHED_TWICE
from dlexp.config.training_rules import alone
from dlexp.training.network import Network
from dlexp.training.setting_remarks import remark_of


def built_remarks(experiment: Experiment, network: Network, n: int) -> Iterator[Remark]:
    """A line on an output in front of the head, and one on batch normalization; `n` examples train."""
    if not isinstance(experiment.model, PythonModel):
        return
    activation, units = _activation(network.features), network.features.shape[-1]
    is_output = units in {1, *(attached.head.units for attached in network.heads)}
    if activation in SOFTMAXES or (activation in SIGMOIDS and is_output):
        found = SQUASHED_TWICE.format(activation)
        yield Remark(rule="second_output", place=f"model.function: {experiment.model.function}", found=found)
    norm = next((layer for layer in _layers(network.model) if _is_over_examples(layer)), None)
    if norm is not None:
        found_alone = alone(f"layer {norm.name}", experiment.training.batch_size, n)
        yield from (remark_of("batch_of_one", advice) for advice in found_alone)


def _activation(features: Any) -> str:
    """The function whose output features are, of a layer or by itself, by Keras's name."""
    made_by = features._keras_history.operation
    while isinstance(made_by, keras.Model):
        made_by = made_by.outputs[0]._keras_history.operation
    function = getattr(made_by, "activation", made_by)
    name = getattr(function, "__name__", type(function).__name__)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """All of them, those of models within it too."""
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]


def _is_over_examples(layer: keras.layers.Layer) -> bool:
    """Whether it is batch normalization of vectors."""
    is_norm = isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    return is_norm and layer.input_spec is not None and layer.input_spec.ndim == 2
