"""When to stop, and the weights of the best epoch so far: as Keras's EarlyStopping decides."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np

from dlexp.components.metrics import higher_is_better
from dlexp.config.experiment import EarlyStopping


@dataclass
class Best:
    """The best epoch so far; everything there is to save for a later resume."""

    settings: EarlyStopping
    epoch: int = 0
    value: float = 0.0
    weights: list[np.ndarray] | None = None
    """All weights at the end of the best epoch, batch statistics included, where they are to be restored."""

    def note(self, row: Mapping[str, float], model: keras.Model) -> bool:
        """Take an epoch's row of history into account; whether it was one too many without an improvement."""
        epoch, value = int(row["epoch"]), row[self.settings.monitor]
        if self.epoch and not self._improves(value):
            return epoch - self.epoch >= self.settings.patience
        self.epoch, self.value = epoch, value
        if self.settings.restore_best:
            self.weights = model.get_weights()
        return False

    def _improves(self, value: float) -> bool:
        gain = value - self.value if higher_is_better(self.settings.monitor) else self.value - value
        return gain > self.settings.min_delta

    def restore(self, model: keras.Model) -> int | None:
        """Give the model the best epoch's weights, if that is asked for; returns the epoch that it then is from."""
        if self.weights is None:
            return None
        model.set_weights(self.weights)
        return self.epoch
