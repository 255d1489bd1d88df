"""From losses and predictions to the columns of the records."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from dlexp.components.columns import Column, Role
from dlexp.components.data import Split
from dlexp.components.heads.head import Predicted
from dlexp.components.metrics import METRICS
from dlexp.training.loop import Evaluator, Scores
from dlexp.training.mistakes import mistakes
from dlexp.training.network import AttachedHead, Network
from dlexp.training.splits import Splits


def scored(role: Role, scores: Scores, split: Split, network: Network) -> dict[str, float]:
    """The loss and the metrics of one pass over a split, by column; of several targets also the loss of each.

    Metrics are NaN where the prediction of any example is NaN or infinite.
    """
    found = {str(Column(quantity="loss", split=role)): scores.loss}
    for i, (attached, seen) in enumerate(seen_by_heads(network, split, scores)):
        if attached.name:
            found[attached.column("loss", role)] = float(scores.task_losses[i])
        is_finite = len(predicted_rows(seen)) == len(seen.y)
        for name in attached.head.metrics:
            measured = attached.head.measure(name, seen.y, seen.prediction) if is_finite else math.nan
            found[attached.column(name, role)] = measured
    return found


def learned_weights(network: Network) -> dict[str, float]:
    """The weight of each target's loss as it is now, by column; nothing unless weights are learned."""
    if network.output.weights is None:
        return {}
    names = [attached.column("weight") for attached in network.heads]
    return dict(zip(names, network.output.weights().tolist(), strict=True))


def seen_in_training(network: Network, train: Split) -> Sequence[Callable[[], Predicted]]:
    """The training split as each head sees it in the end; it is evaluated once, and only if a head asks for it."""
    evaluated = cache(lambda: [seen for _, seen in seen_by_heads(network, train, Evaluator(network, train).evaluate())])
    return [partial(lambda i: evaluated()[i], i) for i in range(len(network.heads))]


def calibration(
    network: Network, test: Split, tested: Scores, trained: Sequence[Callable[[], Predicted]]
) -> dict[str, float]:
    """What each head says of the test split's likelihood; `trained` is the training split as each sees it.

    NaN where the prediction of any example is NaN or infinite.
    """
    found: dict[str, float] = {}
    for (attached, seen), of_train in zip(seen_by_heads(network, test, tested), trained, strict=True):
        rows = predicted_rows(seen)
        finite = seen if len(rows) == len(seen.y) else seen.take(rows)
        of_task = attached.head.distribution(finite.prediction, of_train).calibration(finite)
        for name, value in of_task.items():
            found[attached.column(name, "test")] = value if finite is seen else math.nan
    return found


def guessing(network: Network, splits: Splits) -> dict[str, float]:
    """What the best constant prediction scores on the validation and test splits, by column, where that is known."""
    found: dict[str, float] = {}
    for role, part in splits.by_role.items():
        for attached in network.heads if role != "train" else ():
            y = network.info.y_of(attached.name, part.y)
            for metric in attached.head.metrics:
                if (guess := METRICS[metric].guess) and not METRICS[metric].undefined(y, ()):
                    found[attached.column(metric, role)] = guess(y)
    return found


def worst_mistakes(network: Network, test: Split, tested: Scores) -> list[dict[str, Any]]:
    """The most confident mistakes on each target, with its name where there are several.

    An example whose prediction is NaN or infinite is no mistake.
    """
    found = []
    for attached, seen in seen_by_heads(network, test, tested):
        name, rows = {"target_name": attached.name} if attached.name else {}, predicted_rows(seen)
        of_target = mistakes(seen.y[rows], attached.head.judged(seen.prediction[rows]), attached.info)
        found += [name | each | {"position": int(rows[each["position"]])} for each in of_target]
    return found


def predicted_rows(seen: Predicted) -> np.ndarray:
    """The positions of the examples whose predictions are finite."""
    return np.flatnonzero(np.isfinite(seen.prediction).all(axis=1))


def seen_by_heads(network: Network, split: Split, scores: Scores) -> Iterator[tuple[AttachedHead, Predicted]]:
    """Each head, and the split as it sees it."""
    for attached in network.heads:
        y, part = network.info.y_of(attached.name, split.y), attached.part
        yield attached, Predicted(y, scores.logits[:, part.logits], scores.predictions[:, part.prediction])
