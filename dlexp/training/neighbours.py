"""What the nearest neighbours of examples say of their targets: whether these belong to the inputs at all."""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import issparse

from dlexp.components.data import Array, Info, Inputs, Split

#: How many neighbours decide.
N_NEIGHBOURS = 5


def neighbours_say(train: Split, held_out: Split, info: Info) -> Mapping[str, Array]:
    """By target what the neighbours' targets give for the examples held out: the most frequent one, or the mean.

    Nothing for word indices, between which there is no distance.
    """
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    if info.inputs == "word_ids":
        return {}
    a, b = _scaled(train.x, held_out.x)
    found = {}
    for name, target in (info.targets or {"": info}).items():
        kind = KNeighborsRegressor if target.n_classes is None else KNeighborsClassifier
        n = min(N_NEIGHBOURS, len(train))
        found[name] = (
            kind(n, metric="cosine" if issparse(a) else "euclidean").fit(a, info.y_of(name, train.y)).predict(b)
        )
    return found


def _scaled(train: Inputs, held_out: Inputs) -> tuple[Inputs, Inputs]:
    """Flat, and dense features with the same deviation each."""
    if issparse(train):
        return train, held_out
    from sklearn.preprocessing import StandardScaler

    a, b = (np.reshape(x, (len(x), -1)).astype(np.float64) for x in (train, held_out))
    scaler = StandardScaler().fit(a)
    return scaler.transform(a), scaler.transform(b)
