"""What a worker reads, compared with what the command found: the data, and the user's own code."""

from pathlib import Path

from dlexp.components import snapshot
from dlexp.components.datasets.dataset import Dataset
from dlexp.config.experiment import Experiment
from dlexp.config.identity import code_digest


def require_data(dataset: Dataset, data_dir: Path | None, digest: str, stand_in: bool = False) -> None:
    """Refuse data of another digest, as this version takes it or an earlier one, within the snapshot of their reading.

    Raises:
        Changed: They are not those that the command found.
        DataError: They cannot be read.
    """
    before = set(snapshot.paths())
    found = (dataset.sample_digest(data_dir),) if stand_in else dataset.digests(data_dir)
    if digest not in found:
        raise snapshot.changed([path for path in snapshot.paths() if path not in before])


def require_code(experiment: Experiment, digest: str | None) -> None:
    """Refuse code of another digest or none, as `require_data`, within the snapshot in which it is imported."""
    if code_digest(experiment) != digest:
        raise snapshot.changed(list(experiment.model.code()))
