"""How far predictions go with targets, against the best constant prediction and against chance."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from dlexp.components.data import Array, Info
from dlexp.components.heads.head import Head
from dlexp.components.metrics import METRICS
from dlexp.training.controlled import Association

#: How often targets are put into another order, to see what chance gives.
PERMUTATIONS = 100
#: What one of these orders scores as well is no rarer than 1 in 101: so many standard deviations of a normal
#: distribution. Of a rare class, a single hit by chance would be ten of its own.
AT_MOST = 2.33


def of_head(target: str, head: Head, y: Array, prediction: Array) -> Association:
    """Of what a head predicts, `(n, columns)`, by its first metric whose score by a constant prediction is known.

    A mean is judged by its squared errors: of a skewed target it has larger absolute errors than the median has, which
    is the best constant prediction by these, however much is learned.
    """
    judging = [name for name in head.metrics if METRICS[name].higher_is_better is not None] or list(head.metrics)
    metric = next((name for name in judging if METRICS[name].guess), judging[0])
    if metric == "mae" and not head.predicts_median:
        metric = "rmse"
    return _association(target, metric, y, lambda targets: head.measure(metric, targets, prediction))


def of_neighbours(said: Mapping[str, Array], info: Info, y: Array) -> list[Association]:
    """Of what the neighbours of examples say, by target."""
    found = []
    for target, predicted in said.items():
        is_number = (info.targets[target] if target else info).n_classes is None
        metric, score = ("mae", _absolute_error) if is_number else ("accuracy", _agreement)
        found.append(_association(target, metric, info.y_of(target, y), partial(score, predicted)))
    return found


def _association(target: str, name: str, y: Array, measure: Callable[[Array], float]) -> Association:
    metric, rng = METRICS[name], np.random.default_rng(0)
    sign = -1.0 if metric.higher_is_better is False else 1.0
    value, chance = measure(y), [measure(y[rng.permutation(len(y))]) for _ in range(PERMUTATIONS)]
    sd = float(np.std(chance))
    z = sign * (value - float(np.mean(chance))) / sd if sd > 0 else 0.0
    guess = metric.guess(y) if metric.guess else None
    perfect = metric.limits[1] if sign > 0 else 0.0
    reach = abs(perfect - guess) if guess is not None and math.isfinite(perfect) else 0.0
    return Association(
        target=target,
        metric=name,
        value=value,
        guess=guess,
        gain=sign * (value - guess) / reach if guess is not None and reach > 0 else None,
        z=z if all(sign * value > sign * each for each in chance) else min(z, AT_MOST),
        n=len(y),
    )


def _agreement(predicted: Array, y: Array) -> float:
    return float((predicted == y).mean())


def _absolute_error(predicted: Array, y: Array) -> float:
    return METRICS["mae"].measure(y, predicted[:, None])
