"""Bias and variance: the error of predictions over many training sets, decomposed.

Squared loss (Geman et al., 1992, Neural networks and the bias/variance dilemma): error = bias^2 + variance + noise.
0-1 loss (Domingos, 2000, A unified bias-variance decomposition): error = bias + net variance.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dlexp.components.metrics import decided
from dlexp.records.index import Run
from dlexp.records.predictions import Predictions, Resampled
from dlexp.records.record_files import damaged

Array = np.ndarray[Any, Any]
Loss = Literal["squared", "0-1"]

#: Fewer leave no standard error.
MIN_TRAINING_SETS = 3
#: Of the bootstrap: a standard error is then right to some 4 % of itself, as far as its draws go.
N_DRAWS = 300


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error."""

    value: float
    se: float
    """By the bootstrap over the training sets: how much other training sets would change it, the test examples as they
    are. Of the bias of 0-1 loss rather too large, since few models leave some main predictions open."""


@dataclass(frozen=True)
class Decomposition:
    """One experiment's error and its parts, means over the test examples."""

    loss: Loss
    parts: dict[str, Estimate]
    """By name, as `squared` and `zero_one` give them."""
    error: Estimate
    """The mean loss, measured directly."""

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The error and its parts by name."""
        return {**self.parts, "error": self.error}

    @property
    def summands(self) -> tuple[str, ...]:
        """The names of the parts that add up to the error."""
        return ("bias", "net_variance") if self.loss == "0-1" else tuple(self.parts)

    @property
    def total(self) -> float:
        """Their sum: the error, up to rounding."""
        return sum(self.parts[name].value for name in self.summands)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One experiment, at its place on the axis of capacity."""

    name: str
    settings: dict[str, str]
    """Its values on the grids, by key."""
    resampling: str
    """How its training sets were drawn."""
    parameters: int
    resamples: int
    """The training sets that the numbers are from."""
    diverged: int
    """The training sets on which training diverged: left out."""
    decomposition: Decomposition | None
    """None if fewer than three finished."""
    test_digests: Mapping[str, str] = field(default_factory=dict)
    """What tells the test examples from others, by target; empty where it is not on record."""
    targets_digest: str = ""
    """Of the targets of the test examples."""

    def shares_examples(self, other: "Point") -> bool:
        """Whether the error of both is on the same test examples, as far as the records tell."""
        if self.test_digests and other.test_digests:
            return self.test_digests == other.test_digests
        return self.targets_digest == other.targets_digest


def point(name: str, settings: dict[str, str], runs: Sequence[Run]) -> Point:
    """Decompose the error of one experiment from its recorded runs, one a training set."""
    finished = [run for run in runs if run.status == "finished"]
    predictions = [_of_resampled(run) for run in finished]
    for run, each in zip(finished, predictions, strict=True):
        if each.predicted.shape != predictions[0].predicted.shape or not np.array_equal(each.y, predictions[0].y):
            raise damaged(run.dir.predictions_path, f"of other test examples than {finished[0].dir.predictions_path}")
    first = (finished or runs)[0]
    return Point(
        name=name,
        settings=settings,
        resampling=(first.config.get("dataset", {}).get("resample") or {}).get("type", "unknown"),
        parameters=(finished[0].result.parameters or 0) if finished else 0,
        resamples=len(finished),
        diverged=len(runs) - len(finished),
        decomposition=decompose(predictions) if len(predictions) >= MIN_TRAINING_SETS else None,
        test_digests=next((run.result.split_digests.get("test", {}) for run in finished), {}),
        targets_digest=hashlib.sha256(predictions[0].y.tobytes()).hexdigest() if predictions else "",
    )


def _of_resampled(run: Run) -> Resampled:
    """What a run on a resampled training set predicts."""
    path = run.dir.predictions_path
    if (found := Predictions.read(path).resampled) is None:
        raise damaged(path, "the targets and predictions of a resampled training set are missing")
    return found


def decomposed(points: Iterable[Point]) -> list[tuple[Point, Decomposition]]:
    """The points with a decomposition."""
    return [(point, point.decomposition) for point in points if point.decomposition]


def rows(points: Iterable[Point]) -> Iterator[dict[str, Any]]:
    """A row for every part of every point, its settings on the grids as columns."""
    for point, found in decomposed(points):
        about = {"experiment": point.name, **point.settings}
        about |= {key: getattr(point, key) for key in ("resampling", "parameters", "resamples", "diverged")}
        for part, estimate in found.estimates.items():
            yield {**about, "loss": found.loss, "part": part, "value": estimate.value, "se": estimate.se}


