"""Labels that are probably wrong, from the out-of-fold predictions of a linear model.

As in confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
2021), an example is a candidate where another class reaches the mean confidence of that class's own examples. Where
classes overlap there are many of these, and nothing is wrong with their labels. Two tests tell them apart, and on data
that were drawn from a distribution neither names anything:

- More candidates than the model's calibrated probabilities let expect.
- Wrong labels are wrong wherever the example lies, so that a model without the contradicted examples contradicts them
  by as much as it confirms others. Classes that overlap contradict it near their boundary.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlexp.components.data import Array, Inputs

N_FOLDS = 5
#: The draw of the folds.
SEED = 0
#: Rounds: named examples train no more, and the model of the next round sees more clearly.
N_ROUNDS = 3
#: Of those named, the expected share that belongs to the tail of the predicted probabilities.
TOLERATED = 0.2
#: Probability of so many candidates by chance, at which the first are named.
CHANCE = 1e-6
#: The second test is for data of which the model contradicts no larger share of the labels.
MOST_CONTRADICTED = 0.15
#: Where classes overlap, this share of the contradicted examples is as far on the other side as half of the confirmed
#: ones are on theirs; measured on clean data: 0 to 0.09.
DEEP_BY_OVERLAP = 0.1
#: Probability of so many deep ones by chance, at which they are named.
DEEP_CHANCE = 0.01
_TEMPERATURES = np.geomspace(0.02, 5, 60)


@dataclass(frozen=True)
class Suspicions:
    """The examples whose label is probably wrong, the most suspicious first."""

    positions: Array
    suggested: Array
    """The class that the model gives instead."""
    confidence: Array
    """The probability of that class."""
    of_given: Array
    """The probability of the label."""


def suspicious_labels(x: Inputs, y: Array, n_classes: int) -> Suspicions:
    """Which examples of `y`, classes `(n,)`, are named; of classes with fewer examples than folds none is."""
    features = scaled(x)
    is_kept = _frequent(y, n_classes)[y]
    named = np.zeros(len(y), bool)
    p = np.zeros((len(y), n_classes))
    if len(np.unique(y[is_kept])) < 2:
        return _ranked(named, p, y)
    deep = np.zeros(len(y), bool)
    for i in range(N_ROUNDS):
        scores = _out_of_fold(features, y, is_kept & ~named, n_classes)
        is_contradicted = is_kept & (scores.argmax(axis=1) != y)
        if i == 0 and is_contradicted.sum() <= MOST_CONTRADICTED * is_kept.sum():
            deep = is_kept & _deep(_out_of_fold(features, y, is_kept & ~is_contradicted, n_classes), y)
        p = _calibrated(scores, y, is_kept & ~named)
        before, named = named, deep | _more_than_expected(p, y, is_kept, is_first=not named.any())
        if not named.any() or np.array_equal(before, named):
            break
    return _ranked(named, p, y)


def _frequent(y: Array, n_classes: int) -> Array:
    """Which classes have an example for each fold: of others nothing can be said."""
    counts: Array = np.bincount(y, minlength=n_classes)
    return counts >= N_FOLDS


def scaled(x: Inputs) -> Any:
    """Inputs on comparable scales: dense ones standardized, counts of words weighted by tf-idf."""
    from scipy.sparse import issparse
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import MaxAbsScaler, StandardScaler

    given: Any = x
    if not issparse(given):
        return StandardScaler().fit_transform(np.asarray(given, np.float64))
    are_counts = given.data.min(initial=1) >= 1
    return (TfidfTransformer(sublinear_tf=True) if are_counts else MaxAbsScaler()).fit_transform(given)


def _model(features: Any) -> Any:
    """A linear model, not yet fitted: of many words least squares, which takes a tenth of the time."""
    from scipy.sparse import issparse
    from sklearn.linear_model import LogisticRegression, RidgeClassifier

    if issparse(features):
        return RidgeClassifier(solver="sparse_cg", tol=1e-3, random_state=SEED)
    return LogisticRegression(max_iter=300)


def _out_of_fold(features: Any, y: Array, trains: Array, n_classes: int) -> Array:
    """Scores of the classes, `(n, classes)`, each example's from a model that was not fitted on it."""
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold

    scores = np.full((len(y), n_classes), -np.inf)
    model = _model(features)
    for train, held_out in StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(y, y):
        train = train[trains[train]]
        fitted = clone(model).fit(features[train], y[train])
        found = fitted.decision_function(features[held_out])
        if found.ndim == 1:
            found = np.column_stack([np.zeros(len(found)), found])
        scores[np.ix_(held_out, fitted.classes_)] = found
    return scores


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    p: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return p


