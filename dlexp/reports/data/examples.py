"""Loaded data by role, and its examples for the eye: where each stands, its target, its content in a line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components.data import Array, Data, Info, Split, SplitName
from dlexp.components.datasets.dataset import Dataset
from dlexp.components.validations import Validation
from dlexp.reports.numbers import significant
from dlexp.training.splits import Origin, origins


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An example, and where it stands."""

    role: str
    part: SplitName
    position: int
    """In that part as it is loaded, from 0."""
    place: str
    """In the source: a row, a file, a place in an array."""
    target: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Examples:
    """All examples of a data set, as they are described."""

    dataset: Dataset
    data: Data
    """Whole texts where it has them."""
    data_dir: Path | None
    info: Info
    targets: Mapping[str, Info]
    """By name; of a single target the name is empty."""
    origins: Mapping[str, Origin]
    """By role: train, validation where a config says so, test."""

    @classmethod
    def of(cls, dataset: Dataset, validation: Validation | None, data: Data, data_dir: Path | None) -> "Examples":
        """Loaded data, of which validation takes its share; UserError if its examples cannot be drawn."""
        info = data.info or dataset.info()
        only = replace(info, class_names=info.class_names or dataset.class_names)
        return cls(
            dataset=dataset,
            data=data,
            data_dir=data_dir,
            info=info,
            targets=info.targets or {"": only},
            origins=origins(data, dataset, validation),
        )

    @property
    def once(self) -> dict[str, Origin]:
        """The same, each example in one role and once in it, however often a redrawn training set has it."""
        distinct: dict[str, Origin] = {}
        for role, origin in self.origins.items():
            if role == "test" or origin.part == "train":
                distinct[role] = Origin(origin.part, np.unique(origin.positions))
        return distinct

    @property
    def taken(self) -> dict[str, Split]:
        """The examples of each role."""
        return {role: origin.take(self.data) for role, origin in self.origins.items()}

    def targets_of(self, role: str) -> Array:
        """The targets of a role's examples, as `Split.y`."""
        origin = self.origins[role]
        y: Array = getattr(self.data, origin.part).y[origin.positions]
        return y

    def placed(self, wanted: Sequence[tuple[str, SplitName, int]]) -> list[Placed]:
        """Examples by role, part and position, in this order."""
        found: dict[tuple[SplitName, int], tuple[str, str, str]] = {}
        for part in dict.fromkeys(part for _, part, _ in wanted):
            positions = list(dict.fromkeys(position for _, each, position in wanted if each == part))
            places = self.dataset.places(self.data, part, positions, self.data_dir)
            lines = self.dataset.lines(self.data, part, positions, self.data_dir)
            shown = zip(places, self.described_targets(part, positions), lines, strict=True)
            found.update(zip(((part, position) for position in positions), shown, strict=True))
        return [
            Placed(role=role, part=part, position=position, place=place, target=target, content=content)
            for role, part, position in wanted
            for place, target, content in [found[part, position]]
        ]

    def described_targets(self, part: SplitName, positions: Iterable[int]) -> list[str]:
        """The names of their classes, or the numbers; all targets of each example in one line."""
        y = getattr(self.data, part).y[list(positions)]
        columns = [
            [described_target(value, target.class_names) for value in self.info.y_of(name, y)]
            for name, target in self.targets.items()
        ]
        return ["; ".join(values) for values in zip(*columns, strict=True)]


def described_target(y: Any, names: Sequence[str]) -> str:
    """The name of a class, all labels of an example, or a number."""
    if np.ndim(y):
        return ", ".join(names[k] if names else str(k) for k in np.flatnonzero(y).tolist()) or "none"
    if names:
        return str(names[y])
    # Whole digits tell apart what lies near together, as Unix times do.
    return significant(float(y), 6) if 1e6 <= abs(y) < 1e15 else f"{y:.6g}"
