"""From a config and data to the model that is saved and the part of it that is trained."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import keras
import numpy as np

from dlexp.components import precision
from dlexp.components.columns import Column, Role
from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Info, Split
from dlexp.components.heads.head import Head, Output, Part
from dlexp.components.heads.multitask import prefix_layers
from dlexp.components.keras_messages import in_words
from dlexp.components.models import given_numbers
from dlexp.components.models.given_numbers import Need
from dlexp.components.models.padding import PADDED, Padding
from dlexp.config.experiment import Experiment
from dlexp.records.ended import Layer
from dlexp.training import built_needs
from dlexp.training.first_layers import FirstLayer, first_layers
from dlexp.training.footprint import Footprint, footprint
from dlexp.training.variables import Beginnings, initializers_noted

#: Outputs of all layers that are small, even if a layer computes a hundred times as much inside.
WIDE_BYTES = 2e7
#: Where the only target stands.
WHOLE = Part(logits=slice(None), prediction=slice(None))
#: Between these standard deviations Keras's own layer standardizes in float32.
NORMALIZED = (1e-6, 1e18)


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
    standardize: Sequence[keras.layers.Layer]
    """What gives features their scale, one after the other; none if they are taken as they are."""
    first: Sequence[FirstLayer]
    """What training computes by scipy, one per trunk; none if the body takes the inputs."""
    info: Info
    heads: Sequence[AttachedHead]
    """One per target; mostly one."""
    features: keras.KerasTensor
    """What the head is put on; of several trunks, the first one's."""
    needs: Sequence[Need]
    """What layers of the user's own function need and do not get, probably or for certain."""
    batch_size: int
    """Of the training."""
    beginnings: Beginnings = field(default_factory=lambda: Beginnings((), ()))
    """What its variables begin with; nothing if it was built without weights."""
    compiled: dict[str, Any] = field(default_factory=dict)
    """What has been compiled of it, or of one whose variables it shares: by what that does, each once."""
    evaluators: dict[Role, Any] = field(default_factory=dict)
    """What scores the splits of its run, or of another seed's whose variables it shares."""

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

    def layers_of(self, variables: Sequence[keras.Variable]) -> list[str]:
        """The names of the saved model's layers that have any of these weights."""
        wanted = {id(each) for each in variables}
        return [layer.name for layer in self.model.layers if any(id(each) in wanted for each in layer.weights)]

    def is_wide(self, n: int) -> bool:
        """Whether the layers' outputs for `n` examples are so many that the footprint matters, which takes a while."""
        outputs = (each for layer in self.body.layers for each in keras.tree.flatten(layer.output))
        return 4 * n * sum(math.prod(size or 1 for size in each.shape[1:]) for each in outputs) > WIDE_BYTES

    @cached_property
    def summary(self) -> str:
        """Keras's table of the saved model's layers."""
        lines: list[str] = []
        self.model.summary(print_fn=lines.append)
        return "\n".join(lines)

    @cached_property
    def footprint(self) -> Footprint:
        """The memory that one example takes."""
        trained = self.trainable_variables
        variables = [*self.model.variables, *self.output.variables]
        others = [each for each in variables if all(each is not known for known in trained)]
        return footprint(self.body, trained, others, lambda outputs: sum(map(keras.ops.sum, outputs)))

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """All that a step changes: the layers' weights, then what the heads train beside them."""
        return [*self.model.trainable_variables, *self.output.variables]

    @property
    def variables(self) -> list[keras.Variable]:
        """Every variable that a training reads or changes, each once, in an order that follows from the config."""
        found = [*self.model.variables, *self.body.variables, *self.output.variables]
        return list({id(variable): variable for variable in found}.values())

    def batch_penalties(self) -> list[Any]:
        """What layers gave `add_loss` when the body was last called, activity regularizers included, as scalars.

        In a compiled function, they are tensors of that function.
        """
        given = self.model.losses[: -len(self.weight_penalties()) or None]
        return [keras.ops.sum(keras.ops.cast(loss, "float32")) for loss in given]

    def weight_penalties(self) -> list[Any]:
        """What the weights' regularizers add to the loss; it stands last among Keras's losses of a model."""
        weights = self.model.trainable_weights
        return [weight.regularizer(weight) for weight in weights if weight.regularizer is not None]

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
    """Build the layers with initial weights that depend on the seed alone.

    Raises:
        Unfit: The layers that the user has chosen make no model.
    """
    # Layer names and random seeds start from the beginning: nothing depends on what this process did before.
    keras.backend.clear_session()
    with initializers_noted() as noted:
        network = _built(experiment, info, train, seed)
    return replace(network, beginnings=Beginnings(network.variables, noted, seed))


def build_without_weights(experiment: Experiment, info: Info, train: Split) -> Network:
    """Build the layers to be looked at: no memory is taken for weights; raises as `build`."""
    keras.backend.clear_session()
    try:
        with keras.StatelessScope(initialize_variables=False):
            return _built(experiment, info, train, seed=0)
    finally:  # Else the weights of these layers would be made with those of others.
        keras.backend.clear_session(free_memory=False)


