"""From losses and predictions to the columns of the records."""

from functools import cache, partial
from typing import Any

from dlexp.components.columns import Column, Role
from dlexp.components.data import Split
from dlexp.components.heads.head import Predicted
from dlexp.training.loop import Evaluator, Scores
from dlexp.training.mistakes import mistakes
from dlexp.training.network import Network, TargetOutput
from dlexp.training.splits import Splits


def scored(role: Role, scores: Scores, split: Split, network: Network) -> dict[str, float]:
    """The loss and the metrics of one pass over a split, by column; of several targets also the loss of each."""
    found = {str(Column(quantity="loss", split=role)): scores.loss}
    for i, task in enumerate(network.tasks):
        if task.name:
            found[task.column("loss", role)] = float(scores.task_losses[i])
        seen = _predicted(network, task, split, scores)
        measure = task.head.measure
        found |= {task.column(name, role): measure(name, seen.y, seen.prediction) for name in task.head.metrics}
    return found


def learned_weights(network: Network) -> dict[str, float]:
    """The weight of each target's loss as it is now, by column; nothing unless weights are learned."""
    if network.output.weights is None:
        return {}
    names = [task.column("weight") for task in network.tasks]
    return dict(zip(names, network.output.weights().tolist(), strict=True))


def calibration(network: Network, train: Split, test: Split, tested: Scores) -> dict[str, float]:
    """What each head says of the test split's likelihood; the training split is evaluated only if one asks for it."""
    evaluated = cache(lambda: Evaluator(network, train).evaluate())
    found: dict[str, float] = {}
    for task in network.tasks:
        trained = partial(lambda task: _predicted(network, task, train, evaluated()), task)
        seen = _predicted(network, task, test, tested)
        of_task = task.head.distribution(seen.prediction, trained).calibration(seen)
        found |= {task.column(name, "test"): value for name, value in of_task.items()}
    return found


def guessing(network: Network, splits: Splits) -> dict[str, float]:
    """What the best constant prediction scores on the validation and test splits, by column, where that is known."""
    found: dict[str, float] = {}
    evaluated: tuple[Role, ...] = ("validation", "test")
    for role in evaluated:
        for task in network.tasks if role in splits.by_role else ():
            y = network.info.y_of(task.name, splits.by_role[role].y)
            guesses = {metric: task.head.guess(metric, y) for metric in task.head.metrics}
            found |= {task.column(metric, role): guess for metric, guess in guesses.items() if guess is not None}
    return found


def worst_mistakes(network: Network, test: Split, tested: Scores) -> list[dict[str, Any]]:
    """The most confident mistakes on each target, with its name where there are several."""
    found = []
    for task in network.tasks:
        seen = _predicted(network, task, test, tested)
        name = {"target_name": task.name} if task.name else {}
        found += [name | each for each in mistakes(seen.y, task.head.judged(seen.prediction), task.info)]
    return found


def _predicted(network: Network, task: TargetOutput, split: Split, scores: Scores) -> Predicted:
    y = network.info.y_of(task.name, split.y)
    return Predicted(y, scores.logits[:, task.part.logits], scores.predictions[:, task.part.prediction])