def _calibrated(scores: Array, y: Array, by: Array) -> Array:
    """Probabilities at the temperature at which the labels of some examples are the most probable."""

    def loss(temperature: float) -> float:
        p = _softmax(scores[by] / temperature)[np.arange(by.sum()), y[by]]
        return float(-np.log(np.maximum(p, 1e-12)).mean())

    return _softmax(scores / min(_TEMPERATURES, key=loss))


def _more_than_expected(p: Array, y: Array, is_kept: Array, *, is_first: bool) -> Array:
    """The candidates that are more than the probabilities let expect."""
    from scipy.stats import poisson

    of_given = p[np.arange(len(y)), y]
    # How probable a label is that is no more probable than the given one.
    tail = np.where(p <= of_given[:, None], p, 0).sum(axis=1)
    candidates = _candidates(p, y) & is_kept
    tails = np.sort(tail[candidates])
    if not len(tails):
        return candidates
    expected = _expected(p[is_kept], tails)
    counts = np.arange(1, len(tails) + 1)
    is_excess = expected <= TOLERATED * counts
    if is_first:
        is_excess &= poisson.sf(counts - 1, expected) < CHANCE
    if not is_excess.any():
        return np.zeros(len(y), bool)
    found: Array = candidates & (tail <= tails[np.flatnonzero(is_excess)[-1]])
    return found


def _deep(scores: Array, y: Array) -> Array:
    """The examples that a model without contradicted ones contradicts by as much as it confirms others."""
    from scipy.stats import binom

    own, best = scores[np.arange(len(y)), y], scores.max(axis=1)
    found = np.zeros(len(y), bool)
    if (own == best).all():
        return found
    is_known = np.isfinite(scores)
    others = (np.where(is_known, scores, 0).sum(axis=1) - best) / np.maximum(is_known.sum(axis=1) - 1, 1)
    is_contradicted = own < best
    # By how much one class is before another: the label, or for a confirmed example the others on average.
    margins = best - np.where(is_contradicted, own, others)
    confirmed, order = np.sort(margins[~is_contradicted]), np.argsort(-np.where(is_contradicted, margins, -np.inf))
    order = order[: is_contradicted.sum()]
    n_deep = int((margins[order] >= np.median(confirmed)).sum())
    if binom.sf(n_deep - 1, len(order), DEEP_BY_OVERLAP) < DEEP_CHANCE:
        # Twice those beyond the median are wrong, and they lie as far as the confirmed ones: more are not due to that.
        share_beyond = 1 - np.searchsorted(confirmed, margins[order]) / len(confirmed)
        is_precise = 2 * n_deep * share_beyond >= np.arange(1, len(order) + 1)
        found[order[: max(n_deep, 1 + np.flatnonzero(is_precise).max(initial=0))]] = True
    return found


def _candidates(p: Array, y: Array) -> Array:
    """Where another class reaches the mean confidence of its own examples, and the most probable of these is meant."""
    own = np.array([p[y == k, k].mean() if (y == k).any() else np.inf for k in range(p.shape[1])])
    reached = np.where(p >= own, p, 0)
    is_candidate: Array = (reached.max(axis=1) > 0) & (reached.argmax(axis=1) != y)
    return is_candidate


def _expected(p: Array, tails: Array) -> Array:
    """How many labels drawn from these probabilities are expected to be as improbable as each of the sorted `tails`."""
    each = np.sort(p, axis=1)
    reached = each.cumsum(axis=1)
    order = np.argsort(reached, axis=None)
    total = np.concatenate([[0], each.ravel()[order].cumsum()])
    expected: Array = total[np.searchsorted(reached.ravel()[order], tails, side="right")]
    return expected


def _ranked(named: Array, p: Array, y: Array) -> Suspicions:
    """By the margin between the label and the class that is more probable."""
    positions = np.flatnonzero(named & (p.argmax(axis=1) != y))
    suggested, of_given = p[positions].argmax(axis=1), p[positions, y[positions]]
    confidence = p[positions].max(axis=1)
    order = np.argsort(of_given - confidence, kind="stable")
    return Suspicions(positions[order], suggested[order], confidence[order], of_given[order])
