"""Whether what a training makes is finite: its losses, its weights, and what it predicts of each split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlexp.components.columns import Role
from dlexp.components.component import Misfit, Unfit
from dlexp.components.optimizers import Optimizer
from dlexp.config.watched import MONITOR
from dlexp.format import listed, plural
from dlexp.training.epochs import Diverged, Epochs
from dlexp.training.loop import Evaluator, Scores, Trainer
from dlexp.training.network import Network
from dlexp.training.splits import Splits

#: Training examples that tell a model that has diverged from one that fails on some example of another split.
N_PROBED = 256
ADVICE = "; try a smaller optimizer.learning_rate"


def without(splits: Splits, role: Role, positions: Sequence[int] | np.ndarray) -> str:
    """`no finite prediction for 1 of 100 test examples (12)`; for none of them that the loss alone is not finite."""
    examples = plural(len(splits.by_role[role]), f"{role} example")
    if not len(positions):
        return f"the loss of {examples} is NaN or infinite, although every prediction is finite"
    who = listed([splits.names[role](int(i)) for i in positions])
    return f"no finite prediction for {len(positions):,} of {examples} ({who})"


def predicts_training_examples(network: Network, splits: Splits) -> bool:
    """Whether loss and predictions are finite for the first training examples, with the weights as they are."""
    return Evaluator(network, splits.train.first(N_PROBED)).evaluate().are_finite


@dataclass(frozen=True, kw_only=True)
class Finiteness:
    """Looks at each epoch before anything of it is kept: a checkpoint, or the best weights so far."""

    trainer: Trainer
    splits: Splits
    optimizer: Optimizer
    """Its rate is to blame first, where it is far from usual."""
    monitor: str = ""
    """The column that early stopping watches; empty if it watches none."""

    def require(self, epochs: Epochs, order: np.ndarray, trained: Scores, validated: Scores | None) -> None:
        """Make sure that the last epoch left a model that can be trained further.

        A validation example without a finite prediction is noted: the model may be right, and is trained further.

        Args:
            epochs: All so far, the last one's row included.
            order: The training examples in the order of the last epoch, `(n,)`.
            trained: What that epoch gave.
            validated: What it then gave on the validation examples; None if there are none.

        Raises:
            Diverged: A loss, a weight or a prediction of a training example is NaN or infinite.
            Unfit: Early stopping watches a score that is missing from the first epoch on.
        """
        if what := self._lost(order, trained, epochs.epoch):
            raise Diverged(epochs.epoch, what)
        if validated is not None and not validated.are_finite:
            epochs.unpredicted["validation"] = validated.unpredicted
            if not predicts_training_examples(self.trainer.network, self.splits):
                raise Diverged(epochs.epoch, f"val_loss is {validated.loss} in epoch {epochs.epoch}{ADVICE}")
            if epochs.epoch == 1 and math.isnan(epochs.history[-1].get(self.monitor, 0.0)):
                why = f"{self.monitor} is missing: {without(self.splits, 'validation', validated.unpredicted)}"
                raise Unfit(Misfit(MONITOR, why))

    def require_moving(self, epochs: Epochs) -> None:
        """Make sure, once at the end, that the optimizer could still learn: what it loses it never gets back.

        Raises:
            Diverged: Its state is NaN or infinite.
        """
        if self.trainer.is_stuck:
            state = "the optimizer's state is NaN or infinite"
            raise Diverged(epochs.epoch, f"{state} after epoch {epochs.epoch}: gradients are too large{ADVICE}")

    def _lost(self, order: np.ndarray, trained: Scores, epoch: int) -> str:
        """What is not finite, and where that began, in a line; empty if all is finite."""
        lost, loss = self.trainer.lost, trained.loss
        if not lost and trained.are_finite:
            return ""
        layers = self.trainer.network.layers_of(lost)
        if first := self._first_rows(order, trained):
            what = f"loss is {loss}" if not math.isfinite(loss) else "predictions are NaN or infinite"
            who = f"training example{'s' * (len(first) > 1)} {listed([self.splits.names['train'](i) for i in first])}"
            first_lost = f"the first predictions that are not finite are those of {who}"
            if self.optimizer.has_large_rate:
                return f"{what} in epoch {epoch}; {_too_large(self.optimizer)}; {first_lost}"
            return f"{what} in epoch {epoch}; {first_lost}; if nothing is wrong with them{ADVICE.replace(';', ',')}"
        if not math.isfinite(loss):
            of_layers = f", as are weights of {listed(layers)}" if layers else ""
            advice = f"; {_too_large(self.optimizer)}" if self.optimizer.has_large_rate else ADVICE
            return f"loss is {loss} in epoch {epoch}{of_layers}{advice}"
        what = f"weights of {listed(layers)}" if lost else "predictions of training examples"
        return f"{what} are NaN or infinite in epoch {epoch}, although the loss is {loss:.4g}"

    def _first_rows(self, order: np.ndarray, trained: Scores) -> list[int]:
        """The examples with which it began: the first of all without a finite prediction.

        An empty list if most of their batch have none: then the weights had been lost before.
        """
        is_lost = np.isin(order, trained.unpredicted)
        if not is_lost.any():
            return []
        size = self.trainer.batch_size
        start = int(is_lost.argmax()) // size * size
        batch, of_batch = order[start : start + size], is_lost[start : start + size]
        return [] if 2 * of_batch.sum() > len(batch) else [int(i) for i in batch[of_batch]]


def _too_large(optimizer: Optimizer) -> str:
    rate, most = optimizer.learning_rate, optimizer.usual_learning_rates[1]
    return f"optimizer.learning_rate={rate:g} is too large: {optimizer.type} usually takes {most:g} at most"
