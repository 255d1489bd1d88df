"""Which scores the targets of a split leave undefined: known before anything is trained."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from dlexp.components.columns import Column, Role
from dlexp.components.component import Misfit, Unfit
from dlexp.components.data import Array, Data, Info, SplitName
from dlexp.components.metrics import METRICS, Metric
from dlexp.components.remarks import Remark
from dlexp.components.validations import ColumnSplit, Front, RandomSplit, TestSplit
from dlexp.config.checks import with_class_names
from dlexp.config.experiment import Experiment
from dlexp.config.watched import MONITOR
from dlexp.format import joined, plural
from dlexp.training.split_remarks import DRAWN, named_classes
from dlexp.training.splits import origins

RULE = "undefined_score"
ROLES: Sequence[Role] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class _Score:
    """A metric of one target on a split, whose targets are `y`."""

    column: Column
    role: Role
    target: Info
    y: Array

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return METRICS[self.column.quantity]

    @property
    def example(self) -> str:
        """What one of the split's is called."""
        return f"{'training' if self.role == 'train' else self.role} example"

    @property
    def reason(self) -> str:
        """Why it is missing; empty if it is not."""
        alike, n = self.metric.undefined(self.y, self.target.class_names), len(self.y)
        return f"not defined on {plural(n, self.example)}{', all' * (n > 1)} {alike}" if alike else ""

    def lacks(self, y: Array) -> object:
        """What the metric lacks on some targets, to be compared with what it lacks on others."""
        n_classes = self.target.n_classes or 0
        unscored = self.metric.unscored(y, n_classes).tolist() if self.metric.unscored else []
        return self.metric.undefined(y, ()) or unscored

    @property
    def partly(self) -> list[str]:
        """What a mean over classes makes of those that have no score of their own, in words."""
        if self.metric.unscored is None or self.reason:
            return []
        classes = self.metric.unscored(self.y, self.target.n_classes or 0)
        has = self.y[:, classes].any(axis=0) if self.y.ndim == 2 else np.isin(classes, self.y)
        ends = f"which {self.column} {self.metric.unscored_are}"
        return [
            f"{who} {self.example} has {named_classes(some, self.target)}, {ends}"
            for who, some in (("no", classes[~has]), ("every", classes[has]))
            if len(some)
        ]


@dataclass(frozen=True)
class UndefinedScores:
    """The scores that an experiment asks for and its examples do not give."""

    experiment: Experiment
    """Completed with what its data tell."""
    info: Info
    """With the names of the classes."""
    by_role: Mapping[Role, Array]
    """The targets: `Split.y`."""

    @classmethod
    def of(cls, experiment: Experiment, data: Data) -> Self:
        """The undefined scores of data that are not split yet.

        Raises:
            UserError: The examples cannot be chosen as the experiment says.
        """
        dataset = experiment.dataset
        found = origins(data, dataset, experiment.validation)
        y: dict[SplitName, Array] = {"train": data.train.y, "test": data.test.y}
        by_role = {role: y[found[role].part][found[role].positions] for role in ROLES if role in found}
        return cls(experiment, with_class_names(dataset, data.info or dataset.info()), by_role)

    @cached_property
    def reasons(self) -> dict[str, str]:
        """By column, why a score is missing: `not defined on 20 validation examples, all of class no`."""
        return {str(score.column): score.reason for score in self._scores if score.reason}

    def remarks(self) -> Iterator[Remark]:
        """A line for all scores that are missing for one reason, except for one that is watched.

        And a line for each mean that some classes have no score in.
        """
        stopping = self.experiment.training.early_stopping
        missing: dict[tuple[str, str], list[str]] = {}
        partly: list[tuple[str, str]] = []
        for score in self._scores:
            key = self._key(score) if score.reason or score.partly else ""
            if score.reason and not (stopping and stopping.monitor == str(score.column)):
                missing.setdefault((score.reason, key), []).append(str(score.column))
            partly += [(found, key) for found in score.partly]
        for (reason, key), names in missing.items():
            found = f"{joined(names)} {'are' if len(names) > 1 else 'is'} {reason}"
            yield Remark(rule=RULE, place=self.experiment.dataset.source, found=found, key=key)
        for found, key in partly:
            yield Remark(rule=RULE, place=self.experiment.dataset.source, found=found, key=key)

    def require_watched(self) -> None:
        """Refuse early stopping on a score that is missing.

        Raises:
            Unfit: With the reason, and what to watch instead.
        """
        stopping = self.experiment.training.early_stopping
        for score in self._scores:
            if score.reason and stopping and stopping.monitor == str(score.column):
                loss, key = Column(quantity="loss", split=score.role), self._key(score)
                raise Unfit(Misfit(MONITOR, f"{score.column} is {score.reason}; watch {loss}, or see {key}"))

    @cached_property
    def _scores(self) -> list[_Score]:
        """Every one that is asked for."""
        return [
            _Score(
                column=Column(quantity=metric, target=name, split=role),
                role=role,
                target=target,
                y=self.info.y_of(name, y),
            )
            for role, y in self.by_role.items()
            for name, (head, target) in self.experiment.head.by_target(self.info).items()
            for metric in head.metrics
        ]

    def _is_stratifiable(self, y: Array) -> bool:
        """Whether so many examples can be drawn by class, and the data have one target with classes."""
        return self.info.task in ("binary", "multiclass", "ordinal") and len(y) >= (self.info.n_classes or 1)

    def _key(self, score: _Score) -> str:
        """What gives the split other examples, if there are any; else what leaves the score out."""
        name, dataset, validation = score.column.target, self.experiment.dataset, self.experiment.validation
        everywhere = np.concatenate([self.info.y_of(name, y) for y in self.by_role.values()])
        keys = {
            "train": "dataset.train_fraction" if dataset.train_fraction < 1 else "",
            "validation": "validation.size" if hasattr(validation, "size") else "",
            "test": dataset.test_size_key,
        }
        if isinstance(validation, ColumnSplit):
            keys["validation"] = f"dataset.{dataset.marking_key}"
        elif isinstance(validation, TestSplit):
            keys["validation"] = keys["test"]
        elif isinstance(validation, Front):
            keys["validation"] = DRAWN
        elif isinstance(validation, RandomSplit) and not validation.stratify and self._is_stratifiable(score.y):
            keys["validation"] = f"validation.stratify: {'auto' if dataset.is_users_own else 'true'}"
        key = "" if score.lacks(everywhere) == score.lacks(score.y) else keys[score.role]
        return key or (f"head.heads.{name}.metrics" if name else "head.metrics")
