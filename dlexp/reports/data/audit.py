"""What is probably wrong with examples: near duplicates, labels that a linear model contradicts, numbers far off."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlexp.components.data import Array, Info, SplitName
from dlexp.components.fingerprints import fingerprints
from dlexp.format import plural
from dlexp.reports.data import second_opinion
from dlexp.reports.data.examples import Examples, Placed, described_target
from dlexp.reports.data.far_targets import far_targets
from dlexp.reports.data.near_duplicates import Pairs, near_numbers, near_texts
from dlexp.reports.data.suspicious_labels import N_FOLDS, SEED, scaled, suspicious_labels

#: Of dense examples so many are looked at that these many products are taken for a linear model, and for distances.
MODEL_PRODUCTS, DISTANCE_PRODUCTS = 4e8, 4e11
#: Distances between more features than these take as many products as there are pairs.
MANY_FEATURES = 15
#: What names the suspects and cannot see; and what more is asked for labels, if it is affordable.
JUDGE = "named by a linear model, which knows no interactions of features"
SECOND = ", and labels only where boosted trees contradict them, too"
#: Told what is being done.
OnStep = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class NearPair:
    """Two examples that are nearly equal."""

    first: Placed
    second: Placed
    similarity: float
    has_other_target: bool


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An example whose target is probably wrong."""

    example: Placed
    target: str
    """Which one: of several targets the name, of several labels the label, else empty."""
    given: str
    suggested: str
    """The class that the model gives, or the number that it predicts."""
    confidence: float
    """The probability of that class; of a number how many times the median error it is off."""
    of_given: float | None
    """The probability of the class that is given; None for numbers."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All that an audit found."""

    examples: int
    """How many there are."""
    examined: int
    """Of so many of them the targets and the neighbours were looked at: all, or as many drawn at random."""
    near: list[NearPair]
    """The nearest first, without those that are equal."""
    judge: str
    """What named the targets, and what it does not know."""
    suspects: list[Suspect]
    """The most suspicious first."""
    notes: list[str]
    """What nothing can be said of."""


def audited(examples: Examples, on_step: OnStep) -> Audit:
    """Look at all examples, whatever their role."""
    whole = _Whole.of(examples)
    looked_at = whole.drawn(_affordable(examples, whole))
    on_step("looking for near duplicates")
    near = looked_at.near()
    names = looked_at.named([*near.first, *near.second])
    targets = fingerprints(looked_at.y)
    pairs = [
        NearPair(
            first=names[i],
            second=names[len(near) + i],
            similarity=float(near.similarity[i]),
            has_other_target=bool(targets[near.first[i]] != targets[near.second[i]]),
        )
        for i in range(len(near))
    ]
    notes: list[str] = []
    suspects = [each for part in _parts(examples) for each in _suspects(looked_at, part, on_step, notes)]
    has_second = any(_has_second_opinion(looked_at, part) for part in _parts(examples))
    return Audit(
        examples=len(whole),
        examined=len(looked_at),
        near=pairs,
        judge=JUDGE + SECOND * has_second,
        suspects=suspects,
        notes=notes,
    )


def _affordable(examples: Examples, whole: "_Whole") -> int:
    """How many examples can be looked at in about a minute: of dense ones not any number."""
    if examples.info.inputs != "numeric":
        return len(whole)
    n_features = max(1, whole.x.shape[1])
    n_scores = max(target.n_classes or 1 for target in examples.targets.values())
    by_distance = (DISTANCE_PRODUCTS / n_features) ** 0.5 if n_features > MANY_FEATURES else np.inf
    return int(min(len(whole), max(2000, min(MODEL_PRODUCTS / (n_features * n_scores), by_distance))))


@dataclass(frozen=True, kw_only=True)
class _Whole:
    """The examples of all roles together."""

    examples: Examples
    x: Any
    """Dense, sparse, or `Sequences`."""
    y: Array
    where: Sequence[tuple[str, SplitName, int]]
    """The role, part and position of each."""

    @classmethod
    def of(cls, examples: Examples) -> "_Whole":
        where = [
            (role, origin.part, position)
            for role, origin in examples.once.items()
            for position in origin.positions.tolist()
        ]
        data = examples.data
        taken = [getattr(data, origin.part).take(origin.positions) for origin in examples.once.values()]
        x = _joined([each.x for each in taken])
        if examples.info.inputs == "word_ids" and isinstance(x, np.ndarray):
            x = _as_sequences(x)
        return cls(examples=examples, x=x, y=np.concatenate([each.y for each in taken]), where=where)

    def __len__(self) -> int:
        return len(self.where)

    def drawn(self, n: int) -> "_Whole":
        """So many of them, drawn at random, in their order."""
        if n == len(self):
            return self
        kept = np.sort(np.random.default_rng(SEED).permutation(len(self))[:n])
        return replace(self, x=self.x[kept], y=self.y[kept], where=[self.where[i] for i in kept])

    def named(self, positions: Sequence[int]) -> list[Placed]:
        """Some of them for the eye."""
        return self.examples.placed([self.where[i] for i in positions])

    def near(self) -> Pairs:
        """Pairs that are nearly equal, of those that are equal the first."""
        first = np.sort(np.unique(fingerprints(self.x), return_index=True)[1])
        distinct = self.x[first]
        found = near_numbers(scaled(distinct)) if self.examples.info.inputs == "numeric" else near_texts(distinct)
        return replace(found, first=first[found.first], second=first[found.second])

    @property
    def features(self) -> Any:
        """The inputs as a linear model takes them: of texts how often each word occurs."""
        if self.examples.info.inputs == "numeric" or not hasattr(self.x, "lengths"):
            return self.x
        from dlexp.components.datasets.words import sequences

        return sequences.count(self.x, int(self.x.ids.max(initial=0)) + 1)


