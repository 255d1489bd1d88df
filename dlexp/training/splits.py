"""Which examples train, validate and test, and what tells those of one run from those of another."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from dlexp.components import precision
from dlexp.components.columns import Role
from dlexp.components.data import Data, Info, Split, SplitName
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.held_out import is_drawn
from dlexp.components.models.model import Model
from dlexp.components.remarks import Remark
from dlexp.components.validations import ColumnSplit, RandomSplit, Validation
from dlexp.config.checks import with_class_names
from dlexp.config.experiment import Experiment
from dlexp.errors import UserError
from dlexp.format import plural
from dlexp.training import target_remarks
from dlexp.training.input_remarks import SplitInputs
from dlexp.training.split_remarks import SplitTargets


@dataclass(frozen=True)
class Origin:
    """Where the examples of a role stand in the data."""

    part: SplitName
    positions: np.ndarray
    """In that part, in the order of the examples."""
    how: str = ""
    """How they were chosen, if settings do that: `drawn by class`."""

    def name(self, data: Data, i: int) -> str:
        """What the data call one of the examples."""
        return data.name(self.part, int(self.positions[i]))

    def take(self, data: Data) -> Split:
        """The examples; they are copied only if they are not the whole part."""
        part: Split = getattr(data, self.part)
        return part if np.array_equal(self.positions, np.arange(len(part))) else part.take(self.positions)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """The examples of one run by their role."""

    train: Split
    validation: Split | None
    test: Split
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """By role: train, validation, test."""
    remarks: Sequence[Remark] = ()
    """What may be wrong with the choice of the examples."""
    names: Mapping[str, Callable[[int], str]] = field(default_factory=dict)
    """By role, what the data call an example, by its position among those of the role."""

    @property
    def by_role(self) -> dict[Role, Split]:
        """Those that there are."""
        validation: dict[Role, Split] = {} if self.validation is None else {"validation": self.validation}
        return {"train": self.train, **validation, "test": self.test}

    @property
    def described(self) -> list[str]:
        """How many examples each role has, and how they were chosen, in a line each."""
        return [
            ", ".join(filter(None, [f"{role}: {plural(len(part), 'example')}", self.origins[role].how]))
            for role, part in self.by_role.items()
        ]


def origins(data: Data, dataset: Dataset, validation: Validation | None) -> dict[str, Origin]:
    """By role, the examples that train, that validate, if there are any, and that test.

    Validation takes its examples out of the training data, and of the others a share trains.

    Raises:
        UserError: The examples cannot be chosen so, or the source itself says which of them validate.
    """
    if validation is not None and len(data.marked) and not isinstance(validation, ColumnSplit):
        marks = f"{dataset.source} marks {plural(len(data.marked), 'row')} for validation"
        raise UserError(f"validation: {marks}; leave this key out, or write validation: column")
    train, test = np.arange(len(data.train)), Origin("test", np.arange(len(data.test)), data.test_choice)
    validates: dict[str, Origin] = {}
    if validation is not None and validation.type == "test":
        validates = {"validation": test}
    elif validation is not None and validation.type != "none":
        held_out = validation.held_out(data)
        train = np.delete(train, held_out.positions)
        validates = {"validation": Origin("train", held_out.positions, held_out.how)}
    trains = Origin("train", train[dataset.training_positions(len(train))])
    return {"train": trains, **validates, "test": test}


def split(experiment: Experiment, data: Data) -> Splits:
    """The examples of an experiment by their role."""
    found = origins(data, experiment.dataset, experiment.validation)
    taken = {role: origin.take(data) for role, origin in found.items()}
    training = experiment.training
    n_steps = training.epochs * -(-len(taken["train"]) // training.batch_size)
    said = remarks(found, taken, data, experiment.dataset, experiment.validation, experiment.model, n_steps)
    targets = {role: part.y for role, part in taken.items()}
    said += target_remarks.remarks(experiment, data.info or experiment.dataset.info(), targets)
    return Splits(
        train=taken["train"],
        validation=taken.get("validation"),
        test=taken["test"],
        origins=found,
        remarks=said,
        names={role: partial(origin.name, data) for role, origin in found.items()},
    )


def remarks(
    found: Mapping[str, Origin],
    taken: Mapping[str, Split],
    data: Data,
    dataset: Dataset,
    validation: Validation | None,
    model: Model | None = None,
    n_steps: int = 0,
) -> list[Remark]:
    """What may be wrong with the choice of the examples, and of the user's own data also with their scales.

    `taken` has the examples of each role. Scales are of little importance if the first layers of the `model`, if it is
    known, scale its inputs in the `n_steps` that it trains.
    """
    validates = found.get("validation")
    held_out = validates.positions if validates and validates.part == "train" else np.arange(0)
    targets = SplitTargets(
        place=dataset.source,
        info=with_class_names(dataset, data.info or dataset.info()),
        validation=RandomSplit() if isinstance(validation, ColumnSplit) and not len(data.marked) else validation,
        test_key=dataset.test_size_key,
        test_split=dataset.chooses_test,
        time_order=data.time_order,
        subject=data.subject,
        in_order=data.train.y,
        by_role={role: part.y for role, part in taken.items()},
        candidates=np.delete(data.train.y, held_out, axis=0),
        share_key=_share_key(dataset),
    )
    if not dataset.is_users_own:
        return list(targets.gone())
    inputs = SplitInputs(
        place=dataset.source,
        info=targets.info,
        by_role=taken,
        are_drawn={role: role == "validation" or is_drawn(origin.how) for role, origin in found.items()},
        are_standardized=getattr(dataset, "standardize", None) is not False,
        model=model,
        n_steps=n_steps,
        are_own_indices=getattr(dataset, "form", None) == "word_ids",
        names={role: partial(origin.name, data) for role, origin in found.items()},
    )
    return [*targets.remarks(), *targets.gone(), *inputs.remarks()]


def _share_key(dataset: Dataset) -> str:
    """The setting that leaves out training examples; shipped data are redrawn to measure just what that does."""
    if dataset.train_fraction < 1:
        return "dataset.train_fraction"
    return "dataset.resample" if dataset.resample and dataset.is_users_own else ""


def digests(splits: Splits, data: Data, info: Info, data_digest: str) -> dict[str, dict[str, str]]:
    """What tells the examples of each role from others, for each target: SHA-256 (hex) of source, rows and targets.

    The encoding of the inputs does not count: scores on the same examples can be compared whatever the model sees of
    them. `data_digest` is of the files that examples were read from; examples that are made have one of their own.
    """
    names = info.targets or [""]
    return {
        role: {name: _digest(splits.origins[role], data, info.y_of(name, part.y), data_digest) for name in names}
        for role, part in splits.by_role.items()
    }


def _digest(origin: Origin, data: Data, y: np.ndarray, data_digest: str) -> str:
    source = data.drawn.get(origin.part, data_digest)
    rows = data.rows[origin.part][origin.positions] if origin.part in data.rows else origin.positions
    y = precision.digested(y)
    sha256 = hashlib.sha256(f"{source} {origin.part} {y.dtype.str} {y.shape}".encode())
    sha256.update(rows.astype("<i8").tobytes())
    sha256.update(y.astype(y.dtype.newbyteorder("<")).tobytes())
    return sha256.hexdigest()
