"""What is in a data set: examples, classes, lengths, ranges, and a few examples to look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components.data import N_FIRST, Info, SplitName
from dlexp.components.datasets.dataset import Dataset, shown
from dlexp.components.datasets.words import INDEX_FROM
from dlexp.components.datasets.words.encoding import TextKeys
from dlexp.components.fingerprints import fingerprints
from dlexp.components.remarks import Remark, said
from dlexp.components.validations import Validation
from dlexp.reports.data.audit import Audit, OnStep, audited
from dlexp.reports.data.duplicates import BeforeTwins, Overlap, before_twins, duplicates
from dlexp.reports.data.examples import Examples, Placed
from dlexp.training.splits import remarks

Array = np.ndarray[Any, Any]

#: More features than these are described together.
MAX_FEATURES = 64
_PERCENTILES = {"minimum": 0, "p5": 5, "p25": 25, "median": 50, "p75": 75, "p95": 95, "maximum": 100}


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """How numbers are spread; `sd` divides by n, `p5` to `p95` are percentiles."""

    minimum: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    mean: float
    sd: float

    @classmethod
    def of(cls, values: Array) -> "Distribution":
        """The distribution of at least one number."""
        found = np.percentile(values, list(_PERCENTILES.values())).tolist()
        mean, sd = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
        return cls(**dict(zip(_PERCENTILES, found, strict=True)), mean=mean, sd=sd)


@dataclass(frozen=True)
class Class:
    """One class and how many examples it has."""

    number: int
    name: str | None
    counts: dict[str, int]
    """By role: train, validation, test."""
    target: str | None = None
    """Which of several targets it is a class of."""


@dataclass(frozen=True, kw_only=True)
class FeatureRange:
    """One feature over the training examples, before any standardization."""

    name: str | None
    minimum: float
    mean: float
    sd: float
    maximum: float


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of the training texts, and what the settings keep of them."""

    distinct: int
    running: int
    """All words, each as often as it occurs."""
    kept_distinct: int
    kept_running: int
    num_words: int
    skip_top: int


@dataclass(frozen=True)
class Example:
    """A training example for the eye."""

    position: int
    """In the training data as it is loaded."""
    target: str
    """The name of its class, or the number."""
    content: str
    """Text in words, or the numbers in one line."""


