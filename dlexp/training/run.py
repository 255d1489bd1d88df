"""One run: one experiment with one seed, from data to records."""

import time
from datetime import UTC, datetime

from dlexp.training.fit import fit
from dlexp.training.job import Job
from dlexp.training.prepare import prepare
from dlexp.training.record import FinishedTraining, record


def train(job: Job) -> None:
    """Train, and write every record of the run.

    Raises:
        Diverged: The loss became NaN or infinite; the epochs so far are recorded.
        DataError: The data cannot be had, or they or the user's own code have changed since the command started.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    prepared = prepare(job)
    versions = prepared.environment["versions"]
    stamp = {"identity": job.identity, "seed": job.seed, "versions": versions}
    epochs = fit(prepared.experiment, prepared.network, prepared.splits, job.seed, job.run_dir, stamp)
    record(FinishedTraining(job=job, prepared=prepared, epochs=epochs, started=started, clock=clock))
