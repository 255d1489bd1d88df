"""From a config and data to the model that is saved and the part of it that is trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from dlexp.components.columns import Column, Role
from dlexp.components.data import Info, Split
from dlexp.components.heads.head import Head, Output, Part
from dlexp.components.heads.multitask import prefix_layers
from dlexp.config.experiment import Experiment
from dlexp.records.ended import Layer

#: Where the only target stands.
WHOLE = Part(logits=slice(None), prediction=slice(None))


@dataclass(frozen=True)
class AttachedHead:
    """The head of one target, and where it stands among all logits and predictions of the network."""

    name: str
    """The target's; empty for the only one."""
    head: Head
    info: Info
    part: Part

    def column(self, quantity: str, role: Role = "train") -> str:
        """The column of a metric, or of its loss or weight, on a split."""
        return str(Column(quantity=quantity, target=self.name, split=role))


@dataclass(frozen=True, kw_only=True)
class Network:
    """One set of layers, seen in two ways.

    `model` is what is saved: from raw inputs to predictions on the natural scale. `body` starts where a batch is first
    touched by training and ends in `[logits, predictions]`. Between the two lies what is done to all examples at once
    (`standardize`) or by another kernel (`first`); both stay layers of `model`, so there is only one set of weights.
    """

    model: keras.Model
    body: keras.Model
    output: Output
    standardize: keras.layers.Layer | None
    first: Sequence[keras.layers.Dense]
    """The first layer, where its input is sparse: training multiplies its kernel by scipy. One per trunk, else none."""
    info: Info
    heads: Sequence[AttachedHead]
    """One per target; mostly one."""

    def layers(self) -> list[Layer]:
        """The saved model's layers in their order: name, Keras's class, output shape without the batch, parameters."""
        return [
            {
                "name": layer.name,
                "type": type(layer).__name__,
                "output_shape": list(layer.output.shape[1:]),
                "parameters": layer.count_params(),
            }
            for layer in self.model.layers
        ]

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All that a step changes: the layers' weights, then what the heads train beside them."""
        return [*self.model.trainable_variables, *self.output.variables]

    def get_weights(self) -> list[np.ndarray]:
        """The model's weights, batch statistics included, then what the heads train beside them."""
        return [*self.model.get_weights(), *(variable.numpy() for variable in self.output.variables)]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Go back to what `get_weights` gave."""
        n = len(self.model.weights)
        self.model.set_weights(weights[:n])
        for variable, weight in zip(self.output.variables, weights[n:], strict=True):
            variable.assign(weight)


def build(experiment: Experiment, info: Info, train: Split, seed: int) -> Network:
    """Build the layers with initial weights that depend on the seed alone."""
    # Layer names and random seeds start from the beginning: nothing depends on what this process did before.
    keras.backend.clear_session()
    inputs = keras.Input(info.shape, dtype="int32" if info.inputs == "word_ids" else "float32", name="inputs")
    standardize = _standardization(train.x, info.standardize) if info.standardize else None
    x = standardize(inputs) if standardize else inputs

    def trunk(name: str) -> keras.KerasTensor:
        # Each trunk starts as that of a network of its own would.
        keras.utils.set_random_seed(seed)
        features = experiment.model.build(x, info)
        if name:
            prefix_layers(name, x, features)
        return features

    output = experiment.head.attach(trunk, train.y, info)
    model = keras.Model(inputs, dict(output.named) or output.prediction, name="model")
    first = []
    if info.inputs == "sparse":  # A Dense layer takes them, of each trunk.
        first = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense) and layer.input is x]
    start = [layer.output for layer in first] or [x]
    # Identity: without a hidden layer the body starts with the logits, and Keras has no graph from a tensor to itself.
    ends = [keras.layers.Identity(name="logits")(output.logits), output.prediction]
    body = keras.Model(start if len(start) > 1 else start[0], ends, name="body")
    heads = [
        AttachedHead(name, head, target, output.parts.get(name, WHOLE))
        for name, (head, target) in experiment.head.by_target(info).items()
    ]
    return Network(model=model, body=body, output=output, standardize=standardize, first=first, info=info, heads=heads)


def _standardization(x: np.ndarray, which: bool | tuple[bool, ...]) -> keras.layers.Layer:
    """Mean 0 and variance 1 for all features or for `which`; one that never varies is only centred, as in scikit-learn.

    The others, such as the columns of a category, stay as they are.
    """
    variance = np.where(np.logical_and(which, np.ptp(x, axis=0) > 0), x.var(axis=0, dtype=np.float64), 1.0)
    mean = np.where(which, x.mean(axis=0, dtype=np.float64), 0.0)
    return keras.layers.Normalization(mean=mean, variance=variance, name="standardize")
