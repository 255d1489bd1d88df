"""What makes two experiments the same: their settings, their data and the training code's version."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlexp.config.experiment import Experiment

#: Raised whenever the training code gives other numbers for the same experiment, data and seed.
TRAINING_VERSION = 2


@dataclass(frozen=True)
class Ingredients:
    """All that an identity is made of."""

    experiment: dict[str, Any]
    """The resolved config without its name."""
    data_digest: str
    training_version: int = TRAINING_VERSION
    code_digest: str | None = None
    """Of the user's code that makes the model; none where none does."""

    @classmethod
    def of(cls, experiment: "Experiment", data_digest: str) -> "Ingredients":
        """Those of an experiment on data with this digest, trained now.

        Raises:
            DataError: The model is made by code that cannot be found.
        """
        settings = experiment.model_dump(mode="json", exclude={"name"})
        return cls(settings, data_digest, TRAINING_VERSION, code_digest(experiment))

    @property
    def identity(self) -> str:
        """Their SHA-256 (hex)."""
        content = {
            "experiment": self.experiment,
            "data_digest": self.data_digest,
            "training_version": self.training_version,
        }
        if self.code_digest:
            content["code"] = self.code_digest
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def identity(experiment: "Experiment", data_digest: str) -> str:
    """The identity of an experiment on data with this digest.

    Raises:
        DataError: The model is made by code that cannot be found.
    """
    return Ingredients.of(experiment, data_digest).identity


def code_digest(experiment: "Experiment") -> str | None:
    """The digest of the user's code that makes the model; none where none does.

    Raises:
        DataError: It cannot be found.
    """
    from dlexp.components.datasets import files

    code = experiment.model.code()
    return files.digest(*code) if code else None
