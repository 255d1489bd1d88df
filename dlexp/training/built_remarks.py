"""What is said of the layers of a user's own function once they are built: what `check` warns of in those it knows."""

import re
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from dlexp.components.component import Misfit, Unfit
from dlexp.components.models.python import PythonModel
from dlexp.components.remarks import Remark
from dlexp.config.experiment import Experiment
from dlexp.config.head_rules import SIGMOIDS, SOFTMAXES, SQUASHED_TWICE
from dlexp.config.training_rules import alone
from dlexp.format import listed
from dlexp.training.network import Network
from dlexp.training.setting_remarks import remark_of

#: How many examples the layers are tried with, without computing anything.
N_TRIED = 5


def built_remarks(experiment: Experiment, network: Network, n: int) -> Iterator[Remark]:
    """A line on an output in front of the head, one on batch normalization, one on layers that never learn.

    `n` examples train.

    Raises:
        Unfit: The function makes more or fewer rows of features than it is given examples.
    """
    if not isinstance(experiment.model, PythonModel):
        return
    place = f"model.function: {experiment.model.function}"
    activation, units = _activation(network.features), network.features.shape[-1]
    is_output = units in {1, *(attached.head.units for attached in network.heads)}
    if activation in SOFTMAXES or (activation in SIGMOIDS and is_output):
        found = SQUASHED_TWICE.format(activation)
        yield Remark(rule="second_output", place=place, found=found)
    norm = next((layer for layer in _layers(network.model) if _is_over_examples(layer)), None)
    if norm is not None:
        found_alone = alone(f"layer {norm.name}", experiment.training.batch_size, n)
        yield from (remark_of("batch_of_one", advice) for advice in found_alone)
    rows, unreached = _tried(network)
    if rows not in {N_TRIED, None}:
        why = f"makes {rows} rows of features of {N_TRIED} examples; keep the axis of the examples, as layers do"
        raise Unfit(Misfit("model.function", f"{experiment.model.function}: {why}"))
    if unreached:
        found = f"no gradient reaches weights of {listed(network.layers_of(unreached))}, which stay as they begin"
        yield Remark(rule="no_gradient", place=place, found=found)


def _tried(network: Network) -> tuple[int | None, list[keras.Variable]]:
    """How many rows `N_TRIED` examples give, and the layers' weights that no loss depends on; nothing is computed."""
    weights = network.model.trainable_variables
    specs = [tf.TensorSpec((N_TRIED, *each.shape[1:]), each.dtype) for each in network.body.inputs]
    rows: list[int | None] = []
    unreached: list[keras.Variable] = []

    def trace(*inputs: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logits, _ = network.body(list(inputs) if len(inputs) > 1 else inputs[0], training=True)
            losses = [logits, *network.batch_penalties()]
        gradients = tape.gradient(losses, [weight.value for weight in weights])
        unreached.extend(weight for weight, each in zip(weights, gradients, strict=True) if each is None)
        rows.append(logits.shape[0])

    tf.function(trace, autograph=False).get_concrete_function(*specs)
    return rows[-1], unreached


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
