"""What is recorded of the test split beside its scores: results example by example, and what is counted over them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dlexp.components.data import Split
from dlexp.components.heads.head import Predicted
from dlexp.components.metrics import Decisions, decided
from dlexp.records.evaluation import (
    ClassScores,
    Confusion,
    LabelCounts,
    PredictedNumbers,
    Reliability,
    TargetEvaluation,
)
from dlexp.records.predictions import Results
from dlexp.training.loop import Scores
from dlexp.training.network import AttachedHead, Network
from dlexp.training.scores import predicted_rows, seen_by_heads

#: What the results take at most, in bytes, over all targets: of more examples a sample is kept.
MAX_BYTES = 100_000
#: How many numbers are recorded with their predictions, over all targets.
MAX_NUMBERS = 1000
#: How many pairs of classes are counted, and how many classes and labels have scores: the most frequent ones.
MAX_PAIRS = 3000
MAX_CLASSES = 1000
N_BINS = 10
#: Decimal places of shares and probabilities.
PLACES = 6


def results(network: Network, test: Split, tested: Scores, digests: Mapping[str, str]) -> dict[str, Results]:
    """A result per test example by target; `digests` are those of the test split."""
    n, found = len(test), {}
    position_type = np.min_scalar_type(n - 1)
    seen = {attached.name: (attached.head, of_head) for attached, of_head in seen_by_heads(network, test, tested)}
    n_bytes = sum(position_type.itemsize + _result_bytes(of_head.y) for _, of_head in seen.values())
    for name, (head, of_head) in seen.items():
        sampled = sample(digests[name], n, MAX_BYTES // n_bytes)
        kept = sampled[np.isin(sampled, predicted_rows(of_head))]
        found[name] = Results.of(of_head.y, head.judged(of_head.prediction), kept.astype(position_type))
    return found


def sample(digest: str, n: int, size: int) -> np.ndarray:
    """The positions of `size` of `n` examples, at least 1, in their order; of all if there are no more.

    They depend on the digest of the examples alone, whatever is trained, and smaller samples are parts of larger ones.
    """
    if size >= n:
        return np.arange(n)
    # The legacy generator: its numbers are the same in every version of numpy.
    order = np.random.RandomState(int(digest[:8], 16)).permutation(n)
    return np.sort(order[: max(1, size)])


def _result_bytes(y: np.ndarray) -> int:
    """What the result of one example takes: 8 bytes for a number, else one for each decision."""
    return 8 if y.dtype.kind == "f" else y[0].size


def evaluation(
    network: Network,
    test: Split,
    tested: Scores,
    digests: Mapping[str, str],
    trained: Sequence[Callable[[], Predicted]],
) -> dict[str, TargetEvaluation]:
    """What is counted over the test examples by target, as evaluation.json has it.

    `digests` are those of the test split, `trained` is the training split as each head sees it.
    """
    n_of_numbers = sum(attached.info.n_classes is None for attached in network.heads)
    found: dict[str, TargetEvaluation] = {}
    for (attached, seen), of_train in zip(seen_by_heads(network, test, tested), trained, strict=True):
        rows, name = predicted_rows(seen), attached.name
        if attached.info.n_classes is None:
            sampled = sample(digests[name], len(test), MAX_NUMBERS // n_of_numbers)
            numbers = _numbers(attached, seen, sampled[np.isin(sampled, rows)], of_train)
            found[name] = TargetEvaluation(count=len(rows), numbers=numbers)
        else:
            y, judged = seen.y[rows], attached.head.judged(seen.prediction[rows])
            found[name] = (_of_labels if y.ndim == 2 else _of_classes)(y, judged)
    return found


def _of_classes(y: np.ndarray, judged: np.ndarray) -> TargetEvaluation:
    """Of classes `(n,)`."""
    answers, n_classes = decided(y, judged), max(2, judged.shape[1])
    pairs, counts = np.unique(y.astype(np.int64) * n_classes + answers, return_counts=True)
    kept = _most_frequent(counts, MAX_PAIRS)
    target, predicted = np.divmod(pairs[kept], n_classes)
    given, right = (np.bincount(some, minlength=n_classes) for some in (y, y[answers == y]))
    return TargetEvaluation(
        count=len(y),
        confusion=Confusion(target=target.tolist(), predicted=predicted.tolist(), count=counts[kept].tolist()),
        unlisted=int(len(y) - counts[kept].sum()),
        classes=_class_scores(given, np.bincount(answers, minlength=n_classes), right),
        reliability=_reliability(y, judged),
    )


def _of_labels(y: np.ndarray, judged: np.ndarray) -> TargetEvaluation:
    """Of labels `(n, labels)`."""
    there, answers = y.astype(bool), decided(y, judged)
    given, predicted, right = (each.sum(axis=0) for each in (there, answers, there & answers))
    kept = _most_frequent(given, MAX_CLASSES)
    return TargetEvaluation(
        count=len(y),
        labels=LabelCounts(
            label=kept.tolist(),
            true_positive=right[kept].tolist(),
            false_positive=(predicted - right)[kept].tolist(),
            false_negative=(given - right)[kept].tolist(),
            true_negative=(len(y) - given - predicted + right)[kept].tolist(),
        ),
        classes=_class_scores(given, predicted, right),
        reliability=_reliability(y, judged),
    )


def _class_scores(given: np.ndarray, predicted: np.ndarray, right: np.ndarray) -> ClassScores:
    """From how many examples have each class, are predicted to have it, and both."""
    kept = _most_frequent(given, MAX_CLASSES)
    return ClassScores(
        target=kept.tolist(),
        count=given[kept].tolist(),
        precision=_shares(right[kept], predicted[kept]),
        recall=_shares(right[kept], given[kept]),
    )


def _reliability(y: np.ndarray, judged: np.ndarray) -> Reliability:
    decisions = Decisions.of(y, judged, N_BINS)
    counts, sums, right = (
        np.bincount(decisions.bin, weights, N_BINS) for weights in (None, decisions.probability, decisions.right)
    )
    return Reliability(count=counts.tolist(), probability=_shares(sums, counts), right=_shares(right, counts))


def _numbers(
    attached: AttachedHead, seen: Predicted, positions: np.ndarray, of_train: Callable[[], Predicted]
) -> PredictedNumbers:
    """With the bounds of their intervals, where the head has them."""
    some = seen.take(positions)
    columns = attached.head.distribution(some.prediction, of_train).columns(attached.info)
    predicted = attached.head.judged(some.prediction)[:, 0]
    found = PredictedNumbers(position=positions.tolist(), target=some.y.tolist(), predicted=_shortest(predicted))
    if "low_90" in columns:
        low, high = (columns[name].astype(predicted.dtype) for name in ("low_90", "high_90"))
        found["low"], found["high"] = _shortest(low), _shortest(high)
    return found


def _most_frequent(counts: np.ndarray, n: int) -> np.ndarray:
    """The positions of the `n` largest, in their order."""
    return np.sort(np.argsort(-counts, kind="stable")[:n])


def _shares(parts: np.ndarray, wholes: np.ndarray) -> list[float]:
    """NaN where the whole is 0."""
    shares = np.divide(parts, wholes, out=np.full(len(wholes), np.nan), where=wholes > 0)
    rounded: list[float] = shares.round(PLACES).tolist()
    return rounded


def _shortest(x: np.ndarray) -> list[float]:
    """With no more digits than tell each number from the others of its type."""
    return [float(str(each)) for each in x]
