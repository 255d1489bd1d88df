"""What a finished run is summed up by: last and best scores, and layers."""

from typing import TYPE_CHECKING

from dlexp.components.columns import OTHER_COLUMNS, Column
from dlexp.records.ended import Layer

if TYPE_CHECKING:
    from dlexp.training.network import Network


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
            best[str(column.best_value)] = value
            # The first of equal epochs.
            best[str(column.best_epoch)] = history[values.index(value)]["epoch"]
    return last | best


def layers(network: "Network") -> list[Layer]:
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
