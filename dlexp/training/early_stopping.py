"""When to stop, and the weights of the best epoch so far: as Keras's EarlyStopping decides."""

import math
from dataclasses import dataclass

import numpy as np

from dlexp.components.columns import Column
from dlexp.config.experiment import EarlyStopping
from dlexp.training.epochs import Epochs
from dlexp.training.network import Network


@dataclass(kw_only=True)
class Best:
    """The best epoch so far; everything there is to save for a later resume."""

    settings: EarlyStopping
    network: Network
    epoch: int = 0
    value: float = math.nan
    """NaN as long as there is none."""
    weights: list[np.ndarray] | None = None
    """All weights at the end of the best epoch, batch statistics included, if they are to be restored."""

    def note(self, epochs: Epochs) -> None:
        """Take an epoch into account, and stop the training if it was one too many without an improvement."""
        value = epochs.history[-1][self.settings.monitor]
        if self._improves(value):
            self.epoch, self.value = epochs.epoch, value
            if self.settings.restore_best:
                self.weights = self.network.get_weights()
        elif epochs.epoch - self.epoch >= self.settings.patience:
            epochs.stopped_epoch = epochs.epoch

    def _improves(self, value: float) -> bool:
        """Whether it is better than the best so far; NaN is no score, and any other is better than none."""
        if math.isnan(value) or math.isnan(self.value):
            return not math.isnan(value)
        is_higher_better = Column.parse(self.settings.monitor).higher_is_better
        gain = value - self.value if is_higher_better else self.value - value
        return gain > self.settings.min_delta

    def restore(self) -> int | None:
        """Give the network the best epoch's weights, if they were kept; returns the epoch that it then is from."""
        if self.weights is None:
            return None
        self.network.set_weights(self.weights)
        return self.epoch
