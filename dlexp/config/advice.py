"""What a rule of the lint finds, and the limits and facts that rules share."""

from collections.abc import Iterator
from dataclasses import dataclass

from dlexp.components.data import Info
from dlexp.components.heads.head import Head
from dlexp.config.experiment import Experiment
from dlexp.config.flat import format_value
from dlexp.config.node import Node

#: Hidden layers of saturating units from which on their gradients are said to vanish: sigmoids leave 1/64 after three.
DEEP = 3
#: Share of a layer's outputs from which on dropout is heavy; usual are 0.2 to 0.5.
MAX_DROPOUT = 0.7


@dataclass(frozen=True)
class Advice:
    """What a rule finds."""

    path: str
    """The dotted path of the setting."""
    why: str
    value: object
    """What follows the rule instead."""
    change_path: str = ""
    """Where that value stands, if not at the path of the setting."""

    @property
    def change(self) -> str:
        """An override that follows the rule: `KEY=VALUE`, as `--set` takes it."""
        return setting(self.change_path or self.path, self.value)


def setting(path: str, value: object) -> str:
    """An override."""
    return f"{path}={format_value(value)}"


def has_override(path: str, config: Node) -> bool:
    """Whether `--set` reaches a path: not through the name of a target with a dot, which it takes for several keys."""
    heads = config.find(("head", "heads"))
    names = heads.entries if heads else ()
    return not any("." in name and path.startswith(f"head.heads.{name}.") for name in names)


def lost_classes(n_classes: int) -> str:
    """Why a narrow layer is unwise."""
    return f"for {n_classes} classes: what it cannot carry is lost to all layers behind it (the information bottleneck)"


def heads_of(experiment: Experiment, info: Info) -> Iterator[tuple[str, Head, Info]]:
    """Each head with its path and its target."""
    for name, (head, target) in experiment.head.by_target(info).items():
        yield f"head.heads.{name}" if name else "head", head, target


def n_class_units(experiment: Experiment, info: Info) -> int:
    """Output units that are a class each, of the head with most of them; 0 where there are none."""
    heads = (head for _, head, _ in heads_of(experiment, info) if head.has_unit_per_class)
    return max((head.units or 0 for head in heads), default=0)
