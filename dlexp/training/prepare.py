"""From a job to what its training begins with: the data that the command found, split, and the built network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlexp.components import snapshot
from dlexp.components.data import Data, Info
from dlexp.config.checks import completed
from dlexp.config.dump import dump
from dlexp.config.experiment import Experiment
from dlexp.config.identity import TRAINING_VERSION
from dlexp.training.environment import environment
from dlexp.training.inputs import require_code, require_data
from dlexp.training.job import Job
from dlexp.training.network import Network, build
from dlexp.training.splits import Splits, digests, split


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a training begins with."""

    experiment: Experiment
    """Completed with what only the data tell."""
    config: Mapping[str, Any]
    """The experiment as it is recorded."""
    environment: Mapping[str, Any]
    """What the run runs on, as it is recorded, but for the seconds."""
    data: Data
    info: Info
    splits: Splits
    split_digests: Mapping[str, Mapping[str, str]]
    network: Network
    read: snapshot.Snapshot
    """The files that were read, as they were."""


def prepare(job: Job) -> Prepared:
    """Read data and code, record the config and what the run runs on, and build the network.

    Raises:
        DataError: The data cannot be had, or they or the user's own code have changed since the command started.
    """
    experiment, dataset, run_dir = job.experiment, job.experiment.dataset, job.run_dir
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
    network.model.summary(print_fn=print)
    return Prepared(
        experiment=experiment,
        config=config,
        environment=place,
        data=data,
        info=info,
        splits=splits,
        split_digests=digests(splits, data, info, job.data_digest),
        network=network,
        read=read,
    )