def _built(experiment: Experiment, info: Info, train: Split, seed: int) -> Network:
    experiment.model.load_code()
    x = inputs = keras.Input(info.shape, dtype=train.x.dtype.name, name="inputs")
    standardize = []
    if info.standardize:
        padding = experiment.model.padding(info)
        has_steps = padding is not None and train.x.shape[1] % padding.n_features == 0
        standardize = (
            [_except_padding(train.x, info.standardize, padding)]
            if padding and has_steps
            else _standardization(train.x, info.standardize)
        )
    for layer in standardize:
        x = layer(x)

    trunks: list[keras.KerasTensor] = []

    def trunk(name: str) -> keras.KerasTensor:
        # Each trunk starts as that of a network of its own would.
        keras.utils.set_random_seed(seed)
        features = experiment.model.build(x, info)
        trunks.append(features)
        if name:
            prefix_layers(name, x, features)
        return features

    with _unfit_raised(experiment):
        output = experiment.head.attach(trunk, train.y, info)
        model = keras.Model(inputs, dict(output.named) or output.prediction, name="model")
        needs = _needs(info, x, model) if experiment.model.functions else []
        first = first_layers(info, x, model, averages=experiment.training.device == "cpu")
        start = [each.output for each in first] or [x]
        # Identity: without a hidden layer the body starts with the logits, and a graph needs something between the two.
        ends = [keras.layers.Identity(name="logits")(output.logits), output.prediction]
        body = keras.Model(start if len(start) > 1 else start[0], ends, name="body")
    heads = [
        AttachedHead(name, head, target, output.parts.get(name, WHOLE))
        for name, (head, target) in experiment.head.by_target(info).items()
    ]
    return Network(
        needs=needs,
        model=model,
        body=body,
        output=output,
        standardize=standardize,
        first=first,
        info=info,
        heads=heads,
        features=trunks[0],
        batch_size=experiment.training.batch_size,
    )


@contextmanager
def _unfit_raised(experiment: Experiment) -> Iterator[None]:
    """Within, what Keras refuses is the fault of layers that the user has chosen, if they were."""
    model = experiment.model
    try:
        yield
    except (ValueError, TypeError) as error:
        if not model.layers_key:
            raise
        why = f"Keras makes no model of these layers and the head: {in_words(error)}"
        raise Unfit(Misfit(f"model.{model.layers_key}", why)) from error


def _needs(info: Info, x: keras.KerasTensor, model: keras.Model) -> list[Need]:
    """What layers of the user's own function need and do not get."""
    are_alike = isinstance(info.standardize, bool) or len({*info.standardize}) == 1
    return list(built_needs.unmet(x, model, given_numbers.given(info), alike=are_alike))


def _standardization(x: np.ndarray, which: bool | tuple[bool, ...]) -> list[keras.layers.Layer]:
    """Mean 0 and variance 1 for all features or for `which`; one that never varies is only centred, as in scikit-learn.

    The others, such as the columns of a category, stay as they are.
    """
    varies = np.logical_and(which, np.ptp(x, axis=0) > 0)
    variance = np.where(varies, x.var(axis=0, dtype=np.float64), 1.0)
    # That of one that never varies is its value, not the rounded sum of many.
    mean = np.where(varies, x.mean(axis=0, dtype=np.float64), np.where(which, x[0], 0.0))
    sd = np.sqrt(variance)
    # Keras's layer rounds both to float32, also in float64, and divides by no less than 1e-7.
    is_near = precision.ROUNDING * np.abs(mean) <= precision.TOLERANCE * sd
    is_plain = is_near & (NORMALIZED[0] < sd) & (sd < NORMALIZED[1])
    if x.dtype == np.float32 and is_plain[varies].all():
        return [keras.layers.Normalization(mean=mean, variance=variance, name="standardize")]
    return [
        keras.layers.Rescaling(1.0, offset=-mean, dtype="float64", name="centre"),
        keras.layers.Rescaling(1 / sd, dtype="float64", name="standardize"),
        keras.layers.Identity(dtype="float32", name="as_float32"),
    ]


def _except_padding(x: np.ndarray, which: bool | tuple[bool, ...], padding: Padding) -> keras.Model:
    """The same for the features of each step, over all steps that are no padding, which becomes `PADDED`."""
    ops, n = keras.ops, padding.n_features
    steps = x.reshape(-1, n)
    steps = steps[(steps != x.dtype.type(padding.value)).any(axis=1)]
    if not len(steps):
        why = f"the Masking skips steps of {padding.value:g}, and every step of the training examples is one"
        raise Unfit(Misfit("model.layers", why))
    of_feature = which if isinstance(which, bool) else tuple(map(all, np.reshape(which, (-1, n)).T))
    inputs = keras.Input(x.shape[1:], dtype=x.dtype.name)
    y = given = keras.layers.Reshape((-1, n), dtype=x.dtype.name)(inputs)  # (batch, steps, features)
    for layer in _standardization(steps, of_feature):
        y = layer(y)
    is_step = ops.any(ops.not_equal(given, padding.value), axis=-1, keepdims=True)
    outputs = keras.layers.Reshape(x.shape[1:])(ops.where(is_step, y, PADDED))
    return keras.Model(inputs, outputs, name="standardize_steps")
