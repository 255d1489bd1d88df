"""What a finished run is summed up by: last and best scores, layers, the worst mistakes."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.components.data import Info
from dlexp.components.metrics import class_probabilities

if TYPE_CHECKING:
    from dlexp.training.network import Network

#: How many of the worst mistakes on each target are kept: with their examples, and in a summary.
N_MISTAKES = 20
N_IN_SUMMARY = 10


def summarize(history: list[dict[str, float]], restored_epoch: int | None = None) -> dict[str, float]:
    """The last epoch's scores under their own names; the best validation scores with their epochs.

    Where the weights of another epoch were restored, its scores are the model's, and stand in for the last epoch's.
    A metric of which neither way is better has no best.
    """
    row = history[restored_epoch - 1 if restored_epoch else -1]
    last = {name: value for name, value in row.items() if name not in OTHER_COLUMNS}
    best: dict[str, float] = {}
    for name in last:
        column = Column.parse(name)
        if column.split == "validation" and column.is_judged:
            values = [row[name] for row in history]
            value = max(values) if column.higher_is_better else min(values)
            best[str(replace(column, best="value"))] = value
            # The first of equal epochs.
            best[str(replace(column, best="epoch"))] = history[values.index(value)]["epoch"]
    return last | best


def layers(network: "Network") -> list[dict[str, Any]]:
    """The saved model's layers in their order: name, Keras's class, output shape without the batch, parameters."""
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in network.model.layers
    ]


def mistakes(y: np.ndarray, predictions: np.ndarray, info: Info) -> list[dict[str, Any]]:
    """The test examples that are most confidently wrong: position, target, prediction; for classes its probability."""
    if info.n_classes is None:
        worst = np.abs(predictions[:, 0] - y).argsort(kind="stable")[::-1][:N_MISTAKES]
        return [{"position": int(i), "target": float(y[i]), "predicted": float(predictions[i, 0])} for i in worst]
    if info.task == "multilabel":
        return _wrong_labels(y, predictions)
    predictions = class_probabilities(predictions)
    decided = predictions.argmax(axis=1)
    confidence = np.where(decided != y, predictions.max(axis=1), 0.0)
    worst = confidence.argsort(kind="stable")[::-1][: min(N_MISTAKES, int((decided != y).sum()))]
    return [
        {
            "position": int(i),
            "target": int(y[i]),
            "predicted": int(decided[i]),
            "probability": float(confidence[i]),
        }
        for i in worst
    ]


def first_mistakes(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the mistakes on each target the worst, as many as a summary keeps."""
    of_target = groupby(found, key=lambda each: each.get("target_name"))
    return [each for _, of_one in of_target for each in islice(of_one, N_IN_SUMMARY)]


def _wrong_labels(y: np.ndarray, predictions: np.ndarray) -> list[dict[str, Any]]:
    """The labels that are most confidently wrong: given (1) or not (0), each a decision of its own."""
    decided = predictions > 0.5
    confidence = np.where(decided != y, np.maximum(predictions, 1 - predictions), 0.0)
    worst = confidence.argsort(axis=None, kind="stable")[::-1][: min(N_MISTAKES, int((decided != y).sum()))]
    return [
        {
            "position": int(i),
            "label": int(k),
            "target": int(y[i, k]),
            "predicted": int(decided[i, k]),
            "probability": float(confidence[i, k]),
        }
        for i, k in zip(*np.unravel_index(worst, y.shape), strict=True)
    ]
