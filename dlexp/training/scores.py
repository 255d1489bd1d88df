"""From losses and predictions to the columns of the records."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from dlexp.components.columns import Column, Role
from dlexp.components.data import Split
from dlexp.components.heads.head import Predicted
from dlexp.components.metrics import METRICS
from dlexp.training.loop import Evaluator, Scores
from dlexp.training.mistakes import mistakes
from dlexp.training.network import AttachedHead, Network
from dlexp.training.splits import Splits


def scored(role: Role, scores: Scores, split: Split, network: Network) -> dict[str, float]:
    """The loss and the metrics of one pass over a split, by column; of several targets also the loss of each."""
    found = {str(Column(quantity="loss", split=role)): scores.loss}
    for i, (attached, seen) in enumerate(_seen(network, split, scores)):
        if attached.name:
            found[attached.column("loss", role)] = float(scores.task_losses[i])
        measure = attached.head.measure
        found |= {attached.column(name, role): measure(name, seen.y, seen.prediction) for name in attached.head.metrics}
    return found


def learned_weights(network: Network) -> dict[str, float]:
    """The weight of each target's loss as it is now, by column; nothing unless weights are learned."""
    if network.output.weights is None:
        return {}
    names = [attached.column("weight") for attached in network.heads]
    return dict(zip(names, network.output.weights().tolist(), strict=True))


def calibration(network: Network, train: Split, test: Split, tested: Scores) -> dict[str, float]:
    """What each head says of the test split's likelihood; the training split is evaluated only if one asks for it."""
    evaluated = cache(lambda: [seen for _, seen in _seen(network, train, Evaluator(network, train).evaluate())])
    found: dict[str, float] = {}
    for i, (attached, seen) in enumerate(_seen(network, test, tested)):
        trained = partial(lambda i: evaluated()[i], i)
        of_task = attached.head.distribution(seen.prediction, trained).calibration(seen)
        found |= {attached.column(name, "test"): value for name, value in of_task.items()}
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
    """The most confident mistakes on each target, with its name where there are several."""
    found = []
    for attached, seen in _seen(network, test, tested):
        name = {"target_name": attached.name} if attached.name else {}
        found += [name | each for each in mistakes(seen.y, attached.head.judged(seen.prediction), attached.info)]
    return found


def _seen(network: Network, split: Split, scores: Scores) -> Iterator[tuple[AttachedHead, Predicted]]:
    """Each head, and the split as it sees it."""
    for attached in network.heads:
        y, part = network.info.y_of(attached.name, split.y), attached.part
        yield attached, Predicted(y, scores.logits[:, part.logits], scores.predictions[:, part.prediction])
