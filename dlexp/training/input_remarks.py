"""What is said of the inputs of the user's own data: examples in two splits, features on scales of their own."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dlexp.components.data import Array, Data, Info, Span, Split, padding_alone
from dlexp.components.fingerprints import fingerprints, mixed
from dlexp.components.models.given_numbers import Need
from dlexp.components.models.model import STANDARDIZE, Model
from dlexp.components.remarks import Remark
from dlexp.config import input_needs
from dlexp.config.experiment import Experiment
from dlexp.format import listed, plural

#: By chance, as many scored examples are training examples as those are twice in their split. Of scored ones that were
#: given there are more from this share on, and from twice that of chance.
MANY_GIVEN = 0.1
#: Drawn ones are copies if the source has them: from this share on its score is mostly one of examples that were seen.
MANY_DRAWN = 0.5
#: Fewer do not matter.
MIN_REPEATED = 5
#: A feature with more values than these is not equal by chance.
MANY_VALUES = 100
#: Nor are examples if fewer of training than this would be equal to one, were features independent.
FEW_EXPECTED = 0.5
#: Numbers up to this size, and not below the other, reach a model as they are without harm.
LARGEST, SMALLEST = 20.0, 1e-3
#: In sparse matrices, where counts of words are.
LARGEST_SPARSE = 1e3
#: A standard deviation below this share of the root of what is added to its square stays near 0.
HIDDEN = 0.01
#: Standard deviations by which features are elsewhere in validation than in training.
MAX_AWAY = 1.0
TINY = 1e-300
#: Padding matters if it is at least this share of the steps of half of the examples.
PADDED = 0.25


def info_of(experiment: Experiment, data: Data, *, is_real: bool = False) -> Info:
    """What loaded data look like, with their span if the model is given them as they are and it may matter.

    Of a stand-in it is not measured; `is_real` says that data which are not the user's own are none either.
    """
    dataset, model = experiment.dataset, experiment.model
    info = data.info or dataset.info()
    is_known = info.span or info.is_standardized or info.inputs == "sparse"
    if is_known or not model.depends_on_span or not (is_real or dataset.is_users_own):
        return info
    parts: list[Any] = [data.train.x, data.test.x]
    low, high = min(float(x.min()) for x in parts), max(float(x.max()) for x in parts)
    return replace(info, span=Span(low, high, all(map(_are_whole, parts))))


def _are_whole(x: Array) -> bool:
    """Whether no number has a fraction; most that have one show it at once."""
    starts = range(0, len(x), 1024)
    return x.dtype.kind in "iu" or all(
        np.array_equal(part, np.rint(part)) for part in (x[i : i + 1024] for i in starts)
    )


def doubts(experiment: Experiment, info: Info, of_function: Iterable[Need]) -> Iterator[Remark]:
    """What layers probably need of their inputs, and only the data tell, or only what the user's own function built."""
    known = {*experiment.model.unmet(experiment.dataset.info())}  # The lint has said it.
    for need in (*of_function, *experiment.model.unmet(info)):
        if not need.is_certain and need not in known:
            path, found = input_needs.misfit(need, experiment)
            yield Remark(rule="input_range", place=path, found=found)


