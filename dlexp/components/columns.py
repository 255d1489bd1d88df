"""The columns of the records: names like `best_val_digit_accuracy` are parsed and made here alone."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from dlexp.components.metrics import METRICS, Metric

#: Columns of a history that are no scores; they come first.
OTHER_COLUMNS = ("epoch", "seconds", "learning_rate")

#: Numbers of a run that stand beside its metrics; of each, less is better.
COSTS = ("epochs", "seconds", "parameters")

#: Columns of the diagnostics, which have a row for each hidden layer in each epoch.
DIAGNOSED = ("dead_share", "saturated_share", "gradient_norm", "weight_norm", "update_ratio")

#: The part that a split has in a run.
Role = Literal["train", "validation", "test"]
#: What a column of a split begins with, and one of how much worse the test split scores than the training split.
PREFIXES: Mapping[Role | Literal["gap"], str] = {"train": "", "validation": "val_", "test": "test_", "gap": "gap_"}

_SPLITS = {prefix: split for split, prefix in PREFIXES.items()}
_NAME = re.compile(
    r"(?P<best>best_)?(?P<prefix>val_|test_|gap_)?(?P<rest>.*?)(?P<epoch>(?(best)(?:_epoch)?))", re.DOTALL
)
#: What a target's name may stand before: `digit_accuracy`, `digit_loss`, `digit_weight`. The shortest target that fits:
#: `class_mae` is no `mae`.
_OF_A_TARGET = re.compile(rf"(?:(?P<target>.+?)_)??(?P<quantity>{'|'.join([*METRICS, 'loss', 'weight'])})", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One number of a history or a result: `str` of it is the column's name."""

    quantity: str
    """A metric, `loss`, `weight` (of a target's loss), or what is no score: `seconds`."""
    target: str = ""
    """The one of several targets that it is about; empty where there is one, or it is about all."""
    split: Role | Literal["gap"] = "train"
    """`gap`: how much worse the test split scores than the training split."""
    best: Literal["", "value", "epoch"] = ""
    """The best value over the epochs, or the epoch that had it; empty for the last epoch's value."""

    @classmethod
    @cache
    def parse(cls, name: str) -> "Column":
        """What a column's name says; any text is the name of a column."""
        found = _NAME.fullmatch(name)
        assert found is not None
        of_target = _OF_A_TARGET.fullmatch(found["rest"])
        target, quantity = of_target.group("target", "quantity") if of_target else (None, found["rest"])
        best: Literal["", "value", "epoch"] = "epoch" if found["epoch"] else "value" if found["best"] else ""
        return cls(quantity=quantity, target=target or "", split=_SPLITS[found["prefix"] or ""], best=best)

    def __str__(self) -> str:
        best, epoch = "best_" if self.best else "", "_epoch" if self.best == "epoch" else ""
        return f"{best}{PREFIXES[self.split]}{f'{self.target}_' if self.target else ''}{self.quantity}{epoch}"

    @property
    def metric(self) -> Metric | None:
        """The metric that it holds; None for losses and what is no score."""
        return None if self.best == "epoch" else METRICS.get(self.quantity)

    @property
    def is_loss(self) -> bool:
        """Whether it is a loss, of all targets or of one."""
        return self.quantity == "loss" and self.best != "epoch"

    @property
    def higher_is_better(self) -> bool | None:
        """Whether a higher value is the better one.

        None if neither way is: `seconds`, `val_logit_gradient`; a gap is small in a model that learns nothing, too.
        """
        if self.is_loss and self.split != "gap":
            return False
        return self.metric.higher_is_better if self.metric and self.split != "gap" else None

    @property
    def is_judged(self) -> bool:
        """Whether one way is better."""
        return self.higher_is_better is not None

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value that is possible, whatever is trained; infinite where nothing limits it."""
        if self.best == "epoch" or self.quantity in COSTS:
            return 0.0, math.inf
        low, high = self.metric.limits if self.metric else (-math.inf, math.inf)
        return (low - high, high - low) if self.split == "gap" else (low, high)

    @property
    def last(self) -> "Column":
        """The same in the last epoch."""
        return replace(self, best="")

    @property
    def best_value(self) -> "Column":
        """The best value over the epochs."""
        return replace(self, best="value")

    @property
    def best_epoch(self) -> "Column":
        """The epoch that had the best value."""
        return replace(self, best="epoch")

    def on(self, split: Role | Literal["gap"]) -> "Column":
        """The same on another split."""
        return replace(self, split=split)


def quantities(names: Iterable[str]) -> list[Column]:
    """What the columns of a history measure, as columns of the training split: the loss and the metrics, each once."""
    # A history has no gaps and no test scores: such a name is that of a target, `gap_size`.
    on_validation = (f"val_{name.removeprefix('val_')}" for name in names if name not in OTHER_COLUMNS)
    return [Column.parse(name).on("train") for name in dict.fromkeys(on_validation)]
