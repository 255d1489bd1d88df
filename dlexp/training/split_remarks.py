"""What is said of data once they are split: classes on one side alone or gone, sorted rows, tiny splits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dlexp.components.data import Array, Info, TimeOrder
from dlexp.components.remarks import Remark
from dlexp.components.validations import Front, RandomSplit, TimeSplit, Validation
from dlexp.format import plural

#: Fewer examples than these may be sorted by chance.
MIN_SORTED = 20
#: A score on fewer examples than these is chance.
MIN_SCORED = 5
MAX_CLASSES_NAMED = 5
#: What draws the validation examples, whatever the order of the rows.
DRAWN = "validation: {type: split, size: 0.2}"


@dataclass(frozen=True, kw_only=True)
class SplitTargets:
    """The targets of some data by role, and how they came there."""

    place: str
    """Where the data come from."""
    info: Info
    validation: Validation | None
    test_key: str
    """The setting that says how many examples test, if one does."""
    test_split: Validation | None
    """What chooses the test examples from the same rows; None if they are given."""
    time_order: TimeOrder | None
    """In which the rows stand."""
    subject: str
    """The column that says whose each row is, if there are several of each."""
    in_order: Array
    """Those of the training data, validation included, in the order of the source."""
    by_role: Mapping[str, Array]
    candidates: Array
    """Those of which the training examples are a share, or a draw."""
    share_key: str
    """The setting that takes it; empty if all of them train."""

    def remarks(self) -> Iterator[Remark]:
        """What may be wrong with those of the user's own data, in at most a line for each role, and a few for all."""
        if self.time_order is not None:
            yield from self._in_time(self.time_order)
        if self.subject and (drawn := self._drawn()):
            found = f"there are several rows of each {self.subject}, and {_roles(drawn)} examples are drawn row by row"
            key = _keys(drawn, f"type: group, column: {self.subject}")
            yield Remark(rule="parted_groups", place=self.place, found=found, key=key)
        lacking: list[str] = []
        for role in self._scored:
            n = len(self.by_role[role])
            sides = [] if n < MIN_SCORED else list(dict.fromkeys(self._one_sided(role)))
            # What is not in training since validation has it all is said once.
            found = "; ".join(side for side in sides if side not in lacking)
            lacking += sides
            if n < MIN_SCORED:
                found = f"{plural(n, f'{role} example')}, on which a score is chance"
                key = self.test_key if role == "test" else "validation.size"
                yield Remark(rule="tiny_split", place=self.place, found=found, key=key)
            elif role == "validation" and isinstance(self.validation, Front) and (by := self._sorted_by()):
                found = f"validation takes the first {n:,} rows, which are sorted by {by}{': ' * bool(found)}{found}"
                yield Remark(rule="sorted_rows", place=self.place, found=found, key=DRAWN)
            elif found:
                yield Remark(rule="one_sided_classes", place=self.place, found=found, key=self._key(role))

    def gone(self) -> Iterator[Remark]:
        """A line on classes that the share that trains has lost, or on a share of only a few examples."""
        lost = [
            f"{named_classes(absent, target)}{of_target}"
            for of_target, target, counts in self._class_counts("train")
            if len(absent := np.flatnonzero((counts["train"] == 0) & (counts["candidates"] > 0)))
        ]
        n = len(self.by_role["train"])
        if self.share_key and (lost or n < MIN_SCORED):
            found = f"{self.share_key} takes {n:,} of {len(self.candidates):,} training examples"
            without = f", none of {' and '.join(lost)}" if lost else ""
            rule = "one_sided_classes" if lost else "tiny_split"
            yield Remark(rule=rule, place=self.place, found=found + without, key=self.share_key)

    def _chosen_by(self) -> dict[tuple[str, str], Validation | None]:
        """What chooses the scored examples, by role and key."""
        return {("test", "dataset.test_split"): self.test_split, ("validation", "validation"): self.validation}

    def _drawn(self) -> dict[tuple[str, str], RandomSplit]:
        """Those of them that draw."""
        return {each: split for each, split in self._chosen_by().items() if isinstance(split, RandomSplit)}

    def _in_time(self, order: TimeOrder) -> Iterator[Remark]:
        """Scored rows that were drawn from between those that are trained on, or are the oldest of the file."""
        way = f"the rows {'ascend' if order.ascends else 'descend'} by {', '.join(order.columns)}"
        column = order.columns[0] if len(order.columns) == 1 else ""
        if drawn := self._drawn():
            found = f"{way}, and {_roles(drawn)} examples are drawn: past and future are mixed"
            key = _keys(drawn, f"type: time, column: {column}" if column else "type: time")
            yield Remark(rule="mixed_times", place=self.place, found=found, key=key)
        for (role, key), split in self._chosen_by().items():
            if isinstance(split, TimeSplit) and split.column is None and not order.ascends:
                found = f"{way}, so that the last ones in the file, the {role} examples, are the oldest"
                column_key = f"{key}.column: {column}" if column else ""
                yield Remark(rule="mixed_times", place=self.place, found=found, key=column_key)

    @property
    def _scored(self) -> list[str]:
        """The roles that are scored and not trained on; one of two that are the same examples."""
        is_test = self.validation is not None and self.validation.type == "test"
        return [role for role in self.by_role if role != "train" and not (is_test and role == "validation")]

    def _sorted_by(self) -> str:
        """The target by which the rows are sorted, in words; empty if they are not."""
        if len(self.in_order) < MIN_SORTED:
            return ""
        for name in self.info.targets or [""]:
            y = self.info.y_of(name, self.in_order)
            if y.ndim == 1 and is_sorted(y):
                return f"the target {name}".strip()
        return ""

    def _one_sided(self, role: str) -> Iterator[str]:
        """Classes that training could have or this role has, and not both; rarer ones are named with the targets.

        A label that no scored example has is no surprise: no split is drawn by labels.
        """
        for of_target, target, counts in self._class_counts(*self._scored):
            is_frequent = sum(counts.values()) >= len(counts)
            sides = (("candidates", role), (role, "candidates"))
            for side, other in sides[:1] if target.task == "multilabel" else sides:
                if len(absent := np.flatnonzero(is_frequent & (counts[side] == 0) & (counts[other] > 0))):
                    side_name = "training" if side == "candidates" else side
                    yield f"no {side_name} example has {named_classes(absent, target)}{of_target}"

    def _class_counts(self, *roles: str) -> Iterator[tuple[str, Info, dict[str, Array]]]:
        """Of each target with classes: ` of NAME`, what it is, and the examples of each class among some."""
        of_some = {"candidates": self.candidates, **{role: self.by_role[role] for role in roles}}
        for name, target in (self.info.targets or {"": self.info}).items():
            if target.n_classes:
                counts = {some: _counts(self.info.y_of(name, y), target.n_classes) for some, y in of_some.items()}
                yield f" of {name}" if name else "", target, counts

    def _key(self, role: str) -> str:
        """What gives this role examples of every class."""
        if role == "validation" and isinstance(self.validation, RandomSplit):
            return "" if self.validation.stratify == "auto" else "validation.stratify: auto"
        return DRAWN if role == "validation" and isinstance(self.validation, Front) else ""


