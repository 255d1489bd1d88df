"""Rules of the lint for models with a stack of hidden layers."""

from collections.abc import Iterator

from dlexp.components.data import Info
from dlexp.components.models import Embedding
from dlexp.components.models.model import Stack
from dlexp.config.advice import DEEP, MAX_DROPOUT, Advice, lost_classes, n_class_units
from dlexp.config.experiment import Experiment
from dlexp.format import plural

#: A start of the bias below which a ReLU hardly fires: sums of standardized inputs have a standard deviation near 1.
DEAD_BIAS = -3.0


def bottleneck(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A hidden layer narrower than the number of classes drops what no later layer brings back (Chollet, 2021, 4.2)."""
    n_classes = n_class_units(experiment, info)
    reason = lost_classes(n_classes)
    narrow = next(((i, units) for i, units in enumerate(model.hidden, start=1) if units < n_classes), None)
    if narrow:
        why = f"hidden layer {narrow[0]} has {plural(narrow[1], 'unit')} {reason}"
        yield Advice("model.hidden", why, [max(units, n_classes) for units in model.hidden])
    if isinstance(model, Embedding) and model.output_dim < n_classes:
        yield Advice("model.output_dim", f"a text becomes {model.output_dim} numbers {reason}", n_classes)


def saturating_stack(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Sigmoid and tanh saturate over most of their domain, and a stack multiplies their small slopes (Glorot, 2010)."""
    saturating = [activation.type for activation in model.activations if activation.saturates]
    if len(saturating) >= DEEP and model.normalization == "none":
        names = " and ".join(dict.fromkeys(saturating))
        why = f"{len(saturating)} hidden layers of {names} saturate, and their gradients vanish towards the input"
        yield Advice("model.activation", why, "relu")


def selu_start(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """SELUs keep mean 0 and variance 1 only from LeCun's start, variance 1 / inputs (Klambauer et al., 2017)."""
    start, needing = model.kernel_initializer, [unit for unit in model.activations if unit.needs_start]
    if needing and start and not needing[0].may_start_as(start):
        why = f"{needing[0].needs_start}, given {start}"
        yield Advice("model.kernel_initializer", why, needing[0].kernel_initializer)


def symmetric_start(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Hidden units that start equal get equal gradients and stay equal (Goodfellow, 8.4)."""
    start = model.kernel_initializer
    if start in ("zeros", "ones") and model.hidden:
        why = f"hidden units that all start as {start} get the same gradient and stay equal, or learn nothing"
        yield Advice("model.kernel_initializer", why, None)


def lone_unit(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A sum minus its mean over a layer of one unit is 0: layer normalization then gives its bias (Ba et al., 2016)."""
    if model.normalization == "layer" and 1 in model.hidden:
        layer = f"hidden layer {model.hidden.index(1) + 1}"
        why = f"over the 1 unit of {layer} it gives its bias alone: nothing in front of it is learned"
        yield Advice("model.normalization", why, "none")


def dead_start(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A ReLU that never fires has no gradient, and never learns (Goodfellow, 6.3.1)."""
    can_die = any(activation.can_die for activation in model.activations)
    if can_die and model.hidden_bias < DEAD_BIAS and model.normalization == "none":
        why = f"from a bias of {model.hidden_bias:g} hardly any ReLU fires, and one that never fires cannot learn"
        yield Advice("model.hidden_bias", why, 0.0)


def heavy_dropout(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Hidden layers usually keep 50 to 80 % of their outputs (Srivastava et al., 2014, A.4)."""
    if model.dropout > MAX_DROPOUT and model.hidden:
        why = f"{model.dropout:.3g} of each hidden layer's outputs are dropped; usual are 0.2 to 0.5"
        yield Advice("model.dropout", why, 0.5)


def dropout_before_output(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Dropout in front of the output is a bottleneck where it leaves fewer units than classes, or none."""
    needed = max(1, n_class_units(experiment, info))
    last = model.hidden[-1] if model.hidden else 0
    kept = (1 - model.dropout) * last
    if model.dropout and kept < needed <= last:
        reason = f"{needed} classes" if needed > 1 else "the output"
        why = f"in front of the output it keeps {kept:.3g} of {last} units on average, for {reason}"
        # To two digits; 0 if every unit is needed.
        yield Advice("model.dropout", why, max(0, int(100 * (1 - needed / last))) / 100)


#: Rules of models with a stack of hidden layers; `LAYER_RULES` are those of stacks of Keras's layers.
STACK_RULES = (
    bottleneck,
    saturating_stack,
    selu_start,
    symmetric_start,
    lone_unit,
    dead_start,
    heavy_dropout,
    dropout_before_output,
)
