"""What a run records when it ends: its result, or why there is none; and what else it records as JSON.

The types are the check of what is read, as far as any reader relies on it. A key that has a default may be missing: it
is so in the records of earlier versions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, NotRequired, Self, TypedDict

from dlexp.components.columns import Column
from dlexp.components.remarks import Remark
from dlexp.records.evaluation import Mistake
from dlexp.records.shapes import (
    anything,
    count,
    either,
    list_of,
    mapping_of,
    number,
    of_fields,
    of_type,
    optional,
    record,
    text,
)

_TYPED = record({"type": text})
_SEVERAL_HEADS = mapping_of(record({"metrics": list_of(text), "type": text}, ["metrics"]))

#: A resolved config: what readers take from it is of the right kind, whichever version it is from.
_CONFIG = record(
    {
        "name": text,
        "dataset": record({"type": text, "resample": optional(record({"type": text}, ["type"]))}),
        "validation": _TYPED,
        "model": record({"type": text, "activation": either(list_of(_TYPED), _TYPED)}),
        "head": record({"type": text, "metrics": list_of(text), "heads": _SEVERAL_HEADS}),
        "optimizer": _TYPED,
        "training": record({"epochs": count}),
    },
)


def _metrics(value: Any, path: str) -> str:
    """Numbers by column, null for one that is not a number; where there are any, one is of the last epoch."""
    if wrong := mapping_of(optional(number))(value, path):
        return wrong
    is_of_last_epoch = any(not column.best and column.split != "test" for column in map(Column.parse, value))
    return "" if is_of_last_epoch or not value else f"{path} has no score of the last epoch"


#: Numbers by column; in a file null for one that is not a number.
Scores = Annotated[Mapping[str, float], mapping_of(optional(number))]


class Layer(TypedDict):
    """A layer of a saved model."""

    name: str
    type: str
    """Keras's class."""
    output_shape: Sequence[int | None]
    """Without the batch."""
    parameters: int