@dataclass(frozen=True, kw_only=True)
class SplitInputs:
    """The examples of the user's own data by role."""

    place: str
    """Where the data come from."""
    info: Info
    by_role: Mapping[str, Split]
    are_drawn: Mapping[str, bool]
    """By role, whether its examples were chosen from the same rows as the training examples."""
    are_standardized: bool
    """Whether something standardizes the features, or they have one scale by themselves."""
    model: Model | None
    """What takes them, if it is known."""
    n_steps: int
    """Of the training; 0 if it is not known."""
    are_own_indices: bool
    """Whether they are word indices of the user's own, not texts that were encoded."""
    names: Mapping[str, Callable[[int], str]]
    """By role, what the data call an example."""

    def remarks(self) -> Iterator[Remark]:
        """At most two lines for each role, and one for the scales."""
        import pandas as pd  # Which all that reads the user's own data has imported.

        if self.are_own_indices:
            yield from self._empty()
            yield from self._unmasked()
        prints = {role: _whole(split) for role, split in self.by_role.items()}
        train = prints.pop("train")
        for role, found in prints.items():
            n = int(pd.Series(found).isin(train).sum())
            if n >= MIN_REPEATED and n >= self._many(role, train) * len(found):
                scored = plural(len(found), f"{role} example")
                said = f"{n:,} of {scored} are training examples, too, with the same target"
                yield Remark(rule="repeated_examples", place=self.place, found=said)
        x: Any = self.by_role["train"].x
        if not self.are_standardized and self.info.inputs == "numeric" and len(x):
            is_scaled = self.model is not None and self.model.scales_inputs
            yield from self._badly_scaled(x, self.model) if self.model and is_scaled else self._scales(x)
        elif self.info.inputs == "sparse" and len(x.data):
            yield from self._sparse_scales(x)

    def _empty(self) -> Iterator[Remark]:
        """Rows without a word."""
        for role, split in self.by_role.items():
            if positions := padding_alone(split.x):
                examples = plural(len(split), f"{'training' if role == 'train' else role} example")
                found = f"{len(positions):,} of {examples} {'is' if len(positions) == 1 else 'are'} padding alone"
                who = listed([self.names[role](i) for i in positions])
                yield Remark(rule="empty_examples", place=self.place, found=f"{found} ({who})")

    def _unmasked(self) -> Iterator[Remark]:
        """Padding at the end that the model takes for words."""
        x: Any = self.by_role["train"].x
        layer, n_steps = self.model.unmasked if self.model else "", math.ceil(PADDED * x.shape[-1])
        if not layer or 2 * (n := int((~x[:, -n_steps:].any(axis=1)).sum())) < max(1, len(x)):
            return
        examples = plural(len(x), "training example")
        ends = f"end in {plural(n_steps, 'zero')} or more"
        found = f"{n:,} of {examples} {ends}, padding that {layer} takes for words"
        key = "model.layers.0.Embedding.mask_zero: true"
        yield Remark(rule="unmasked_padding", place=self.place, found=found, key=key)

    def _many(self, role: str, train: Array) -> float:
        """From which share of a role's examples on those in training are more than by chance."""
        if self.are_drawn[role]:
            return MANY_DRAWN if self._varies() else np.inf
        counts = np.unique(train, return_counts=True)[1]
        return max(MANY_GIVEN, 2 * float(counts[counts > 1].sum()) / len(train))

    def _varies(self) -> bool:
        """Whether the features have so many values that examples are not equal by chance."""
        x: Any = self.by_role["train"].x
        if self.info.inputs != "numeric":
            return True
        expected = float(len(x))
        for column in np.asarray(x).T:
            counts = np.unique(column, return_counts=True)[1]
            expected *= float((counts / len(x)) @ (counts / len(x)))
            if len(counts) > MANY_VALUES or expected < FEW_EXPECTED:
                return True
        return False

    def _scales(self, x: Array) -> Iterator[Remark]:
        low, high = x.min(axis=0), x.max(axis=0)
        size = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
        varying = np.flatnonzero(low < high)
        if not len(varying):
            return
        largest, smallest = (int(varying[i]) for i in (size[varying].argmax(), size[varying].argmin()))
        if size[largest] <= LARGEST and size[smallest] >= SMALLEST:
            return
        odd = largest if size[largest] > LARGEST else smallest
        said = (
            f"numbers reach the model as they are, those of {_name(self.info.feature_names, odd)} up to {size[odd]:.4g}"
        )
        found = f"{said}: {_harm(size[largest], size[smallest], LARGEST)}"
        key = self.model.scaling_key if self.model else STANDARDIZE
        yield Remark(rule="unscaled_inputs", place=self.place, found=found, key=key)

    def _badly_scaled(self, x: Array, model: Model) -> Iterator[Remark]:
        """A feature that the model's first layer is meant to scale, and does not."""
        found = list(self._hidden(x, model.least_deviation))
        yield from found or (self._behind(x, model.inertia**self.n_steps) if self.n_steps and model.inertia else [])

    def _behind(self, x: Array, left: float) -> Iterator[Remark]:
        """The feature that the moving mean and variance are farthest from, if `left` of these is still their start.

        Training goes by the batch's own, validation by these.
        """
        mean, variance = x.mean(axis=0, dtype=np.float64), x.var(axis=0, dtype=np.float64)
        # They start as 0 and 1.
        deviation = np.sqrt((1 - left) * variance + left)
        away = np.where(
            variance > 0, np.maximum(left * abs(mean) / deviation, deviation / np.sqrt(variance + TINY) - 1), 0
        )
        if x.ndim == 2 and away[worst := int(away.argmax())] > MAX_AWAY:
            found = (
                f"the model scales its inputs, but after {self.n_steps:,} steps {left:.0%} of the mean and variance by "
                f"which it validates are still 0 and 1, those of {_name(self.info.feature_names, worst)} are "
                f"{mean[worst]:.4g} and {variance[worst]:.4g}"
            )
            yield Remark(rule="unscaled_inputs", place=self.place, found=found, key="dataset.standardize: true")

    def _sparse_scales(self, x: Any) -> Iterator[Remark]:
        """Sparse numbers are never standardized, which would make them dense; counts of words do no harm."""
        sizes = np.abs(x.data)
        if sizes.min() >= SMALLEST and sizes.max() <= LARGEST_SPARSE:
            return
        size = abs(x).max(axis=0).toarray().ravel()  # Of each feature.
        used = np.flatnonzero(size)
        largest, smallest = (int(used[i]) for i in (size[used].argmax(), size[used].argmin()))
        if size[largest] > LARGEST_SPARSE or size[smallest] < SMALLEST:
            odd = largest if size[largest] > LARGEST_SPARSE else smallest
            found = (
                f"sparse numbers reach the model as they are, those of {_name(self.info.feature_names, odd)} up to "
                f"{size[odd]:.4g}: {_harm(size[largest], size[smallest], LARGEST_SPARSE)}"
            )
            key = "dataset.form: numeric" if self.are_standardized else "dataset.standardize: true"
            yield Remark(rule="unscaled_inputs", place=self.place, found=found, key=key)

    def _hidden(self, x: Array, least: float) -> Iterator[Remark]:
        """The feature of the smallest variance, if what the first layer adds to that hides it."""
        deviations = x.reshape(-1, x.shape[-1]).std(axis=0, dtype=np.float64)
        varying = np.flatnonzero(deviations)
        if len(varying) and deviations[smallest := int(varying[deviations[varying].argmin()])] < HIDDEN * least:
            found = (
                f"the model scales its inputs, but its first layer adds {least**2:.4g} to variances, beside which that "
                f"of {_name(self.info.feature_names, smallest)}, {deviations[smallest] ** 2:.4g}, is lost"
            )
            yield Remark(rule="unscaled_inputs", place=self.place, found=found, key=STANDARDIZE)


def _harm(largest: float, smallest: float, limit: float) -> str:
    """What the scales of the features do, by the sizes of the largest and the smallest; `limit` is of harmless ones."""
    if largest < SMALLEST:
        return "all features are far below 1, and the learning rate is too small for them"
    if smallest > limit:
        return "all features are far above 1, and the learning rate is too large for them"
    return "one learning rate is too large for some features and too small for others"


def _whole(split: Split) -> Array:
    """A number for the inputs and the target of each example together."""
    whole: Array = mixed(fingerprints(split.x) + mixed(fingerprints(split.y)))
    return whole


def _name(names: Sequence[str], i: int) -> str:
    return names[i] if names else f"number {i}"
