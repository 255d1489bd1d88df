"""A check that several test files of data sets share."""

from pathlib import Path
from typing import Any

import numpy as np

from dlexp.components import snapshot
from dlexp.components.datasets.dataset import Dataset


def assert_loads_what_was_digested(dataset: Dataset, folder: Path, data_dir: Path | None = None) -> None:
    """Every file in a folder is overwritten after the digest was taken: what is loaded are the bytes before.

    Nor does loading read a file that the digest is not of.
    """
    expected, digest = dataset.load(data_dir), dataset.digest(data_dir)

    with snapshot.taken():
        assert dataset.digest(data_dir) == digest
        digested = snapshot.paths()
        for path in filter(Path.is_file, folder.rglob("*")):
            path.write_bytes(b"other bytes")
        found = dataset.load(data_dir)
        assert snapshot.paths() == digested

    for part in ("train", "test"):
        then, now = getattr(expected, part), getattr(found, part)
        assert np.array_equal(dense(then.x), dense(now.x))
        assert np.array_equal(then.y, now.y)


def dense(x: Any) -> np.ndarray:
    """Rows as an array."""
    return x if isinstance(x, np.ndarray) else x.toarray()