def _roles(drawn: Mapping[tuple[str, str], RandomSplit]) -> str:
    return " and ".join(role for role, _ in drawn)


def _keys(drawn: Mapping[tuple[str, str], RandomSplit], other: str) -> str:
    """What to type so that each of these is another split of its size."""
    return " and ".join(f"{key}: {{{other}, size: {split.size}}}" for (_, key), split in drawn.items())


def is_sorted(y: Array) -> bool:
    """Whether numbers never fall or never rise, or classes each stand together; and are not all the same."""
    changes = np.flatnonzero(np.diff(y))
    stand_together = len(changes) == len(np.unique(y)) - 1 < len(y) / 2
    steps = np.diff(y)
    return len(changes) > 0 and bool(stand_together or (steps >= 0).all() or (steps <= 0).all())


def _counts(y: Array, n_classes: int) -> Array:
    """The examples of each class, or with each label."""
    counts: Array = y.sum(axis=0) if y.ndim == 2 else np.bincount(y.astype(int), minlength=n_classes)
    return counts


def named_classes(classes: Array, target: Info) -> str:
    """`class a`, or `classes a, b, ... (7 in all)`."""
    names = [str(target.class_names[k] if target.class_names else k) for k in classes[:MAX_CLASSES_NAMED]]
    more = f", ... ({len(classes)} in all)" if len(classes) > MAX_CLASSES_NAMED else ""
    return f"class{'es' * (len(classes) > 1)} {', '.join(names)}{more}"
