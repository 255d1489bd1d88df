"""What makes two experiments the same: their settings, their data and the training code's version."""

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlexp.config.experiment import Experiment

#: Raised whenever the training code gives other numbers for the same experiment, data and seed.
TRAINING_VERSION = 1


def identity(experiment: "Experiment", data_digest: str) -> str:
    """SHA-256 (hex) of an experiment without its name, its data's digest and the training code's version.

    Raises:
        DataError: The model is made by code that cannot be found.
    """
    from dlexp.components.datasets import files

    content = {
        "experiment": experiment.model_dump(mode="json", exclude={"name"}),
        "data_digest": data_digest,
        "training_version": TRAINING_VERSION,
    }
    if code := experiment.model.code():
        content["code"] = files.digest(*code)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