def decompose(predictions: Sequence[Resampled]) -> Decomposition:
    """Decompose the error of models that differ in their training set: of classes 0-1 loss, of numbers squared loss."""
    y, expected = predictions[0].y, predictions[0].expected
    if np.issubdtype(y.dtype, np.integer):
        # Each label of multilabel data is a decision of its own: (models, n * labels)
        classes = np.stack([decided(y, each.predicted).ravel().astype(int) for each in predictions])
        return _with_errors("0-1", classes, lambda some: zero_one(y.ravel(), some))
    predicted = np.stack([each.predicted[:, 0].astype(np.float64) for each in predictions])  # (models, n)
    return _with_errors("squared", predicted, lambda some: squared(y.astype(np.float64), some, expected))


def squared(y: Array, predicted: Array, expected: Array | None = None) -> dict[str, float]:
    """The parts of squared loss and `error`, means over the examples.

    Bias and variance are unbiased for any number of models, so that bias^2 can come out a little below 0. Noise is what
    the true mean itself would score, except for a term with the bias that is 0 on average; it is the same in all models
    only on average too, since the targets are the test split's own.

    Args:
        y: Targets, `(n,)`.
        predicted: Of each model, `(models, n)`.
        expected: The true mean of each target, `(n,)`; without it bias^2 and noise are one number.
    """
    mean = predicted.mean(axis=0)
    variance = predicted.var(axis=0, ddof=1)
    # The mean over few models varies itself: E (mean - f)^2 = bias^2 + variance / models.
    excess = variance / len(predicted)
    error = float(((y - predicted) ** 2).mean())
    if expected is None:
        # (y - mean)^2 - variance / models
        parts = {"bias_squared_and_noise": (y - mean) ** 2 - excess, "variance": variance}
    else:
        parts = {
            "bias_squared": (mean - expected) ** 2 - excess,
            "variance": variance,
            # (y - mean)^2 - (f - mean)^2 = (y - f)^2 + 2 (y - f) (f - mean)
            "noise": (y - expected) ** 2 + 2 * (y - expected) * (expected - mean),
        }
    return {**{name: float(part.mean()) for name, part in parts.items()}, "error": error}


def zero_one(y: Array, decided: Array) -> dict[str, float]:
    """The parts of 0-1 loss and `error`, means over the examples (Domingos, 2000, sections 2 and 3).

    The main prediction of an example is the class that most models decide for, the lowest of several. Variance where it
    is right (unbiased) adds to the error; where it is wrong (biased), models that differ from it into the right class
    lower it. Noise is not known, and stays within the bias.

    Args:
        y: Classes, `(n,)`.
        decided: The class each model decides for, `(models, n)`.
    """
    classes = np.arange(max(decided.max(), y.max()) + 1)
    main = np.stack([(decided == k).sum(axis=0) for k in classes]).argmax(axis=0)
    biased = main != y  # B(x) = L(y, main)
    differs = (decided != main).mean(axis=0)  # V(x) = E L(main, prediction)
    right = (decided == y).mean(axis=0)
    # c2 V with c2 = 1 where the main prediction is right, else -P(prediction = y | prediction != main), so -P(y).
    unbiased_variance = float(np.where(biased, 0, differs).mean())
    biased_variance = float(np.where(biased, right, 0).mean())
    return {
        "bias": float(biased.mean()),
        "net_variance": unbiased_variance - biased_variance,
        "unbiased_variance": unbiased_variance,
        "biased_variance": biased_variance,
        "variance": float(differs.mean()),
        "error": float((decided != y).mean()),
    }


def _with_errors(loss: Loss, models: Array, measure: Callable[[Array], dict[str, float]]) -> Decomposition:
    """Each part with its standard error, by the bootstrap over the models (Efron, 1979), always of the same draws.

    The jackknife would not do for 0-1 loss: the main prediction, a mode, jumps where models are tied.
    """
    draws = np.random.default_rng(0).integers(len(models), size=(N_DRAWS, len(models)))
    redrawn = [measure(models[draw]) for draw in draws]
    estimates = {
        name: Estimate(value, float(np.std([each[name] for each in redrawn], ddof=1)))
        for name, value in measure(models).items()
    }
    return Decomposition(loss, estimates, estimates.pop("error"))
