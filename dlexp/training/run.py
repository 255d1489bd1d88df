"""One run: one experiment with one seed, from data to records."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dlexp.components.columns import Column
from dlexp.components.data import Data
from dlexp.components.heads.head import Predicted
from dlexp.components.remarks import said
from dlexp.config.dump import dump
from dlexp.config.identity import TRAINING_VERSION
from dlexp.records.ended import Finished
from dlexp.records.predictions import Predictions, Resampled
from dlexp.training.environment import environment
from dlexp.training.epochs import Diverged, Epochs, summarize
from dlexp.training.evaluation import evaluation, results
from dlexp.training.finite import ADVICE, predicts_training_examples
from dlexp.training.fit import fit
from dlexp.training.job import Job
from dlexp.training.kept_state import PLACE, apart_from_epochs, take_kept_state
from dlexp.training.loop import Scores, evaluator
from dlexp.training.missing_scores import MissingScores
from dlexp.training.mistakes import Mistake, first_mistakes, named, with_examples
from dlexp.training.preparation import Built, Preparation, handed_over, keep
from dlexp.training.scores import calibration, guessing, scored, seen_in_training, worst_mistakes
from dlexp.training.splits import digests
from dlexp.training.stages import enter
from dlexp.training.step_size import multiplications
from dlexp.whole_files import replacing, together


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A run before its first epoch: what it is trained on, and what is recorded of it already."""

    job: Job
    config: Mapping[str, Any]
    """The experiment as it is recorded."""
    environment: dict[str, Any]
    """What the run runs on, as it is recorded, except the seconds; and how the data were read."""
    data: Data
    built: Built
    started: datetime
    clock: float
    """What `time.perf_counter` gave then."""


@dataclass(frozen=True, kw_only=True)
class FinishedTraining:
    """A training that has come to its end: what its records are made of."""

    prepared: Prepared
    epochs: Epochs
    tested: Scores
    """What the trained network makes of the test split."""
    trained: Sequence[Callable[[], Predicted]]
    """Gives what each of its heads makes of the training split."""
    of_test: Mapping[str, float]
    """The test split's scores by column."""
    missing: MissingScores
    mistakes: Sequence[Mistake]
    """The most confident mistakes on the test split, target by target."""
    split_digests: Mapping[str, Mapping[str, str]]
    """What tells the examples of each split from others, by target."""


def train(job: Job) -> None:
    """Train, and write every record of the run.

    Raises:
        Diverged: A loss, a weight or a prediction became NaN or infinite; the epochs so far are recorded.
        DataError: The data cannot be had, or they or the user's own code have changed since the command started.
    """
    prepared = prepare(job)
    built = prepared.built
    take_kept_state(job)
    try:
        epochs = fit(built.experiment, built.network, built.splits, job.seed, job.run_dir, _stamp(prepared))
        record(prepared, epochs)
    except Diverged:
        keep(job, prepared.data, built)
        raise
    keep(job, prepared.data, built)


def _stamp(prepared: Prepared) -> dict[str, Any]:
    """What tells whether a checkpoint is one of this training, or of a shorter one that it continues."""
    job, environment = prepared.job, prepared.environment
    return {
        "identity": job.identity,
        "apart_from_epochs": apart_from_epochs(job.experiment, job.data_digest, job.code_digest),
        "seed": job.seed,
        "versions": environment["versions"],
        "place": {key: environment[key] for key in (*PLACE, "devices", "gpu") if key in environment},
    }


def prepare(job: Job) -> Prepared:
    """Read data and code, record the config and what the run runs on, and build the network."""
    run_dir = job.run_dir
    preparation = handed_over(job) or Preparation(job)
    if job.stand_in:
        preparation.data()
    config = preparation.experiment.model_dump()
    place = {
        **environment(job.experiment.training.threads),
        **job.provenance,
        "data_digest": job.data_digest,
        "earlier_data_digests": list(job.earlier_digests),
        "training_version": TRAINING_VERSION,
        "code_digest": job.code_digest,
    }
    with together():
        run_dir.write_config(dump(preparation.experiment))
        run_dir.write_json(run_dir.environment_path, place)
    print(preparation.said, end="")
    with preparation.read_once():
        data = preparation.data()
        try:
            built = preparation.built()
            place["multiplications"] = multiplications(built.network.body.layers)
        finally:  # Settings that do not fit the data may be explained by how these were read.
            place["remarks"] = [each.record for each in dict.fromkeys(preparation.remarks)]
            run_dir.write_json(run_dir.environment_path, place)
            for each in said(preparation.remarks, job.allowed):
                print(each)
    print(built.network.summary)
    return Prepared(
        job=job,
        config=config,
        environment=place,
        data=data,
        built=built,
        started=preparation.started,
        clock=preparation.clock,
    )


def write_predictions(training: FinishedTraining) -> None:
    """Write predictions.npz: a result per test example; of a run on a resampled training set all predictions too."""
    built, run_dir = training.prepared.built, training.prepared.job.run_dir
    dataset, test, resampled = built.experiment.dataset, built.splits.test, None
    if dataset.resample:
        (attached,) = built.network.heads
        resampled = Resampled(test.y, attached.head.judged(training.tested.predictions), dataset.expected(test.x))
    of_targets = results(built.network, test, training.tested, training.split_digests["test"])
    Predictions(of_targets, resampled).write(run_dir.predictions_path, run_dir.fence)


