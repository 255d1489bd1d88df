"""The epochs of one run, from a checkpoint or the first one, to the last or until early stopping."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlexp.config.experiment import Experiment
from dlexp.records.run_dir import RunDir
from dlexp.training import interruption
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.diagnostics import diagnosing
from dlexp.training.early_stopping import Best
from dlexp.training.interruption import Stopped
from dlexp.training.loop import Engine, Evaluator, order_of
from dlexp.training.network import Network
from dlexp.training.scores import learned_weights, scored
from dlexp.training.splits import Splits


class Diverged(ArithmeticError):
    """The loss became NaN or infinite."""

    def __init__(self, epoch: int, column: str, value: float) -> None:
        super().__init__(f"{column} is {value} in epoch {epoch}")
        self.epoch = epoch


@dataclass(frozen=True)
class Fitted:
    """What a training left beside the weights."""

    history: list[dict[str, float]]
    """A row for each epoch that was trained."""
    stopped_epoch: int | None
    """The epoch after which early stopping ended it; none where it did not."""
    restored_epoch: int | None
    """The epoch whose weights the model has been given back; none where it has the last one's."""
    resumed_after: list[int]
    """The epochs after which it was gone on with."""
    seconds_before: float
    """What went into the epochs before the last of these."""


def fit(
    experiment: Experiment, network: Network, splits: Splits, seed: int, run_dir: RunDir, stamp: Mapping[str, Any]
) -> Fitted:
    """Train for all epochs, or until early stopping; one row of history an epoch, written as it comes.

    Goes on from a checkpoint in the run directory, if there is one with this `stamp`.

    Raises:
        Diverged: A loss became NaN or infinite; its row is the last.
        Stopped: It was asked to stop; it can be gone on with.
        Changed: The history was edited meanwhile; the run can be resumed from before that.
    """
    began = time.perf_counter()
    training = experiment.training
    steps_per_epoch = -(-len(splits.train) // training.batch_size)
    rate = experiment.optimizer.learning_rate
    optimizer = experiment.optimizer.build(training.schedule.build(rate, training.epochs, steps_per_epoch))
    engine = Engine(network, optimizer, splits.train, training.batch_size)
    evaluator = Evaluator(network, splits.validation) if splits.validation is not None else None
    best = Best(training.early_stopping) if training.early_stopping else None
    checkpoints = Checkpoints(run_dir, stamp, network, optimizer, best)
    progress = checkpoints.restore()
    resumed_at, seconds_before = progress.epoch, progress.seconds
    history = run_dir.history()[:resumed_at] if resumed_at else []
    stopped_epoch = None
    diagnostics = diagnosing(training.diagnostics, network, splits.train, seed, run_dir, resumed_at)
    with run_dir.history_writer(experiment.history_columns, resumed_at) as writer, diagnostics as diagnose:
        checkpoints.before_saving = writer.require_unchanged
        for epoch in range(resumed_at + 1, training.epochs + 1):
            if interruption.asked():
                checkpoints.save(progress)
                raise Stopped(progress.epoch)
            clock = time.perf_counter()
            # As the config says it: the shortest number that is this float32.
            learning_rate = float(str(np.float32(optimizer.learning_rate)))
            trained = engine.train_epoch(order_of(seed, epoch, len(splits.train)))
            scores = scored("train", trained, splits.train, network) | learned_weights(network)
            if evaluator is not None:
                scores |= scored("validation", evaluator.evaluate(), evaluator.split, network)
            row = {
                "epoch": epoch,
                "seconds": time.perf_counter() - clock,
                "learning_rate": learning_rate,
                **scores,
            }
            writer.write(row)
            history.append(row)
            diagnose(epoch)
            print(f"epoch {epoch}/{training.epochs}", *(f"{name} {value:.4f}" for name, value in scores.items()))
            for column in ("loss", "val_loss"):
                if not math.isfinite(row.get(column, 0.0)):
                    raise Diverged(epoch, column, row[column])
            if best and best.note(row, network):
                stopped_epoch = epoch
                break
            progress.epoch, progress.seconds = epoch, seconds_before + time.perf_counter() - began
            checkpoints.save_if_due(progress)
        writer.require_unchanged()
    restored_epoch = best.restore(network) if best else None
    return Fitted(history, stopped_epoch, restored_epoch, progress.resumed_after, seconds_before)
