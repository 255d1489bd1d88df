"""From a config and data to the model that is saved and the part of it that is trained."""

from dataclasses import dataclass

import keras
import numpy as np

from dlexp.components.datasets import Info, Split
from dlexp.components.heads import Output
from dlexp.config.experiment import Experiment


@dataclass(frozen=True)
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
    first: keras.layers.Dense | None
    """The first layer, where its input is sparse: training multiplies its kernel by scipy."""


def build(experiment: Experiment, info: Info, train: Split, seed: int) -> Network:
    """Build the layers with initial weights that depend on the seed alone."""
    # Layer names and random seeds start anew: nothing depends on what this process did before.
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(info.shape, dtype="int32" if info.inputs == "word_ids" else "float32", name="inputs")
    standardize = None
    x = inputs
    if info.standardize:
        standardize = _standardization(train.x, info.standardize)
        x = standardize(inputs)
    output = experiment.head.build(experiment.model.build(x, info), train.y)
    model = keras.Model(inputs, output.prediction, name="model")
    first = _first_dense(model, x) if info.inputs == "sparse" else None
    start = x if first is None else first.output
    # Identity: without a hidden layer the body starts with the logits, and Keras has no graph from a tensor to itself.
    body = keras.Model(start, [keras.layers.Identity(name="logits")(output.logits), output.prediction], name="body")
    return Network(model, body, output, standardize, first)


def _standardization(x: np.ndarray, which: bool | tuple[bool, ...]) -> keras.layers.Layer:
    """Mean 0 and variance 1 for all features or for `which`; one that never varies is only centred, as in scikit-learn.

    The others, such as the columns of a category, stay as they are.
    """
    variance = np.where(np.logical_and(which, np.ptp(x, axis=0) > 0), x.var(axis=0, dtype=np.float64), 1.0)
    mean = np.where(which, x.mean(axis=0, dtype=np.float64), 0.0)
    return keras.layers.Normalization(mean=mean, variance=variance, name="standardize")


def _first_dense(model: keras.Model, x: keras.KerasTensor) -> keras.layers.Dense:
    (layer,) = (layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer) and layer.input is x)
    if not isinstance(layer, keras.layers.Dense):
        raise TypeError(f"sparse inputs need a Dense layer first, not {layer.name} ({type(layer).__name__})")
    return layer