class Continued(TypedDict):
    """The finished run of the same experiment with fewer epochs with whose epochs a run began."""

    run: str
    """`NAME/s0-3fa9c1d2e0`."""
    identity: str
    epoch: int
    """Its last one."""
    seconds: float
    """What its epochs took: part of the seconds of the run that continues it."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What both ends of a run record: who it was, on what, by which code."""

    KEYS: ClassVar[tuple[str, ...]] = ()
    """The keys that this version writes, in their order."""

    seed: int
    identity: str
    config: Annotated[Mapping[str, Any], _CONFIG]
    """The resolved config, with its name."""
    format: int = 1
    name: str = ""
    status: str = ""
    data_digest: Annotated[str, optional(text)] = ""
    earlier_data_digests: Sequence[str] = ()
    """What earlier versions took as the digest of the same data."""
    training_version: Annotated[int | None, count] = None
    code_digest: str | None = None
    """Of the user's code that makes the model; None if no such code does."""
    versions: Mapping[str, str] = field(default_factory=dict)
    submitted: str | None = None
    """When it was handed out to be trained, in ISO format; so are the times below."""
    started: str = ""
    ended: str = ""
    seconds: float | None = None
    raw: Annotated[Mapping[str, Any], anything] = field(default_factory=dict, repr=False)
    """The whole record as it was read, with the keys of later versions."""

    @classmethod
    def of(cls, record: Mapping[str, Any], **parsed: Any) -> Self:
        """Read a record that was checked; null stands for what is not known, as does a missing key.

        What is `parsed` already takes the place of what stands in the record.
        """
        known = cls.__dataclass_fields__.keys()
        found = {key: value for key, value in record.items() if key in known and value is not None}
        return cls(**(found | parsed | {"raw": record}))

    @property
    def content(self) -> dict[str, Any]:
        """What is written."""
        return {key: getattr(self, key) for key in self.KEYS}

    @property
    def tensorflow(self) -> str:
        """TensorFlow's version."""
        return self.versions.get("tensorflow", "unknown")

    @property
    def heads(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings of the head of each of several targets; empty where there is one target."""
        heads: Mapping[str, Mapping[str, Any]] = self.config.get("head", {}).get("heads", {})
        return heads

    @property
    def head_metrics(self) -> list[Column]:
        """The metrics that the head asked for."""
        several = [Column(quantity=name, target=each) for each, head in self.heads.items() for name in head["metrics"]]
        return several or [Column(quantity=name) for name in self.config.get("head", {}).get("metrics", ())]

    @property
    def main_metrics(self) -> list[Column]:
        """The first metric that the head asked for; of several targets that of each."""
        return list({column.target: column for column in reversed(self.head_metrics)}.values())


@dataclass(frozen=True, kw_only=True)
class Finished(Ended):
    """The result of a run: summary.json."""

    KEYS: ClassVar[tuple[str, ...]] = (
        *("name", "seed", "identity", "status", "config", "metrics", "epochs", "stopped_epoch", "restored_epoch"),
        *("resumed_after", "continues", "seconds", "parameters", "layers", "class_names", "mistakes", "examples"),
        *(
            "split_digests",
            "missing_scores",
            "guessing",
            "remarks",
            "picked_on_test",
            "best_possible",
            "data_digest",
            "training_version",
            "code_digest",
            "versions",
        ),
        *("submitted", "until_sure", "started", "ended"),
    )

    status: str = "finished"
    metrics: Annotated[Mapping[str, float], _metrics]
    """NaN for what is not a number. The last epoch's scores, the best ones with their epochs, and the test split's."""
    epochs: Annotated[int | None, count] = None
    stopped_epoch: int | None = None
    """The epoch after which early stopping ended the training; None if it did not."""
    restored_epoch: int | None = None
    """The epoch whose weights the model was given back; None if it has the last one's."""
    resumed_after: Sequence[int] = ()
    """The epochs after which it was resumed, that after which it continues another run among them."""
    continues: Continued | None = None
    """The run whose final state it began with; None if it began with the first epoch."""
    parameters: Annotated[int | None, count] = None
    layers: Sequence[Layer] = ()
    class_names: Mapping[str, Sequence[str]] | Sequence[str] = ()
    """Of several targets, those of each."""
    mistakes: Sequence[Mistake] = ()
    """The worst on each target."""
    examples: Mapping[str, int] = field(default_factory=dict)
    """How many each split has."""
    split_digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What tells the examples of each split from others, by target."""
    missing_scores: Annotated[Mapping[str, str], mapping_of(text)] = field(default_factory=dict)
    """By column, why a score is missing."""
    guessing: Scores = field(default_factory=dict)
    """What the best constant prediction scores."""
    remarks: Annotated[Sequence[Mapping[str, Any]], list_of(of_type(Remark))] = ()
    """How the data were read: each is a `Remark`, one that the config allows too."""
    picked_on_test: bool = False
    """Whether the best epoch was picked on the test data."""
    best_possible: Annotated[Mapping[str, float], optional(mapping_of(optional(number)))] = field(default_factory=dict)
    """What the true distribution of generated data scores."""
    until_sure: Annotated[int | None, optional(count)] = None
    """The most seeds of its experiment, where these were trained only until they told; None if all were."""
    manifest: Annotated[str | None, text] = None
    """The SHA-256 of manifest.json; None for a run recorded before manifests."""

    def is_picked_on_test(self, column: Column) -> bool:
        """Whether a score is that of an epoch which was picked on the test data: the best one, or where it stopped."""
        is_chosen = column.best or self.restored_epoch is not None or self.stopped_epoch is not None
        return self.picked_on_test and column.split != "train" and bool(is_chosen)

    @classmethod
    def of(cls, record: Mapping[str, Any], **parsed: Any) -> Self:
        """As of any record; a null among the metrics is NaN, and left out of what is known beside them."""
        parsed["metrics"] = {name: math.nan if x is None else x for name, x in record["metrics"].items()}
        for key in ("guessing", "best_possible"):
            parsed[key] = {name: x for name, x in (record.get(key) or {}).items() if x is not None}
        return super().of(record, **parsed)


@dataclass(frozen=True, kw_only=True)
class Failed(Ended):
    """Why a run has no result: failure.json."""

    KEYS: ClassVar[tuple[str, ...]] = (
        *("name", "seed", "identity", "status", "kind", "what", "epoch", "where", "config", "data_digest"),
        *("earlier_data_digests", "training_version", "code_digest", "versions", "submitted", "ended"),
    )

    status: str = "failed"
    kind: str = "error"
    """`diverged`, or `unfit` if its settings do not fit its data."""
    what: str = ""
    """What went wrong, in a line."""
    epoch: int | None = None
    where: str | None = None


#: environment.json: what says on what and by which code the run is trained; the rest is only shown and compared.
ENVIRONMENT = record({**of_fields(Ended), "remarks": list_of(of_type(Remark))})


class Interruption(TypedDict):
    """What went wrong around a run that may be resumed: interruption.json."""

    what: str
    kind: NotRequired[Any]
    """The name of the error's class; as the other keys it is only compared."""


class Manifest(TypedDict):
    """The digests of a run's records: manifest.json."""

    format: int
    sha256: Mapping[str, str]
    summary: NotRequired[str]
    """That of the summary; the first manifests held none."""
