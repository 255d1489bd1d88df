"""What the best constant prediction scores, the same for all examples: by each metric for which that is known."""

from dlexp.components.data import Array


def shares_of(y: Array) -> Array:
    """The share of each class that is there, or of each label, the largest first."""
    import numpy as np

    return np.sort(y.mean(axis=0) if y.ndim == 2 else np.unique(y, return_counts=True)[1] / len(y))[::-1]


def accuracy(y: Array) -> float:
    """What the most frequent class scores; of multilabel data, the more frequent answer for each label."""
    shares = shares_of(y)
    return float(shares.clip(min=1 - shares).mean()) if y.ndim == 2 else float(shares[0])


def exact_match(y: Array) -> float:
    """What the most frequent set of labels scores."""
    import numpy as np

    return float(np.unique(y, axis=0, return_counts=True)[1].max() / len(y))


def f1_macro(y: Array) -> float:
    """What one class for all scores, 2 share / (1 + share) for it and 0 for the others; or every label for all."""
    shares = shares_of(y)
    f1 = 2 * shares / (1 + shares)
    return float(f1.mean()) if y.ndim == 2 else float(f1[0] / len(f1))


def f1_micro(y: Array) -> float:
    """What the most frequent class scores, or the best number of most frequent labels."""
    import numpy as np

    shares = shares_of(y)
    if y.ndim != 2:
        return float(shares[0])
    given = np.arange(1, len(shares) + 1)
    # 2 TP / (TP + FP + TP + FN), each as a share of the examples.
    return float((2 * shares.cumsum() / (given + shares.sum())).max())


def class_mae(y: Array) -> float:
    """What the class in the middle scores."""
    import numpy as np

    return float(abs(y - np.sort(y)[(len(y) - 1) // 2]).mean())


def mae(y: Array) -> float:
    """What the median scores."""
    import numpy as np

    return float(abs(y.astype("float64") - np.median(y)).mean())
