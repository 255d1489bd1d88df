"""The lint: what works and is unwise, by the course's rules. Known from the config alone; nothing heavy is imported.

What cannot work is an error of `checks` or of the schema. A rule is a function, under whose name a config may allow
what it finds: `allow: [bottleneck]`. Adding one is a function and its place in `RULES`, `STACK_RULES` or `LAYER_RULES`.
"Goodfellow, 8.4" is a section of Goodfellow, Bengio and Courville, Deep Learning (2016).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from operator import itemgetter

from dlexp.components.columns import Column
from dlexp.components.data import Info
from dlexp.components.datasets.user.tables import Table
from dlexp.components.heads.head import Head
from dlexp.components.models import Embedding, Layers
from dlexp.components.models.model import Stack
from dlexp.components.remarks import RULES as DATA_RULES
from dlexp.components.validations import Front, GroupSplit, RandomSplit, TimeSplit
from dlexp.config.advice import DEEP, MAX_DROPOUT, Advice, has_override, lost_classes
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.layer_rules import LAYER_RULES, placed
from dlexp.config.needed_memory import MEMORY_LIMIT, peak_bytes
from dlexp.config.node import Node
from dlexp.config.problems import Problem
from dlexp.errors import MAX_EXPLAINED, did_you_mean
from dlexp.format import plural

#: A start of the bias below which a ReLU hardly fires: sums of standardized inputs have a standard deviation near 1.
DEAD_BIAS = -3.0
#: How linear output units leave the range of a task's targets.
LEFT = {
    "proportion": "the targets lie from 0 to 1, and linear output units leave that range",
    "count": "the targets are counts, and linear output units go below 0",
}


@dataclass(frozen=True)
class Finding(Problem):
    """Something unwise in a config, and where; no error."""

    rule: str = ""


def bottleneck(model: Stack, experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A hidden layer narrower than the number of classes drops what no later layer brings back (Chollet, 2021, 4.2)."""
    n_classes = _n_class_units(experiment, info)
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
    needed = max(1, _n_class_units(experiment, info))
    last = model.hidden[-1] if model.hidden else 0
    kept = (1 - model.dropout) * last
    if model.dropout and kept < needed <= last:
        reason = f"{needed} classes" if needed > 1 else "the output"
        why = f"in front of the output it keeps {kept:.3g} of {last} units on average, for {reason}"
        # To two digits; 0 if every unit is needed.
        yield Advice("model.dropout", why, max(0, int(100 * (1 - needed / last))) / 100)


