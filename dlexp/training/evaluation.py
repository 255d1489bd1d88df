"""What is recorded of the test split beside its scores: results example by example."""

from collections.abc import Mapping

import numpy as np

from dlexp.components.data import Split
from dlexp.records.predictions import Results
from dlexp.training.loop import Scores
from dlexp.training.network import Network
from dlexp.training.scores import predicted_rows, seen_by_heads

#: What the results take at most, in bytes, over all targets: of more examples a sample is kept.
MAX_BYTES = 100_000


def results(network: Network, test: Split, tested: Scores, digests: Mapping[str, str]) -> dict[str, Results]:
    """A result per test example by target; `digests` are those of the test split."""
    n, found = len(test), {}
    position_type = np.min_scalar_type(n - 1)
    seen = {attached.name: (attached.head, of_head) for attached, of_head in seen_by_heads(network, test, tested)}
    n_bytes = sum(position_type.itemsize + _result_bytes(of_head.y) for _, of_head in seen.values())
    for name, (head, of_head) in seen.items():
        kept = np.intersect1d(sample(digests[name], n, MAX_BYTES // n_bytes), predicted_rows(of_head))
        found[name] = Results.of(of_head.y, head.judged(of_head.prediction), kept.astype(position_type))
    return found


def sample(digest: str, n: int, size: int) -> np.ndarray:
    """The positions of `size` of `n` examples, at least 1, in their order; of all if there are no more.

    They depend on the digest of the examples alone, whatever is trained, and smaller samples are parts of larger ones.
    """
    # The legacy generator: its numbers are the same in every version of numpy.
    order = np.random.RandomState(int(digest[:8], 16)).permutation(n)
    return np.sort(order[: max(1, size)])


def _result_bytes(y: np.ndarray) -> int:
    """What the result of one example takes: 8 bytes for a number, else one for each decision."""
    return 8 if y.dtype.kind == "f" else y[0].size
