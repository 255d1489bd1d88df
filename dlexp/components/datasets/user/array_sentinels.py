"""Numbers in arrays that seem to stand for missing values: `np.savez` and `filled` make some of what was masked."""

from collections.abc import Iterator

import numpy as np

from dlexp.components.data import Array
from dlexp.components.datasets.user.number_columns import SENTINELS, sentinel
from dlexp.components.remarks import Remark
from dlexp.format import plural

#: Numpy's own fill value of fractions; that of whole numbers is 999999.
KNOWN = SENTINELS | {1e20}


def remarks(origin: str, what: str, train: Array, test: Array) -> Iterator[Remark]:
    """Of each column of both splits' numbers, `(n, columns)`, a sentinel far from all others; `what` a column is."""
    if train.dtype.kind not in "iuf" or train.shape[1:] != test.shape[1:]:
        return
    extremes = [extreme(axis=0) for each in (train, test) for extreme in (each.min, each.max)]
    for k in np.flatnonzero(np.isin(extremes, list(KNOWN)).any(axis=0)):
        values = np.concatenate([train[:, k], test[:, k]]).astype(np.float64)
        if found := sentinel(values, KNOWN):
            n = plural(int((values == found).sum()), "example")
            far = f"{found:g} in {n} lies far from all others, as what stands for a missing value does"
            place = f"{origin}: {what}" + f" {k}" * (train.shape[1] > 1)
            yield Remark(rule="sentinel", place=place, found=f"{far}; leave such examples out, or fill it")
