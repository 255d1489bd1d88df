"""A question to a model, answered in a process of its own: this one stays without TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dlexp.components import snapshot
from dlexp.components.heads import Table
from dlexp.config.experiment import Experiment
from dlexp.training.child import in_child
from dlexp.training.inputs import require_data


@dataclass(frozen=True)
class Question:
    """Which model is asked, and what."""

    experiment: Experiment
    model_path: Path
    examples: Path | Literal["test"]
    """A file or folder of the user's, or the test split."""
    data_dir: Path | None
    data_digest: str
    """Of the data that the model was trained on."""
    large_digests: snapshot.Digests = field(default_factory=dict)
    """Of data files that are too large to be read once more."""


@dataclass(frozen=True)
class Answer:
    """What the model says."""

    columns: Table
    """The predictions; the first column names the examples, and of the test split `target` is what is right."""
    notes: Sequence[str]
    """What new examples have that it did not learn from."""


def ask(question: Question) -> Answer:
    """Open the saved model, and let it predict.

    Raises:
        DataError, UserError: The examples, or the data that their encoding was fitted on, are not what they should be.
        Changed: The data have changed since their digest was compared.
    """
    return in_child(_predict, question)


def _predict(question: Question) -> Answer:
    from dlexp.training.threads import set_threads

    set_threads(question.experiment.training.threads)
    from dlexp.training.predict import predict

    snapshot.learn(question.large_digests)
    with snapshot.taken():
        require_data(question.experiment.dataset, question.data_dir, question.data_digest)
        return predict(question)