def _joined(parts: Sequence[Any]) -> Any:
    from scipy.sparse import csr_array, issparse, vstack

    from dlexp.components.datasets.words.sequences import Sequences

    if issparse(parts[0]):
        return csr_array(vstack(parts))
    if isinstance(parts[0], Sequences):
        return Sequences(*(np.concatenate([getattr(each, name) for each in parts]) for name in ("ids", "lengths")))
    return np.concatenate(parts)


def _as_sequences(x: Array) -> Any:
    """Padded rows without their padding, 0."""
    from dlexp.components.datasets.words.sequences import Sequences

    return Sequences(x[x != 0], (x != 0).sum(axis=1, dtype=np.int32))


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One thing to be learned: a target, or of several labels each."""

    name: str
    info: Info
    y: Callable[[Array], Array]
    """Its values, of `Split.y`."""
    names: Sequence[str]
    """Of the classes; for labels `no` and `yes`."""


def _parts(examples: Examples) -> Iterator[_Part]:
    info = examples.info
    for name, target in examples.targets.items():
        if target.task != "multilabel":
            classes = target.class_names or [str(k) for k in range(target.n_classes or 0)]
            yield _Part(name=name, info=target, y=lambda y, name=name: info.y_of(name, y), names=classes)  # type: ignore[misc]
            continue
        for k in range(target.n_classes or 0):
            label = target.class_names[k] if target.class_names else str(k)
            yield _Part(
                name=f"{name} {label}".strip(),
                info=replace(target, n_classes=2),
                y=lambda y, name=name, k=k: info.y_of(name, y)[:, k],  # type: ignore[misc]
                names=("no", "yes"),
            )


def _has_second_opinion(whole: _Whole, part: _Part) -> bool:
    n_classes = part.info.n_classes
    return n_classes is not None and second_opinion.is_affordable(whole.features, n_classes)


def _agreed(whole: _Whole, part: _Part, y: Array, positions: Array, notes: list[str]) -> Array:
    """Which of the labels at `positions` boosted trees contradict, too; none if they confirm many of them."""
    n = len(positions)
    if not n or not _has_second_opinion(whole, part):
        return np.ones(n, bool)
    is_confirmed = second_opinion.confirmed(whole.features, y)[positions]
    if second_opinion.is_beyond(int(is_confirmed.sum()), n):
        of = f" of {part.name}" * bool(part.name)
        notes.append(
            f"no target{of} is named: a linear model contradicts {n}, but boosted trees, which know interactions of "
            f"features, confirm {is_confirmed.sum()} of these"
        )
        return np.zeros(n, bool)
    return ~is_confirmed


def _suspects(whole: _Whole, part: _Part, on_step: OnStep, notes: list[str]) -> Iterator[Suspect]:
    on_step(f"looking for wrong targets{part.name and f': {part.name}'}")
    y = part.y(whole.y)
    if not part.info.n_classes:
        # The errors of counts grow with their square root.
        scale: Any = np.sqrt if part.info.task == "count" else np.asarray
        far = far_targets(whole.features, scale(y.astype(np.float64)))
        predicted = far.predicted**2 if part.info.task == "count" else far.predicted
        shown = zip(far.positions.tolist(), predicted.tolist(), far.times.tolist(), strict=True)
        found = [(i, described_target(value, ()), times, None) for i, value, times in shown]
    else:
        counts = np.bincount(y.astype(int), minlength=part.info.n_classes)
        if rare := [part.names[k] for k in np.flatnonzero((counts > 0) & (counts < N_FOLDS)).tolist()]:
            of = f" of {part.name}" * bool(part.name)
            notes.append(
                f"nothing is said of {plural(len(rare), 'class' if len(rare) == 1 else 'classe')}{of} with fewer than "
                f"{N_FOLDS} examples: {', '.join(map(str, rare))}"
            )
        labels = suspicious_labels(whole.features, y.astype(int), part.info.n_classes)
        is_named = _agreed(whole, part, y.astype(int), labels.positions, notes)
        found = [
            (i, str(part.names[suggested]), confidence, of_given)
            for i, suggested, confidence, of_given in zip(
                *(
                    getattr(labels, field)[is_named].tolist()
                    for field in ("positions", "suggested", "confidence", "of_given")
                ),
                strict=True,
            )
        ]
    for example, (i, suggested, confidence, of_given) in zip(whole.named([i for i, *_ in found]), found, strict=True):
        given = described_target(y[i].item(), [str(name) for name in part.names])
        yield Suspect(
            example=example,
            target=part.name,
            given=given,
            suggested=suggested,
            confidence=confidence,
            of_given=of_given,
        )
