"""A question to a model, answered in a process of its own: this one stays without TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dlexp.components.heads import Table
from dlexp.config.experiment import Experiment
from dlexp.training.child import in_child


@dataclass(frozen=True)
class Question:
    """Which model is asked, and what."""

    experiment: Experiment
    model_path: Path
    examples: Path | Literal["test"]
    """A file or folder of the user's, or the test split."""
    data_dir: Path | None


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
    """
    return in_child(_predict, question)


def _predict(question: Question) -> Answer:
    from dlexp.training.threads import set_threads

    set_threads(question.experiment.training.threads)
    from dlexp.training.predict import predict

    return predict(question)
