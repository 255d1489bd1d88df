"""The epochs of a training so far, and the hooks that are called at the end of each."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

from dlexp.components.columns import OTHER_COLUMNS, Column, Role
from dlexp.components.data import Array
from dlexp.records.ended import Continued


@dataclass(kw_only=True)
class Epochs:
    """The epochs of a training so far: what its hooks are given, and in the end what its records are made of."""

    planned: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    """A row for each epoch that was trained."""
    resumed_after: list[int] = field(default_factory=list)
    """The epochs after which the training was resumed."""
    continues: Continued | None = None
    """The run whose final state it began with; None if it began with the first epoch."""
    seconds_before: float = 0.0
    """What the epochs before it was last resumed took, in all processes."""
    began: float = field(default_factory=time.perf_counter)
    stopped_epoch: int | None = None
    """The epoch after which early stopping ended it; None if it did not."""
    restored_epoch: int | None = None
    """The epoch whose weights the model was given back; None if it has the last one's."""
    unpredicted: dict[Role, Array] = field(default_factory=dict)
    """By role, the positions of the examples for which the model gave no finite prediction the last time that any
    score of theirs was not finite."""

    @property
    def epoch(self) -> int:
        """How many are trained."""
        return len(self.history)

    @property
    def seconds(self) -> float:
        """What they took, in all processes."""
        return self.seconds_before + time.perf_counter() - self.began

    @property
    def are_done(self) -> bool:
        """Whether no further one is trained."""
        return self.epoch >= self.planned or self.stopped_epoch is not None


#: Called at the end of each epoch, once its row of history is written. What it raises ends the training.
Hook = Callable[[Epochs], None]


class Stopped(Exception):
    """A training was asked to stop, and did; the same run is resumed from there."""


class Diverged(ArithmeticError):
    """The loss, a weight or a prediction of a training example became NaN or infinite."""

    def __init__(self, epoch: int, what: str) -> None:
        super().__init__(what)
        self.epoch = epoch


def print_scores(epochs: Epochs) -> None:
    """Print the scores of the epoch."""
    scores = (f"{name} {value:.5g}" for name, value in epochs.history[-1].items() if name not in OTHER_COLUMNS)
    print(f"epoch {epochs.epoch}/{epochs.planned}", *scores)


def summarize(history: list[dict[str, float]], restored_epoch: int | None = None) -> dict[str, float]:
    """The last epoch's scores under their own names; the best validation scores with their epochs.

    Where the weights of another epoch were restored, its scores are the model's, and stand in for the last epoch's.
    A metric of which neither way is better has no best; what is undefined in every epoch has NaN as its best.
    """
    row = history[restored_epoch - 1 if restored_epoch else -1]
    last = {name: value for name, value in row.items() if name not in OTHER_COLUMNS}
    best: dict[str, float] = {}
    for name in last:
        column = Column.parse(name)
        if column.split == "validation" and column.is_judged:
            scored = [row for row in history if not math.isnan(row[name])]
            pick = max if column.higher_is_better else min
            # The first of equal epochs.
            found = pick(scored, key=itemgetter(name), default={})
            best[str(column.best_value)] = found.get(name, math.nan)
            best[str(column.best_epoch)] = found.get("epoch", math.nan)
    return last | best
