"""The epochs of one run, from a checkpoint or the first one, to the last or until early stopping."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np

from dlexp.components.data import Split
from dlexp.components.schedules import Constant
from dlexp.config.experiment import Experiment
from dlexp.records.history import DIAGNOSTICS_COLUMNS, HistoryWriter
from dlexp.records.run_dir import RunDir
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.diagnostics import record_diagnostics
from dlexp.training.early_stopping import Best
from dlexp.training.epochs import Epochs, Hook, print_scores
from dlexp.training.finite import Finiteness
from dlexp.training.loop import TRAINER, Trainer, order_of
from dlexp.training.loop import evaluator as evaluator_of
from dlexp.training.network import Network
from dlexp.training.scores import learned_weights, scored
from dlexp.training.splits import Splits
from dlexp.training.stages import enter


def fit(
    experiment: Experiment, network: Network, splits: Splits, seed: int, run_dir: RunDir, stamp: Mapping[str, Any]
) -> Epochs:
    """Train for all epochs, or until early stopping; one row of history per epoch, written at once.

    The training is resumed from a checkpoint in the run directory, if there is one with this `stamp`.

    Raises:
        Diverged: A loss, a weight or a prediction became NaN or infinite; its row is the last.
        Stopped: It was asked to stop; it can be resumed.
        Changed: The history was edited meanwhile; the run can be resumed from before that.
    """
    enter("compiling")
    training = experiment.training
    epochs = Epochs(planned=training.epochs)
    trainer = _trainer(experiment, network, splits.train)
    optimizer = trainer.optimizer
    evaluator = evaluator_of(network, "validation", splits.validation) if splits.validation is not None else None
    best = Best(settings=training.early_stopping, network=network) if training.early_stopping else None
    checkpoints = Checkpoints(run_dir, stamp, network, optimizer, best)
    checkpoints.restore(epochs)
    with ExitStack() as files:
        writer = HistoryWriter(run_dir.history_path, experiment.history_columns, epochs.epoch, run_dir.fence)
        files.enter_context(writer)
        checkpoints.before_saving = writer.require_unchanged
        diagnosed: list[Hook] = []
        if training.diagnostics:
            rows = HistoryWriter(run_dir.diagnostics_path, DIAGNOSTICS_COLUMNS, epochs.epoch, run_dir.fence)
            files.enter_context(rows)
            diagnosed = [record_diagnostics(network, splits.train, seed, rows)]
        noted = [best.note] if best else []
        monitor = training.early_stopping.monitor if training.early_stopping else ""
        finiteness = Finiteness(trainer=trainer, splits=splits, optimizer=experiment.optimizer, monitor=monitor)
        shown: list[Hook] = [*diagnosed, print_scores]
        # A checkpoint holds what early stopping has noted, and neither keeps weights that are NaN.
        kept: list[Hook] = [*noted, checkpoints.save_if_due, checkpoints.stop_if_asked]
        checkpoints.stop_if_asked(epochs)
        while not epochs.are_done:
            epoch, clock = epochs.epoch + 1, time.perf_counter()
            learning_rate = _learning_rate(experiment, optimizer)
            order = order_of(seed, epoch, len(splits.train))
            trained = trainer.train_epoch(order)
            scores = scored("train", trained, splits.train, network) | learned_weights(network)
            validated = evaluator.evaluate() if evaluator is not None else None
            if evaluator is not None and validated is not None:
                scores |= scored("validation", validated, evaluator.split, network)
            seconds = time.perf_counter() - clock
            row = {"epoch": epoch, "seconds": seconds, "learning_rate": learning_rate, **scores}
            writer.write(row)
            epochs.history.append(row)
            for hook in shown:
                hook(epochs)
            finiteness.require(epochs, order, trained, validated)
            for hook in kept:
                hook(epochs)
        finiteness.require_moving(epochs)
        writer.require_unchanged()
        if training.keep_state:
            checkpoints.keep(epochs)
    if best:
        epochs.restored_epoch = best.restore()
    return epochs


def _trainer(experiment: Experiment, network: Network, train: Split) -> Trainer:
    """What trains the network: the trainer that was compiled for it, set back to its beginning; else a new one."""
    kept: Trainer | None = network.compiled.get(TRAINER)
    if kept is not None:
        kept.begin_again(network, train)
        enter("training")  # As it compiles nothing, it would never come there.
        return kept
    training, rate = experiment.training, experiment.optimizer.learning_rate
    schedule = training.schedule.build(rate, training.epochs, -(-len(train) // training.batch_size))
    trainer = Trainer(network, experiment.optimizer.build(schedule), train, training.batch_size, training.compile)
    network.compiled[TRAINER] = trainer
    return trainer


def _learning_rate(experiment: Experiment, optimizer: keras.Optimizer) -> float:
    """That of the next step, as a config says it: the shortest number that is this float32."""
    stays = isinstance(experiment.training.schedule, Constant)  # Then there is no variable to be read in every epoch.
    return float(str(np.float32(experiment.optimizer.learning_rate if stays else optimizer.learning_rate)))
