"""Something that a run's history shows, as a fact with its numbers."""

from dataclasses import dataclass
from typing import Literal

#: The most important first.
Kind = Literal[
    "diverged",
    "stopped_at_once",
    "memorizes",
    "collapsed",
    "slow",
    "one_class",
    "stuck",
    "guessing",
    "jumps",
    "oscillates",
    "overfits",
    "unfinished",
    "validation_better",
    "small_validation",
]


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """Something that a run's history shows, and what to try."""

    kind: Kind
    what: str
    """One sentence, with the numbers and the epochs."""
    change: str = ""
    """Options of `dlexp run` that usually help; empty if there are none."""
    observe: bool = False
    """Whether the hidden layers could tell more: `--observe diagnostics`."""
    control: bool = False
    """Whether the data may be at fault: `dlexp control` tells labels that are not theirs from a model that fails."""
