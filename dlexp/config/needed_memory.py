"""How much memory a run needs, by the setting that makes it large.

Of dlexp's own models it is known by arithmetic, from the config alone. Of any other the network says it once it is
built: before a run, and in `run --dry-run`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from dlexp.components import memory
from dlexp.components.component import Misfit
from dlexp.components.data import Info
from dlexp.components.models import Embedding
from dlexp.components.models.model import Stack
from dlexp.components.optimizers import Optimizer
from dlexp.config.advice import Advice
from dlexp.config.experiment import Experiment

#: The rule of the lint, and of what is said of a network that was built.
RULE = "memory"
#: Bytes of a compiled step itself: measured with the smallest models.
OVERHEAD = 8e6
#: Bytes that a run may need before it is warned of.
MEMORY_LIMIT = 4e9
#: Arrays that hold the features at once: as read, as split, and as TensorFlow has them.
COPIES = 3
#: Of a float32, or an int32 index.
BYTES = 4


@dataclass(frozen=True)
class RunMemory:
    """The memory that a run needs at its peak, as its network says once it is built."""

    by_layer: Mapping[str, float] = field(default_factory=dict)
    """Bytes, by the layer's name."""
    data: float = 0.0

    @property
    def total(self) -> float:
        """Bytes in all."""
        return OVERHEAD + sum(self.by_layer.values()) + self.data

    @property
    def most(self) -> str:
        """The layer that needs most; empty if the data do."""
        layer = max(self.by_layer, key=self.by_layer.__getitem__, default="")
        return layer if layer and self.by_layer[layer] > self.data else ""

    def path(self, experiment: Experiment) -> str:
        """The setting that makes it large."""
        return experiment.model.path_of(self.most) if self.most else "dataset"

    def too_much(self, experiment: Experiment, allowed: Collection[str]) -> list[Misfit]:
        """That it is more than there is, unless the config allows that."""
        left = memory.available()
        if left is None or self.total <= left or RULE in allowed:
            return []
        why = f"{self}, and {memory.size(left)} are available (allow: [{RULE}] to try it)"
        return [Misfit(self.path(experiment), why)]

    def __str__(self) -> str:
        most = self.by_layer[self.most] if self.most else self.data
        whose = f"layer {self.most}" if self.most else "the data"
        return f"a run needs about {memory.size(int(self.total))} of memory, {memory.size(int(most))} of it for {whose}"


def too_large(experiment: Experiment, parts: Mapping[str, float], limit: float) -> Advice | None:
    """The setting that makes a run of these `parts` need more than so many bytes, and what would do; None if none does.

    The reason names the bytes that it needs, and leaves it to the caller to say what they are more than.
    """
    total = sum(parts.values())
    if total <= limit:
        return None
    path, most = max(parts.items(), key=itemgetter(1))
    section, field = path.split(".")
    value = getattr(getattr(experiment, section), field)
    share = limit / total / 2
    # The largest power of two within the share of each number.
    within = [1 << max(0, int(n * share).bit_length() - 1) for n in (value if isinstance(value, list) else [value])]
    why = f"a run needs about {memory.size(int(total))} of memory, {memory.size(int(most))} of it by this"
    return Advice(path, why, within if isinstance(value, list) else within[0])


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
    for key, per_value in (("maxlen", info.n_train or 0), ("n_train", n_inputs)):
        if key in type(dataset).model_fields:
            parts[f"dataset.{key}"] = BYTES * per_value * (getattr(dataset, key) or 0)
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


def _n_inputs(info: Info) -> int:
    # A text with columns beside it has about as many inputs as words.
    return math.prod(info.shape) if info.shape else info.vocabulary or 1