@dataclass(frozen=True, kw_only=True)
class Equal:
    """Examples with equal inputs; of whole texts, if the data set has them."""

    overlaps: list[Overlap]
    ceilings: dict[str, float]
    """By role, the highest accuracy that any model can have, since equal inputs have other classes."""
    before: BeforeTwins | None
    """Those with an equal one right behind them in the source; None if the order there is not known."""
    pairs: list[tuple[Placed, Placed]]
    """The first ones."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """All that `dlexp data` says."""

    dataset: Dataset
    info: Info
    examples: dict[str, int]
    """Their number by role: train, validation where a config says so, test."""
    splits: dict[str, str]
    """By role, how the examples were chosen, if settings do that: `drawn by class`."""
    classes: list[Class]
    targets: dict[str, Distribution]
    """By role, of a number that is to be learned; of one of several targets after its name: `ink train`."""
    lengths: dict[str, Distribution]
    """Words of a text, by split: train (what validates included) and test."""
    vocabulary: Vocabulary | None
    numbers: Distribution | None
    """All numbers of all training examples together."""
    features: list[FeatureRange]
    """One by one, where they are few."""
    constant: list[str]
    """The features that have one value in all training examples; those without names by their number."""
    equal: Equal
    """Examples with equal inputs."""
    shown: list[Example]
    uses: dict[str, list[str]]
    """Of a table, by use (target, number, category, not used, ...) the columns that have it."""
    remarks: list[Remark]
    """How the data were read, as far as the files do not say it, and the config does not allow it."""
    audit: Audit | None
    """What is probably wrong with examples; None if it was not asked for."""
    best_possible: dict[str, float]
    """What the true distribution scores on the test split, by metric, where it is known."""


def describe(
    dataset: Dataset,
    validation: Validation | None,
    data_dir: Path | None,
    allowed: Collection[str] = (),
    audit: OnStep | None = None,
) -> Description:
    """Load a data set and find out what is in it; with a config, also what its validation takes for itself.

    Remarks by the rules that are `allowed` are left out. An `audit` takes up to a minute or two, and is told what is
    being done.

    Raises:
        DataError: The data cannot be had.
        UserError: The validation examples cannot be drawn.
    """
    texts = dataset.texts(data_dir)
    data = texts or dataset.load(data_dir)
    examples = Examples.of(dataset, validation, data, data_dir)
    info, targets = examples.info, examples.targets
    is_numeric = info.inputs == "numeric"
    roles = {role: examples.targets_of(role) for role in examples.origins}
    of_role = {name: {role: info.y_of(name, y) for role, y in roles.items()} for name in targets}
    classes = [each for name, target in targets.items() for each in _classes(name, target, of_role[name])]
    return Description(
        dataset=dataset,
        info=info,
        examples={role: len(y) for role, y in roles.items()},
        splits={role: origin.how for role, origin in examples.origins.items() if origin.how},
        classes=classes,
        targets={
            f"{name} {role}".strip(): Distribution.of(y)
            for name, target in targets.items()
            if target.n_classes is None
            for role, y in of_role[name].items()
        },
        # Without the start signs.
        lengths={part: Distribution.of(getattr(texts, part).x.lengths - 1) for part in ("train", "test") if texts},
        vocabulary=_vocabulary(data.train.x, dataset) if texts and isinstance(dataset, TextKeys) else None,
        numbers=Distribution.of(data.train.x) if is_numeric else None,
        features=_features(data.train.x, info.feature_names or dataset.feature_names) if is_numeric else [],
        constant=_constant(data.train.x, info.feature_names or dataset.feature_names) if is_numeric else [],
        equal=_equal(examples),
        shown=_shown(examples),
        uses={use: list(columns) for use, columns in data.uses.items()},
        remarks=said([*data.remarks, *remarks(examples.origins, examples.taken, data, dataset, validation)], allowed),
        audit=audited(examples, audit) if audit else None,
        best_possible=dataset.best_possible(),
    )


def _classes(name: str, target: Info, roles: Mapping[str, Array]) -> list[Class]:
    if not (n := target.n_classes):
        return []
    names = target.class_names or [None] * n
    counts = {role: y.sum(axis=0) if y.ndim == 2 else np.bincount(y, minlength=n) for role, y in roles.items()}
    return [Class(k, names[k], {role: int(each[k]) for role, each in counts.items()}, name or None) for k in range(n)]


def _vocabulary(texts: Any, keys: TextKeys) -> Vocabulary:
    counts = np.bincount(texts.ids)
    counts[: INDEX_FROM + 1] = 0  # Signs are no words.
    kept = counts[keys.skip_top : keys.num_words]
    return Vocabulary(
        distinct=int(np.count_nonzero(counts)),
        running=int(counts.sum()),
        kept_distinct=int(np.count_nonzero(kept)),
        kept_running=int(kept.sum()),
        num_words=keys.num_words,
        skip_top=keys.skip_top,
    )


def _features(x: Array, names: Sequence[str]) -> list[FeatureRange]:
    if x.shape[1] > MAX_FEATURES:
        return []
    x = x.astype(np.float64)
    columns = zip(*(summary(axis=0).tolist() for summary in (x.min, x.mean, x.std, x.max)), strict=True)
    return [
        FeatureRange(name=names[i] if names else None, minimum=minimum, mean=mean, sd=sd, maximum=maximum)
        for i, (minimum, mean, sd, maximum) in enumerate(columns)
    ]


def _constant(x: Array, names: Sequence[str]) -> list[str]:
    is_constant = x.min(axis=0) == x.max(axis=0)
    return [names[i] if names else str(i) for i in np.flatnonzero(is_constant).tolist()]


def _equal(examples: Examples) -> Equal:
    has_classes = all(target.n_classes for target in examples.targets.values())
    splits = {"train": examples.data.train, "test": examples.data.test}
    inputs = {part: fingerprints(split.x) for part, split in splits.items()}
    targets = {part: fingerprints(split.y) for part, split in splits.items()}
    roles = examples.once
    x, y = ({role: each[origin.part][origin.positions] for role, origin in roles.items()} for each in (inputs, targets))
    found = duplicates(x, y, has_classes)
    orders = [examples.dataset.source_order(examples.data, origin.part) for origin in roles.values()]
    known = [order[origin.positions] for order, origin in zip(orders, roles.values(), strict=True) if order is not None]
    before = before_twins(*(np.concatenate(list(each)) for each in (known, x.values(), y.values()))) if known else None

    def position(role: str, i: int) -> tuple[str, SplitName, int]:
        return role, roles[role].part, int(roles[role].positions[i])

    twins = examples.placed([position(*each) for pair in found.pairs for each in (pair.first, pair.second)])
    return Equal(
        overlaps=found.overlaps,
        ceilings=found.ceilings,
        before=before,
        pairs=list(zip(twins[::2], twins[1::2], strict=True)),
    )


def _shown(examples: Examples) -> list[Example]:
    data, names = examples.data, examples.dataset.feature_names
    positions = range(min(N_FIRST, len(data.train)))
    contents = data.first or [shown(data.train.x[[i]], names) for i in positions]
    targets = examples.described_targets("train", positions)
    return [Example(*each) for each in zip(positions, targets, contents, strict=True)]
