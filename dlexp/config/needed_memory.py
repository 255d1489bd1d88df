"""How much memory a run needs, by the setting that makes it large: by arithmetic, from the config alone.

Of the layers of Keras it knows Dense ones alone, behind inputs or each other. Keras counts the rest: `run --dry-run`.
"""

import math

from dlexp.components.data import Info
from dlexp.components.models import Embedding, Layers
from dlexp.components.models.model import Stack
from dlexp.components.optimizers import Optimizer
from dlexp.config.experiment import Experiment

#: Layers of Keras that give as many features as they take.
KEEP_FEATURES = ("Activation", "Dropout", "BatchNormalization", "LayerNormalization")
#: Bytes that a run may need before it is warned of.
MEMORY_LIMIT = 4e9
#: Of a float32, or an int32 index.
BYTES = 4


def least_bytes(experiment: Experiment) -> dict[str, float]:
    """What a run holds in memory at the very least, by the setting that makes it large: nothing is there twice."""
    # Each weight, its gradient, and the numbers that the optimizer keeps for it.
    per_weight, info = BYTES * (2 + experiment.optimizer.slots), experiment.dataset.info()
    dense = _dense(experiment.model, _n_inputs(info)) if isinstance(experiment.model, Layers) else {}
    return {path: float(per_weight * n) for path, n in dense.items()} | _by_setting(experiment, info, per_weight)


def peak_bytes(experiment: Experiment, info: Info) -> dict[str, float]:
    """What a run holds in memory at its peak, by the setting that makes it large."""
    return _by_setting(experiment, info, peak_per_weight(experiment.optimizer))


def peak_per_weight(optimizer: Optimizer) -> int:
    """Bytes that a run holds for each weight at its peak."""
    # The weight, its gradient and a copy while it is saved; likewise each number that the optimizer keeps, its next
    # value and its copy. Measured as peak: 12 bytes a weight with SGD, 36 with Adam.
    return 3 * BYTES * (1 + optimizer.slots)


def _by_setting(experiment: Experiment, info: Info, per_weight: int) -> dict[str, float]:
    n_inputs, model = _n_inputs(info), experiment.model
    weights, outputs = _held(model, experiment, info) if isinstance(model, Stack) else ({}, 0)
    parts = {path: per_weight * n for path, n in weights.items()}
    if (n := experiment.n_trained(info)) is not None:
        # Each output and its gradient.
        parts["training.batch_size"] = 2 * BYTES * outputs * min(n, experiment.training.batch_size)
    dataset = experiment.dataset
    for field, per_value in (("maxlen", info.n_train or 0), ("n_train", n_inputs)):
        if field in type(dataset).model_fields:
            parts[f"dataset.{field}"] = BYTES * per_value * (getattr(dataset, field) or 0)
    return {path: float(size) for path, size in parts.items()}


def _held(model: Stack, experiment: Experiment, info: Info) -> tuple[dict[str, int], int]:
    """A stack's weights, by the setting that makes them many, and its layers' outputs for one example."""
    n_inputs = _n_inputs(info)
    length = model.output_dim if isinstance(model, Embedding) else 0
    n_outputs = sum(head.units or 1 for head, _ in experiment.head.by_target(info).values())
    widths = [activation.width(units) for units, activation in zip(model.hidden, model.activations, strict=True)]
    kernels = [a * b for a, b in zip([length or n_inputs, *model.hidden], [*widths, n_outputs], strict=True)]
    outputs = sum(widths) + n_inputs * length
    if not info.vocabulary:
        return {"model.hidden": sum(kernels)}, outputs
    # An embedding, or the first kernel, has a row for each word.
    words = info.vocabulary * length or kernels.pop(0)
    # The words of the user's own word indices are given: what can be less is the length of their vectors.
    has_choice = "num_words" in type(experiment.dataset).model_fields
    return {"model.hidden": sum(kernels), "dataset.num_words" if has_choice else "model.output_dim": words}, outputs


def _dense(model: Layers, n_features: int) -> dict[str, int]:
    """The weights of the Dense layers, as far as they are surely as many."""
    weights = {}
    for i, item in enumerate(model.layers):
        ((name, arguments),) = item.items()
        if name == "Dense":
            weights[f"model.layers.{i}.Dense.units"] = (n_features + 1) * arguments["units"]
        if name not in KEEP_FEATURES:
            n_features = arguments["units"] if name == "Dense" else 0
    return weights


def _n_inputs(info: Info) -> int:
    # A text with columns beside it has about as many inputs as words.
    return math.prod(info.shape) if info.shape else info.vocabulary or 1
