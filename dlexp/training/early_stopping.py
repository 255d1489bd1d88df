"""When to stop, and the weights of the best epoch so far: as Keras's EarlyStopping decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dlexp.components.columns import Column
from dlexp.config.experiment import EarlyStopping


class Weighted(Protocol):
    """A network, or a model of Keras."""

    def get_weights(self) -> list[np.ndarray]:
        """All that a score depends on."""

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Go back to what `get_weights` gave."""


@dataclass
class Best:
    """The best epoch so far; everything there is to save for a later resume."""

    settings: EarlyStopping
    epoch: int = 0
    value: float = 0.0
    weights: list[np.ndarray] | None = None
    """All weights at the end of the best epoch, batch statistics included, where they are to be restored."""

    def note(self, row: Mapping[str, float], network: Weighted) -> bool:
        """Take an epoch's row of history into account; whether it was one too many without an improvement."""
        epoch, value = int(row["epoch"]), row[self.settings.monitor]
        if self.epoch and not self._improves(value):
            return epoch - self.epoch >= self.settings.patience
        self.epoch, self.value = epoch, value
        if self.settings.restore_best:
            self.weights = network.get_weights()
        return False

    def _improves(self, value: float) -> bool:
        gain = value - self.value if Column.parse(self.settings.monitor).higher_is_better else self.value - value
        return gain > self.settings.min_delta

    def restore(self, network: Weighted) -> int | None:
        """Give the network the best epoch's weights, if that is asked for; returns the epoch that it then is from."""
        if self.weights is None:
            return None
        network.set_weights(self.weights)
        return self.epoch
