"""One run: one experiment with one seed, from data to records."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components import snapshot
from dlexp.config.checks import completed
from dlexp.config.columns import columns
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION
from dlexp.records.predictions import Predictions
from dlexp.records.run_dir import RunDir
from dlexp.training import interruption
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.diagnostics import diagnosing
from dlexp.training.early_stopping import Best
from dlexp.training.environment import environment
from dlexp.training.inputs import require_code, require_data
from dlexp.training.interruption import Stopped
from dlexp.training.job import Job
from dlexp.training.loop import Engine, Evaluator, order_of
from dlexp.training.mistakes import with_examples
from dlexp.training.network import Network, build
from dlexp.training.scores import calibration, guessing, learned_weights, scored, worst_mistakes
from dlexp.training.splits import Splits, digests, split
from dlexp.training.summary import first_mistakes, layers, summarize


class Diverged(ArithmeticError):
    """The loss became NaN or infinite."""

    def __init__(self, epoch: int, column: str, value: float) -> None:
        super().__init__(f"{column} is {value} in epoch {epoch}")
        self.epoch = epoch


def train(job: Job) -> None:
    """Train, and write every record of the run.

    Raises:
        Diverged: The loss became NaN or infinite; the epochs so far are recorded.
        DataError: The data cannot be had, or they or the user's own code have changed since the command started.
    """
    started = datetime.now(UTC)
    clock = time.perf_counter()
    experiment = job.experiment
    dataset = experiment.dataset
    run_dir = job.run_dir
    snapshot.learn(job.large_digests)
    with snapshot.taken() as read:
        require_data(dataset, job.data_dir, job.data_digest, job.stand_in)
        require_code(experiment, job.code_digest)
        data = None
        if job.stand_in:
            data = dataset.sample(job.data_dir)
            scaled = experiment.validation.scaled(dataset.info().n_train, len(data.train))
            experiment = experiment.model_copy(update={"validation": scaled})
        run_dir.write_config(dump(experiment))
        config = experiment.model_dump()
        place = {
            **environment(experiment.training.threads),
            **job.provenance,
            "data_digest": job.data_digest,
            "earlier_data_digests": list(job.earlier_digests),
            "training_version": TRAINING_VERSION,
            "code_digest": job.code_digest,
        }
        run_dir.write_environment(place)

        data = data or dataset.load(job.data_dir)
        info = data.info or dataset.info()
        if data.info:
            experiment = completed(experiment, info)
        splits = split(experiment, data)
        network = build(experiment, info, splits.train, job.seed)
    split_digests = digests(splits, data, info, job.data_digest)
    network.model.summary(print_fn=print)
    stamp = {"identity": job.identity, "seed": job.seed, "versions": place["versions"]}
    fitted = fit(experiment, network, splits, job.seed, run_dir, stamp)

    with run_dir.replacing(run_dir.model_path) as path:
        network.model.save(path)
    run_dir.require_own()
    _illustrate(job, fitted.history, run_dir.curves_path)
    tested = Evaluator(network, splits.test).evaluate()
    test = scored("test_", tested, splits.test, network) | calibration(network, splits.train, splits.test, tested)
    if dataset.resample:
        (task,) = network.tasks
        judged, expected = task.head.judged(tested.predictions), dataset.expected(splits.test.x)
        Predictions(splits.test.y, judged, expected).write(run_dir.predictions_path, run_dir.fence)
    mistakes = worst_mistakes(network, splits.test, tested)
    run_dir.write_evaluation(with_examples(mistakes, dataset, data, read))
    seconds = fitted.seconds_before + time.perf_counter() - clock
    run_dir.write_environment({**place, "seconds": seconds})
    run_dir.write_summary(
        {
            "name": experiment.name,
            "seed": job.seed,
            "identity": job.identity,
            "status": "finished",
            "config": config,
            "metrics": {**summarize(fitted.history, fitted.restored_epoch), **test},
            "epochs": len(fitted.history),
            "stopped_epoch": fitted.stopped_epoch,
            "restored_epoch": fitted.restored_epoch,
            "resumed_after": fitted.resumed_after,
            "seconds": seconds,
            "parameters": network.model.count_params(),
            "layers": layers(network),
            "class_names": {name: list(target.class_names) for name, target in info.targets.items()}
            or list(info.class_names or dataset.class_names),
            "mistakes": first_mistakes(mistakes),
            "examples": {
                "train": len(splits.train),
                "validation": len(splits.validation or ()),
                "test": len(splits.test),
            },
            "split_digests": split_digests,
            "guessing": guessing(network, splits),
            "picked_on_test": experiment.validation.type == "test",
            "best_possible": {}
            if job.stand_in
            else {f"test_{name}": score for name, score in dataset.best_possible().items()},
            "data_digest": job.data_digest,
            "training_version": TRAINING_VERSION,
            "code_digest": place["code_digest"],
            "versions": place["versions"],
            "submitted": job.provenance.get("submitted"),
            "started": started.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )


def _illustrate(job: Job, history: list[dict[str, float]], path: Path) -> None:
    """Draw the curves; a picture that cannot be drawn fails no run: `dlexp run` says that it is not there."""
    try:
        job.illustrate(history, path, job.label)
    # Matplotlib's settings, fonts and caches are the user's own, and their faults raise anything.
    except Exception as error:
        print(f"{path.name} not drawn: {type(error).__name__}: {error}")


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
    with run_dir.history_writer(columns(experiment), resumed_at) as writer, diagnostics as diagnose:
        checkpoints.before_saving = writer.require_unchanged
        for epoch in range(resumed_at + 1, training.epochs + 1):
            if interruption.asked():
                checkpoints.save(progress)
                raise Stopped(progress.epoch)
            clock = time.perf_counter()
            # As the config says it: the shortest number that is this float32.
            learning_rate = float(str(np.float32(optimizer.learning_rate)))
            trained = engine.train_epoch(order_of(seed, epoch, len(splits.train)))
            scores = scored("", trained, splits.train, network) | learned_weights(network)
            if evaluator is not None:
                scores |= scored("val_", evaluator.evaluate(), evaluator.split, network)
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
