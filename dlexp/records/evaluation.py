"""What a run records of the test split beside its scores: evaluation.json.

The types are the check of what is read, as in `ended`. A table is a mapping of columns of equal length.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

from dlexp.records.shapes import Check, count, number, optional, record, table_of, text


def _mistake_of(answer: Check) -> Check:
    required = {"position": count, "target": answer, "predicted": answer}
    texts = dict.fromkeys(("example", "id", "target_name", "text", "png"), text)
    return record(required | {"probability": number, "label": count, **texts}, required)


_OF_CLASSES, _OF_NUMBERS = _mistake_of(count), _mistake_of(optional(number))


def _mistake(value: Any, path: str) -> str:
    """One that has a probability is of classes or labels, which are numbers from 0."""
    is_of_classes = isinstance(value, dict) and "probability" in value
    return (_OF_CLASSES if is_of_classes else _OF_NUMBERS)(value, path)


#: A test example that was predicted wrong: position, target and prediction; for classes the probability.
Mistake = Annotated[Mapping[str, Any], _mistake]


class Confusion(TypedDict):
    """How many examples of one class are predicted as which: a row for each pair that occurs, none for the others."""

    target: Sequence[int]
    predicted: Sequence[int]
    count: Sequence[int]


class LabelCounts(TypedDict):
    """Of each label of multilabel data, how often it is there or not and predicted or not."""

    label: Sequence[int]
    true_positive: Sequence[int]
    false_positive: Sequence[int]
    false_negative: Sequence[int]
    true_negative: Sequence[int]


class ClassScores(TypedDict):
    """A row for each class or label: how many examples have it, and its scores, to six decimal places."""

    target: Sequence[int]
    count: Sequence[int]
    precision: Sequence[float | None]
    """None if it is never predicted."""
    recall: Sequence[float | None]
    """None if no example has it."""


class Reliability(TypedDict):
    """A row for each bin of the probability that is stated for what is decided: 0 to 0.1, ..., 0.9 to 1."""

    count: Sequence[int]
    """The decisions in the bin: one per example, of multilabel data one per label."""
    probability: Sequence[float | None]
    """Their mean probability; None if there are none."""
    right: Sequence[float | None]
    """The share of them that is right."""


class PredictedNumbers(TypedDict):
    """Examples whose target is a number."""

    position: Sequence[int]
    target: Sequence[float]
    predicted: Sequence[float]
    low: NotRequired[Sequence[float | None]]
    """Where the central 90 % interval begins."""
    high: NotRequired[Sequence[float | None]]
    """Where it ends."""


class TargetEvaluation(TypedDict):
    """One target of the test split; an example without a finite prediction is left out."""

    count: int
    """The examples."""
    confusion: NotRequired[Annotated[Confusion, table_of(Confusion)]]
    """Where each example has one class."""
    unlisted: NotRequired[int]
    """The examples in pairs of classes that are too many to be listed, the rarest ones."""
    labels: NotRequired[Annotated[LabelCounts, table_of(LabelCounts)]]
    """Of multilabel data."""
    classes: NotRequired[Annotated[ClassScores, table_of(ClassScores)]]
    reliability: NotRequired[Annotated[Reliability, table_of(Reliability)]]
    numbers: NotRequired[Annotated[PredictedNumbers, table_of(PredictedNumbers)]]
    """Where the target is a number: all examples, or a sample of them."""


class Evaluation(TypedDict):
    """The test split as the trained model sees it."""

    mistakes: Sequence[Mistake]
    examples_problem: NotRequired[str]
    """Why the mistakes have no examples."""
    targets: NotRequired[Mapping[str, TargetEvaluation]]
    """By name; the only target has none. Missing in the records of earlier versions."""
