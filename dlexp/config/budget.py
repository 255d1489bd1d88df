"""What a study imposes on the length of every training: epochs, or steps of the optimizer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from dlexp.config.experiment import Experiment
from dlexp.config.load import Loaded, checked
from dlexp.config.node import Node
from dlexp.config.overrides import with_values
from dlexp.config.problems import Source, refused
from dlexp.config.study import Budget

#: How many examples an experiment trains on; None if that is not known.
NTrained = Callable[[Experiment], int | None]


def steps_per_epoch(n_trained: int, batch_size: int) -> int:
    """Updates of the optimizer in an epoch, the last one with what is left."""
    return math.ceil(n_trained / batch_size)


def by_settings(experiment: Experiment) -> int | None:
    """How many examples an experiment trains on, as far as its settings tell it."""
    return experiment.n_trained(experiment.dataset.info())


@dataclass(frozen=True, kw_only=True)
class Imposed:
    """The budget of a study, to be imposed on its variants."""

    budget: Budget
    source: Source
    """Where it is said."""
    n_trained: NTrained | None = None
    """None if an experiment keeps its epochs whose settings do not tell how many examples it trains on."""

    def on(self, loaded: Loaded) -> Loaded:
        """A config with the epochs that the budget gives it.

        Raises:
            ConfigError: The config cannot have so many, or its steps cannot be counted.
        """
        epochs = self.budget.epochs or self._epochs(loaded)
        if epochs is None:
            return loaded
        assert loaded.said
        return checked(loaded.path, with_values(loaded.said, [(("training", "epochs"), Node(epochs, self.source))]))

    def _epochs(self, loaded: Loaded) -> int | None:
        """As many as come nearest to the steps."""
        n = (self.n_trained or by_settings)(loaded.experiment)
        if n is not None:
            per_epoch = steps_per_epoch(n, loaded.experiment.training.batch_size)
            return max(1, round((self.budget.steps or 0) / per_epoch))
        if self.n_trained is None:
            return None
        message = (
            "how many examples train is not known before a run on these data has finished; "
            f"train one with: dlexp run {loaded.path}, or impose epochs"
        )
        raise refused(message, self.source, "budget.steps")
