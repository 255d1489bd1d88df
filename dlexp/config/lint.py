"""The lint: what works and is unwise, by the course's rules. Known from the config alone; nothing heavy is imported.

What cannot work is an error of `checks` or of the schema. A rule is a function, under whose name a config may allow
what it finds: `allow: [bottleneck]`. Adding one is a function and its place in the last lines of the file that knows
its subject: `stack_rules`, `layer_rules`, `head_rules`, `training_rules` or `data_rules`.
"Goodfellow, 8.4" is a section of Goodfellow, Bengio and Courville, Deep Learning (2016).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from dlexp.components.data import Info
from dlexp.components.models import Layers
from dlexp.components.models.model import Stack
from dlexp.components.remarks import RULES as REMARK_RULES
from dlexp.config.advice import Advice, has_override, n_class_units
from dlexp.config.checks import with_class_names
from dlexp.config.controls import CONTROLS
from dlexp.config.data_rules import DATA_RULES
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.head_rules import HEAD_RULES, certain_top_k, second_output
from dlexp.config.layer_rules import LAYER_RULES, placed
from dlexp.config.needed_memory import MEMORY_LIMIT, peak_bytes, too_large
from dlexp.config.node import Node
from dlexp.config.problems import Problem
from dlexp.config.stack_rules import STACK_RULES
from dlexp.config.training_rules import STEP_RULES, TRAINING_RULES, unreachable_gain
from dlexp.errors import MAX_EXPLAINED
from dlexp.near_words import did_you_mean


@dataclass(frozen=True)
class Finding(Problem):
    """Something unwise in a config, and where; no error."""

    rule: str = ""


def memory(experiment: Experiment, info: Info) -> Iterator[Advice]:
    """More than 4 GB by an estimate: weights, gradients, optimizer slots, their copies, a batch, data."""
    if found := too_large(experiment, peak_bytes(experiment, info), MEMORY_LIMIT):
        yield replace(found, why=f"{found.why}; more than {MEMORY_LIMIT / 1e9:g} GB")


#: A rule of every experiment: it takes what is known of the data as well.
Rule = Callable[[Experiment, Info], Iterator[Advice]]
RULES: tuple[Rule, ...] = (*HEAD_RULES, *TRAINING_RULES, *DATA_RULES, memory)
#: Those of them whose ground may be what only the user's own data say: their classes.
CLASS_RULES = (certain_top_k, second_output, unreachable_gain)
#: All of them; some of both kinds of models have one name.
LINT_RULES = (*STACK_RULES, *LAYER_RULES, *RULES, *STEP_RULES)
RULE_NAMES = tuple(dict.fromkeys(rule.__name__ for rule in LINT_RULES))
#: What `allow:` takes: these, what is found when the data are read, and the controls that may fail.
ALLOWED = tuple(dict.fromkeys((*RULE_NAMES, *sorted(REMARK_RULES), *CONTROLS)))


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


def told_by_data(known: Experiment, experiment: Experiment, info: Info, n: int) -> Iterator[tuple[str, Advice]]:
    """What was not to be seen in a config, `known`, before its data said how many classes and examples there are.

    `experiment` is completed with these data, and `n` of their examples train.
    """
    without = known.dataset.info()
    seen = {(rule, advice.path) for rule, advice in _by_rule(CLASS_RULES, known, without, known.n_trained(without))}
    yield from (each for each in _by_rule(CLASS_RULES, experiment, info, n) if (each[0], each[1].path) not in seen)


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
    model, info = experiment.model, with_class_names(experiment.dataset, experiment.dataset.info())
    if isinstance(model, Stack):
        for stack_rule in STACK_RULES:
            yield from ((stack_rule.__name__, advice) for advice in stack_rule(model, experiment, info))
    elif isinstance(model, Layers):
        layers, n_classes = placed(model), n_class_units(experiment, info)
        for layer_rule in LAYER_RULES:
            yield from ((layer_rule.__name__, advice) for advice in layer_rule(model, layers, n_classes))
    yield from _by_rule(RULES, experiment, info, experiment.n_trained(info))


def _by_rule(rules: Sequence[Rule], experiment: Experiment, info: Info, n: int | None) -> Iterator[tuple[str, Advice]]:
    """What rules of any experiment find, and those of its steps."""
    for rule in rules:
        yield from ((rule.__name__, advice) for advice in rule(experiment, info))
    for step_rule in STEP_RULES:
        yield from ((step_rule.__name__, advice) for advice in step_rule(experiment, n))
