"""What is said of targets that do not suit what learns them: scales that nothing standardizes, exact 0 and 1."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dlexp.components import precision
from dlexp.components.columns import Column
from dlexp.components.data import Info
from dlexp.components.heads.beta import MARGIN, Beta
from dlexp.components.heads.head import Head
from dlexp.components.heads.links import LINEAR_FROM
from dlexp.components.heads.poisson import Poisson
from dlexp.components.metrics import METRICS
from dlexp.components.remarks import Remark
from dlexp.config.experiment import EarlyStopping, Experiment
from dlexp.format import plural

#: Targets up to this size, and with no smaller standard deviation than the other, are learned as they are.
LARGEST, SMALLEST = 1e3, 1e-3
#: From here on one of two targets has nearly all of their loss.
MANY_TIMES = 1e3
#: From this share of exact 0 and 1 on, and from so many, they make a beta distribution another one: a third wider.
MANY_EXACT, MIN_EXACT = 0.01, 2
#: From this share of what the best constant prediction has on, a `min_delta` leaves hardly any improvement.
LARGE_DELTA = 0.5


@dataclass(frozen=True, eq=False)
class LearnedTarget:
    """A target as its head learns it."""

    name: str
    """Empty for the only one."""
    head: Head
    y: np.ndarray
    """Those of the training examples."""

    @property
    def path(self) -> str:
        """Of its head's settings."""
        return f"heads.{self.name}" if self.name else "head"

    @property
    def is_raw(self) -> bool:
        """Whether it is a number that its head could standardize and does not."""
        return getattr(self.head, "standardize_target", None) is False

    @property
    def scale(self) -> float:
        """The standard deviation of what is learned; of standardized numbers and of classes it is near 1."""
        return precision.scale_of(self.y) if self.is_raw else 1.0

    @property
    def size(self) -> float:
        """The largest number, without its sign."""
        return float(np.abs(self.y).max())

    @property
    def standardizing(self) -> str:
        """What to type so that it is standardized."""
        return f"{self.path}.standardize_target: true"


def remarks(experiment: Experiment, info: Info, by_role: Mapping[str, np.ndarray]) -> Iterator[Remark]:
    """What is said of the targets of each role, which the heads of a completed experiment learn."""
    place = experiment.dataset.source
    targets = [
        LearnedTarget(name, head, info.y_of(name, by_role["train"]))
        for name, (head, _) in experiment.head.by_target(info).items()
        if len(by_role["train"])
    ]
    yield from _unscaled(place, targets, shares=getattr(experiment.head, "sharing", "none") == "hard")
    for target in targets:
        yield from _exact_bounds(place, target)
        yield from _large_counts(place, target)
    if experiment.training.early_stopping:
        yield from _large_delta(place, experiment.training.early_stopping, info, by_role.get("validation"))


def _exact_bounds(place: str, target: LearnedTarget) -> Iterator[Remark]:
    """Targets that the density of a beta distribution does not have."""
    n = int(((target.y <= MARGIN) | (target.y >= 1 - MARGIN)).sum())
    if isinstance(target.head, Beta) and n >= max(MIN_EXACT, MANY_EXACT * len(target.y)):
        of = f" of {target.name}" * bool(target.name)
        found = (
            f"{n:,} of {plural(len(target.y), 'training target')}{of} are 0 or 1, where a beta distribution has no "
            f"density: they count as {MARGIN:g} away from it and outweigh the others"
        )
        yield Remark(rule="exact_bounds", place=place, found=found, key=f"{target.path}.type: proportion")


def _large_counts(place: str, target: LearnedTarget) -> Iterator[Remark]:
    """Counts far above the rate with which a Poisson head begins, e to the power of its bias."""
    mean, rate = float(target.y.mean()), math.exp(min(target.head.output_bias, LINEAR_FROM))
    if isinstance(target.head, Poisson) and mean > LARGEST * rate:
        of = f" of {target.name}" * bool(target.name)
        found = (
            f"counts{of} with a mean of {mean:.4g} reach the head as they are, whose rate begins near {rate:.4g} and "
            "takes long to get there"
        )
        key = f"output_bias: {math.log(mean):.1f}" if math.log(mean) < LINEAR_FROM else "type: regression"
        yield Remark(rule="unscaled_targets", place=place, found=found, key=f"{target.path}.{key}")


def _unscaled(place: str, targets: list[LearnedTarget], *, shares: bool) -> Iterator[Remark]:
    """Targets in their own units: two that share layers and differ too much, or each that is too large or too small."""
    raw = [target for target in targets if target.is_raw]
    if not raw:
        return
    by_scale = sorted(targets, key=lambda target: target.scale)
    smallest, largest = by_scale[0], by_scale[-1]
    if shares and largest.scale >= MANY_TIMES * smallest.scale:
        first, second = (largest, smallest) if largest.is_raw else (smallest, largest)
        other = f"{second.scale:.4g}" if second.is_raw else "near 1"
        found = (
            f"targets reach their heads as they are, on scales that differ: the standard deviation of {first.name} is "
            f"{first.scale:.4g}, that of {second.name} {other}, so that the loss of {largest.name} outweighs the other"
        )
        keys = [each.standardizing for each in raw if each in (smallest, largest)]
        yield Remark(rule="unscaled_targets", place=place, found=found, key=" and ".join(keys))
        return
    for target in raw:
        of = f" of {target.name}" * bool(target.name)
        if target.size > LARGEST:
            why = f"up to {target.size:.4g}: outputs begin near 0 and take long to get there"
        elif target.scale < SMALLEST:
            why = f"with a standard deviation of {target.scale:.4g}: a step of training moves outputs farther than that"
        else:
            continue
        found = f"targets{of} reach the head as they are, {why}"
        yield Remark(rule="unscaled_targets", place=place, found=found, key=target.standardizing)


def _large_delta(place: str, stopping: EarlyStopping, info: Info, y: np.ndarray | None) -> Iterator[Remark]:
    """An improvement that is asked for in the unit of a target whose errors are smaller."""
    column = Column.parse(stopping.monitor)
    metric = METRICS.get(column.quantity)
    if y is None or not len(y) or metric is None or metric.guess is None or metric.higher_is_better:
        return
    guess = metric.guess(info.y_of(column.target, y))
    if stopping.min_delta >= LARGE_DELTA * guess > 0:
        found = (
            f"the best constant prediction has a {stopping.monitor} of {guess:.4g}: hardly an epoch improves it by "
            f"more than min_delta, {stopping.min_delta:g}"
        )
        yield Remark(rule="large_min_delta", place=place, found=found, key="training.early_stopping.min_delta")