def write_evaluation(training: FinishedTraining) -> None:
    """Write evaluation.json: the worst mistakes with their examples, and what else is computed of each target."""
    prepared, built, run_dir = training.prepared, training.prepared.built, training.prepared.job.run_dir
    found = with_examples(training.mistakes, built.experiment.dataset, prepared.data, built.read)
    of_test = training.split_digests["test"]
    found["targets"] = evaluation(built.network, built.splits.test, training.tested, of_test, training.trained)
    run_dir.write_json(run_dir.evaluation_path, found, flat_lists=True)


#: What writes records of its own, in this order, before the manifest and the summary. One that fails fails the run.
RECORDS: tuple[Callable[[FinishedTraining], None], ...] = (write_predictions, write_evaluation)


def record(prepared: Prepared, epochs: Epochs) -> None:
    """Write the model, what `RECORDS` writes, where it was trained in how many seconds, and last the summary.

    Raises:
        Diverged: The last step left weights with which no split has a finite prediction.
    """
    run_dir, network = prepared.job.run_dir, prepared.built.network
    enter("testing")
    training = _tested(prepared, epochs)
    enter("saving")
    with together():
        with replacing(run_dir.model_path, run_dir.fence) as path:
            network.model.save(path)
        run_dir.require_own()
        for write in RECORDS:
            write(training)
        prepared.environment["remarks"] += [each.record for each in training.missing.remarks()]
        for each in said(training.missing.remarks(), prepared.job.allowed):
            print(each)
        seconds = epochs.seconds_before + time.perf_counter() - prepared.clock
        continues = epochs.continues and f"{epochs.continues['run']}, epoch {epochs.continues['epoch']}"
        ended = {**prepared.environment, "continues": continues, "seconds": seconds}
        run_dir.write_json(run_dir.environment_path, ended)
        run_dir.write_summary(_result(training, seconds).content)


def _tested(prepared: Prepared, epochs: Epochs) -> FinishedTraining:
    """Score the test split."""
    built, network, splits = prepared.built, prepared.built.network, prepared.built.splits
    tested = evaluator(network, "test", splits.test).evaluate()
    is_needed = built.experiment.dataset.resample is not None  # Bias and variance are those of all predictions.
    if not tested.are_finite and (is_needed or not predicts_training_examples(network, splits)):
        raise Diverged(epochs.epoch, f"test_loss is {tested.loss} after epoch {epochs.epoch}{ADVICE}")
    trained = seen_in_training(network, splits.train)
    of_test = scored("test", tested, splits.test, network) | calibration(network, splits.test, tested, trained)
    missing = MissingScores(
        place=built.experiment.dataset.source,
        splits=splits,
        epochs=epochs,
        of_test=of_test,
        unpredicted=tested.unpredicted,
        undefined=built.undefined,
    )
    worst = named(worst_mistakes(network, splits.test, tested), prepared.data)
    return FinishedTraining(
        prepared=prepared,
        epochs=epochs,
        tested=tested,
        trained=trained,
        of_test=of_test,
        missing=missing,
        mistakes=worst,
        split_digests=digests(splits, prepared.data, network.info, prepared.job.data_digest),
    )


def _result(training: FinishedTraining, seconds: float) -> Finished:
    prepared, built, epochs = training.prepared, training.prepared.built, training.epochs
    job, experiment, splits, network = prepared.job, built.experiment, built.splits, built.network
    dataset, info = experiment.dataset, network.info
    best_possible = {} if job.stand_in else dataset.best_possible()
    return Finished(
        name=experiment.name,
        seed=job.seed,
        identity=job.identity,
        config=prepared.config,
        metrics=summarize(epochs.history, epochs.restored_epoch) | dict(training.of_test),
        epochs=epochs.epoch,
        stopped_epoch=epochs.stopped_epoch,
        restored_epoch=epochs.restored_epoch,
        resumed_after=epochs.resumed_after,
        continues=epochs.continues,
        seconds=seconds,
        parameters=network.model.count_params(),
        layers=network.layers(),
        class_names={name: list(target.class_names) for name, target in info.targets.items()}
        or list(info.class_names or dataset.class_names),
        mistakes=first_mistakes(training.mistakes),
        examples={role: len(splits.by_role.get(role, ())) for role in ("train", "validation", "test")},
        split_digests=training.split_digests,
        missing_scores={**built.undefined, **training.missing.reasons},
        guessing=guessing(network, splits),
        remarks=prepared.environment["remarks"],
        picked_on_test=experiment.validation.type == "test",
        best_possible={str(Column(quantity=name, split="test")): score for name, score in best_possible.items()},
        data_digest=job.data_digest,
        training_version=TRAINING_VERSION,
        code_digest=job.code_digest,
        versions=prepared.environment["versions"],
        submitted=job.provenance.get("submitted"),
        until_sure=job.provenance.get("until_sure"),
        started=prepared.started.isoformat(timespec="seconds"),
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
    )