def squared_error(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Squared error behind a sigmoid or softmax has hardly a gradient where the answer is wrong (Goodfellow, 6.2.2)."""
    for path, head, _ in _heads(experiment, info):
        settings = head.model_dump(include={"loss", "activation"})
        if settings.get("loss") in head.weak_losses:
            output, default = settings["activation"], type(head).model_fields["loss"].default
            why = f"mean squared error behind a {output} has hardly a gradient where the answer is most wrong"
            yield Advice(f"{path}.loss", why, default)


def unbounded_output(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A linear output leaves the range of shares and counts; likelihood names units that do not (Goodfellow, 6.2)."""
    for path, head, target in _heads(experiment, info):
        if target.task in head.learns.better:
            yield Advice(f"{path}.type", LEFT[target.task], head.learns.better[target.task])


def unscaled_inputs(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Features on scales of their own make one learning rate too large and too small at once (LeCun et al., 1998)."""
    # Shipped data sets that have the key have features on other scales than 0 to 1; images and generators have no such
    # key. The scales of the user's own features are known when they are read.
    dataset = experiment.dataset
    is_unscaled = getattr(dataset, "standardize", None) is False and not experiment.model.scales_inputs
    if info.inputs == "numeric" and is_unscaled and not dataset.is_users_own:
        why = "features on scales of their own: one learning rate is too large for some and too small for others"
        yield Advice("dataset.standardize", why, True)


def learning_rate(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The most important hyperparameter, far from what the optimizer usually takes (Goodfellow, 11.4)."""
    optimizer = experiment.optimizer
    low, high = optimizer.usual_learning_rates
    if not low <= optimizer.learning_rate <= high:
        why = f"{optimizer.learning_rate:g} is far from what {optimizer.type} usually takes, {low:g} to {high:g}"
        yield Advice("optimizer.learning_rate", why, type(optimizer).model_fields["learning_rate"].default)


def large_batch(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """A batch larger than the training set is one step an epoch, whatever it says."""
    n, batch_size = experiment.n_trained(info), experiment.training.batch_size
    if n is not None and batch_size > n:
        why = f"{batch_size} of {n} training examples is one step an epoch"
        yield Advice("training.batch_size", why, min(32, n))


def endless_patience(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Early stopping that waits for as many epochs as there are never stops."""
    stopping, epochs = experiment.training.early_stopping, experiment.training.epochs
    if stopping and stopping.patience >= epochs:
        path = "training.early_stopping"
        why = f"with a patience of {stopping.patience} nothing stops {plural(epochs, 'epoch')} early"
        value, change_path = (max(1, epochs // 4), "") if epochs > 1 else (None, path)
        yield Advice(f"{path}.patience", why, value, change_path)


def stopping_on_training(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The training error keeps falling while the model overfits; validation says when to stop (Goodfellow, 7.8)."""
    stopping = experiment.training.early_stopping
    if stopping is None or experiment.validation.type == "none":
        return
    monitored = Column.parse(stopping.monitor)
    if monitored.split != "validation":
        why = f"{stopping.monitor} is measured on the training examples and goes on improving while the model overfits"
        yield Advice("training.early_stopping.monitor", why, str(monitored.on("validation")))


def test_validation(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """The best score is then picked on the test data, and says too much (Goodfellow, 5.3)."""
    if experiment.validation.type == "test":
        why = "the best epoch is picked on the test data, so its score promises too much"
        yield Advice("validation.type", why, "split", change_path="validation")


def split_groups(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Where rows of one group are on two sides, a score does not say what new groups would have."""
    sides = {"validation": experiment.validation, "dataset.test_split": experiment.dataset.chooses_test}
    for (path, split), (other_path, other) in permutations(sides.items()):
        if isinstance(other, GroupSplit) and isinstance(split, RandomSplit | Front | TimeSplit):
            why = f"parts the rows of a {other.column}, which {other_path} keeps together"
            yield Advice(path, why, {"type": other.type, "column": other.column, "size": split.size})


def group_feature(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """Groups that are scored are not those that are trained on: which one a row is of tells nothing there."""
    dataset = experiment.dataset
    splits = (experiment.validation, dataset.chooses_test)
    for column in dict.fromkeys(split.column for split in splits if isinstance(split, GroupSplit)):
        if isinstance(dataset, Table) and column in (features := dataset.roles.features_of([column])):
            why = f"column {column!r} names the groups, and is learned from: scored groups are others"
            others = [each for each in features if each != column]
            yield Advice("dataset.features", why, others) if others else Advice("dataset.id", why, column)


def memory(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """More than `MEMORY_LIMIT` by an estimate: weights, gradients, optimizer slots, their copies, a batch, data."""
    parts = peak_bytes(experiment, info)
    total = sum(parts.values())
    if total <= MEMORY_LIMIT:
        return
    path, most = max(parts.items(), key=itemgetter(1))
    needed = f"a run needs about {total / 1e9:.3g} GB, {most / 1e9:.3g} GB of it by this"
    section, field = path.split(".")
    value = getattr(getattr(experiment, section), field)
    share = MEMORY_LIMIT / total / 2
    # The largest power of two within the share of each number.
    within = [1 << max(0, int(n * share).bit_length() - 1) for n in (value if isinstance(value, list) else [value])]
    yield Advice(
        path, f"{needed}; more than {MEMORY_LIMIT / 1e9:g} GB", within if isinstance(value, list) else within[0]
    )


#: Rules of every experiment.
RULES = (
    squared_error,
    unbounded_output,
    unscaled_inputs,
    learning_rate,
    large_batch,
    endless_patience,
    stopping_on_training,
    test_validation,
    split_groups,
    group_feature,
    memory,
)
#: Rules of models with a stack of hidden layers; `LAYER_RULES` are those of stacks of Keras's layers.
STACK_RULES = (
    bottleneck,
    saturating_stack,
    selu_start,
    symmetric_start,
    dead_start,
    heavy_dropout,
    dropout_before_output,
)
RULE_NAMES = tuple(dict.fromkeys(rule.__name__ for rule in (*STACK_RULES, *LAYER_RULES, *RULES)))
#: What `allow:` takes: these, and what is found when the data are read.
ALLOWED = tuple(dict.fromkeys((*RULE_NAMES, *sorted(DATA_RULES))))


def lint(experiment: Experiment, config: Node, allowed: Collection[str] = ()) -> list[Finding]:
    """What is unwise in a config that has passed every check, except by the rules that it breaks on purpose."""
    findings = []
    for rule, advice in _advice(experiment):
        if rule not in allowed:
            source = config.nearest_source(advice.path.split("."))
            change = advice.change if has_override(advice.change_path or advice.path, config) else ""
            found = Finding(advice.path, f"warning: {advice.why}", source, rule=rule).mended_by(change)
            findings.append(replace(found, message=f"{found.message} (allow: [{rule}] if it is meant)"))
    return findings


def unknown_rules(allow: Node) -> list[Problem]:
    """What is wrong with an `allow:`, a list of rules."""
    if not isinstance(allow.value, list):
        given = format_value(allow.plain())
        return [Problem("allow", f"expected a list of rules, such as [{RULE_NAMES[0]}], given {given}", allow.source)]
    problems: list[Problem] = []
    for i, item in enumerate(allow.value):
        if (name := item.plain()) not in ALLOWED and len(problems) < MAX_EXPLAINED:
            hint = did_you_mean(name, ALLOWED) if isinstance(name, str) else ""
            unknown = f"unknown rule {format_value(name)}.{hint} Choose from: {', '.join(ALLOWED)}"
            problems.append(Problem(f"allow.{i}", unknown, item.source))
    return problems


def _advice(experiment: Experiment) -> Iterator[tuple[str, Advice]]:
    """All that the rules find, each with its rule's name."""
    model, info = experiment.model, experiment.dataset.info()
    if isinstance(model, Stack):
        for stack_rule in STACK_RULES:
            yield from ((stack_rule.__name__, advice) for advice in stack_rule(model, experiment, info))
    elif isinstance(model, Layers):
        layers, n_classes = placed(model), _n_class_units(experiment, info)
        for layer_rule in LAYER_RULES:
            yield from ((layer_rule.__name__, advice) for advice in layer_rule(model, layers, n_classes))
    for rule in RULES:
        yield from ((rule.__name__, advice) for advice in rule(experiment, info))


def _heads(experiment: Experiment, info: Info) -> Iterator[tuple[str, Head, Info]]:
    """Each head with its path and its target."""
    for name, (head, target) in experiment.head.by_target(info).items():
        yield f"head.heads.{name}" if name else "head", head, target


def _n_class_units(experiment: Experiment, info: Info) -> int:
    """Output units that are a class each, of the head with most of them; 0 where there are none."""
    heads = (head for _, head, _ in _heads(experiment, info) if head.has_unit_per_class)
    return max((head.units or 0 for head in heads), default=0)
