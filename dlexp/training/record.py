"""The records of a training that has come to its end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from dlexp.components.columns import Column
from dlexp.config.identity import TRAINING_VERSION
from dlexp.records.predictions import Predictions
from dlexp.training.epochs import Epochs
from dlexp.training.job import Job
from dlexp.training.loop import Evaluator, Scores
from dlexp.training.mistakes import with_examples
from dlexp.training.prepare import Prepared
from dlexp.training.scores import calibration, guessing, scored, worst_mistakes
from dlexp.training.summary import first_mistakes, layers, summarize


@dataclass(frozen=True, kw_only=True)
class FinishedTraining:
    """A training that has come to its end: what its records are made of."""

    job: Job
    prepared: Prepared
    epochs: Epochs
    started: datetime
    clock: float
    """What `time.perf_counter` gave then."""

    @cached_property
    def tested(self) -> Scores:
        """What the trained network makes of the test split."""
        return Evaluator(self.prepared.network, self.prepared.splits.test).evaluate()

    @cached_property
    def mistakes(self) -> list[dict[str, Any]]:
        """The most confident mistakes on the test split, target by target."""
        return worst_mistakes(self.prepared.network, self.prepared.splits.test, self.tested)


def write_predictions(training: FinishedTraining) -> None:
    """Write predictions.npz, of a run on a resampled training set."""
    dataset, test = training.prepared.experiment.dataset, training.prepared.splits.test
    if dataset.resample:
        (task,) = training.prepared.network.tasks
        run_dir = training.job.run_dir
        predictions = Predictions(test.y, task.head.judged(training.tested.predictions), dataset.expected(test.x))
        predictions.write(run_dir.predictions_path, run_dir.fence)


def write_evaluation(training: FinishedTraining) -> None:
    """Write evaluation.json: the worst mistakes with their examples."""
    prepared = training.prepared
    evaluation = with_examples(training.mistakes, prepared.experiment.dataset, prepared.data, prepared.read)
    training.job.run_dir.write_evaluation(evaluation)


#: What writes records of its own, in this order, before the manifest and the summary. One that fails fails the run.
RECORDS: tuple[Callable[[FinishedTraining], None], ...] = (write_predictions, write_evaluation)


def record(training: FinishedTraining) -> None:
    """Write the model, what `RECORDS` writes, where it was trained in how many seconds, and last the summary."""
    run_dir, prepared = training.job.run_dir, training.prepared
    with run_dir.replacing(run_dir.model_path) as path:
        prepared.network.model.save(path)
    run_dir.require_own()
    for write in RECORDS:
        write(training)
    seconds = training.epochs.seconds_before + time.perf_counter() - training.clock
    run_dir.write_environment({**prepared.environment, "seconds": seconds})
    run_dir.write_summary(_summary(training, seconds))


def _summary(training: FinishedTraining, seconds: float) -> dict[str, Any]:
    job, prepared, epochs = training.job, training.prepared, training.epochs
    experiment, dataset, splits = prepared.experiment, prepared.experiment.dataset, prepared.splits
    best_possible = {} if job.stand_in else dataset.best_possible()
    return {
        "name": experiment.name,
        "seed": job.seed,
        "identity": job.identity,
        "status": "finished",
        "config": prepared.config,
        "metrics": summarize(epochs.history, epochs.restored_epoch) | _test_scores(training),
        "epochs": epochs.epoch,
        "stopped_epoch": epochs.stopped_epoch,
        "restored_epoch": epochs.restored_epoch,
        "resumed_after": epochs.resumed_after,
        "seconds": seconds,
        "parameters": prepared.network.model.count_params(),
        "layers": layers(prepared.network),
        "class_names": {name: list(target.class_names) for name, target in prepared.info.targets.items()}
        or list(prepared.info.class_names or dataset.class_names),
        "mistakes": first_mistakes(training.mistakes),
        "examples": {
            "train": len(splits.train),
            "validation": len(splits.validation or ()),
            "test": len(splits.test),
        },
        "split_digests": prepared.split_digests,
        "guessing": guessing(prepared.network, splits),
        "picked_on_test": experiment.validation.type == "test",
        "best_possible": {str(Column(quantity=name, split="test")): score for name, score in best_possible.items()},
        "data_digest": job.data_digest,
        "training_version": TRAINING_VERSION,
        "code_digest": job.code_digest,
        "versions": prepared.environment["versions"],
        "submitted": job.provenance.get("submitted"),
        "started": training.started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _test_scores(training: FinishedTraining) -> dict[str, float]:
    network, splits = training.prepared.network, training.prepared.splits
    scores = scored("test", training.tested, splits.test, network)
    return scores | calibration(network, splits.train, splits.test, training.tested)
