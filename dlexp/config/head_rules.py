"""Rules of the lint for heads: losses, output units, class weights and metrics."""

from collections.abc import Iterator

from dlexp.components.activations import Activation
from dlexp.components.data import Info
from dlexp.components.heads.classes import ClassHead, named_weights
from dlexp.components.metrics import METRICS
from dlexp.components.models import Layers
from dlexp.components.models.model import Stack
from dlexp.config.advice import Advice, heads_of
from dlexp.config.experiment import Experiment
from dlexp.config.layer_rules import PlacedLayer, placed

#: Activations of output units, which a model has none of: of several, and of each by itself.
SOFTMAXES = ("softmax", "log_softmax")
SIGMOIDS = ("sigmoid", "hard_sigmoid")
SQUASHED_TWICE = "the head brings the output units and their activation; behind a {} they squash twice"
#: How linear output units leave the range of a task's targets.
LEFT = {
    "proportion": "the targets lie from 0 to 1, and linear output units leave that range",
    "count": "the targets are counts, and linear output units go below 0",
}


def squared_error(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Squared error behind a sigmoid or softmax has hardly a gradient where the answer is wrong (Goodfellow, 6.2.2)."""
    for path, head, _ in heads_of(experiment, info):
        settings = head.model_dump(include={"loss", "activation"})
        if settings.get("loss") in head.weak_losses:
            output, default = settings["activation"], type(head).model_fields["loss"].default
            why = f"mean squared error behind a {output} has hardly a gradient where the answer is most wrong"
            yield Advice(f"{path}.loss", why, default)


def unbounded_output(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A linear output leaves the range of shares and counts; likelihood names units that do not (Goodfellow, 6.2)."""
    for path, head, target in heads_of(experiment, info):
        if target.task in head.learns.better:
            yield Advice(f"{path}.type", LEFT[target.task], head.learns.better[target.task])


def zero_weight(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The losses of a class with a weight of 0 count nothing, whatever is predicted for it."""
    for path, head, target in heads_of(experiment, info):
        weights = head.class_weight if isinstance(head, ClassHead) else None
        if not isinstance(weights, list | dict):
            continue
        by_name = weights if isinstance(weights, dict) else named_weights(weights, target)
        if zeros := [name for name, weight in by_name.items() if not weight]:
            value = {name: weight or 1.0 for name, weight in by_name.items()}
            why = f"examples of class {', '.join(zeros)} have a weight of 0 and are never learned"
            yield Advice(f"{path}.class_weight", why, value if weights is by_name else list(value.values()))


def certain_top_k(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The right class is always among the most probable ones if these are all that there are."""
    for path, head, target in heads_of(experiment, info):
        n_classes = (head.units if head.has_unit_per_class else target.n_classes) or 0
        certain = [name for name in head.metrics if 0 < n_classes <= METRICS[name].n_certain]
        if certain:
            others = [name for name in head.metrics if name not in certain]
            are = "are" if certain[1:] else "is"
            why = f"of {n_classes} classes {' and '.join(certain)} {are} 1 whatever is predicted"
            yield Advice(f"{path}.metrics", why, others or ["accuracy"])


def second_output(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The head brings the output units: what is squashed before them is squashed twice, and hardly has a gradient.

    A softmax is no hidden unit. A sigmoid is one, unless it stands where an output would: as many as there are
    outputs, or a single one.
    """
    outputs = {1, *(head.units for _, head, _ in heads_of(experiment, info))}
    model, why = experiment.model, SQUASHED_TWICE
    if isinstance(model, Layers):
        layers = placed(model)
        last = next((layer for layer in reversed(layers) if layer.activation), None)
        if layers[-1].name == "Softmax":
            yield Advice(layers[-1].path, why.format("softmax"), model.layers[:-1] or ["ReLU"], "model.layers")
        elif last is not None and last.activation in SOFTMAXES:
            yield Advice(last.activation_path, why.format(last.activation), "relu")
        elif last is not None and last.activation in SIGMOIDS and last.gives_vector:
            is_last = last is next(layer for layer in reversed(layers) if layer.arguments.get("units"))
            if is_last and last.arguments["units"] in outputs:
                yield _without_output(model, last, why.format(last.activation))
    elif isinstance(model, Stack) and model.hidden and model.activations[-1].type in SIGMOIDS:
        # One activation for all is that of hidden units; only behind others a single unit looks like an output.
        is_output = model.hidden[-1] in outputs if isinstance(model.activation, list) else model.hidden[1:][-1:] == [1]
        if is_output:
            found = f"{why.format(model.activations[-1].type)}, and the last hidden layer is not needed"
            activations = [_brief(each) for each in model.activations[:-1]]
            if not isinstance(model.activation, list):
                yield Advice("model.activation", found, model.hidden[:-1], "model.hidden")
            else:
                fewer = {"hidden": model.hidden[:-1], "activation": activations or "relu"}
                kept = model.model_dump(exclude_defaults=True)
                yield Advice("model.activation", found, {"type": model.type, **kept, **fewer}, "model")


def _without_output(model: Layers, last: PlacedLayer, why: str) -> Advice:
    """The stack without the layer that is an output; the first one stays, as its inputs may need it, but linear."""
    first, end = (int(path.split(".")[2]) for path in (last.path, last.activation_path))
    if last.name != "Dense" or first == 0:
        return Advice(last.activation_path, why, "linear")
    others = [*model.layers[:first], *model.layers[first + 1 : end], *model.layers[end + 1 :]]
    return Advice(last.activation_path, f"{why}, and {last.path} is not needed", others, "model.layers")


def _brief(activation: Activation) -> object:
    """As a config has it: without settings its name alone."""
    settings = activation.model_dump()
    return settings if len(settings) > 1 else activation.type


#: Rules of each head.
HEAD_RULES = (
    squared_error,
    unbounded_output,
    zero_weight,
    certain_top_k,
    second_output,
)
