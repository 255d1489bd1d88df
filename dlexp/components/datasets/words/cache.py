"""Encoded texts, kept in the user's cache folder: reading Keras's lists again takes ten times as long.

One file for each data file and encoding, checked by the archive's own checksums.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlexp import regular_files
from dlexp.components.data import Data
from dlexp.components.datasets import encoded_files
from dlexp.components.datasets.encoded_files import arrays_of, path_of, split_of
from dlexp.whole_files import replacing

#: Part of every key: raise it when the encoding or the layout of the files changes.
FORMAT = 1


def cached(name: str, key: list[Any], encode: Callable[[], Data]) -> Data:
    """What `encode` gives (CSR or dense arrays or whole texts, without an `info`), from the cache if it is there.

    The file's name starts with `name`; on the `key` all depends: the data's digest, the settings.
    """
    return encoded_files.cached(path_of(name, [FORMAT, *key], "npz"), read, encode, write)


def read(path: Path) -> Data:
    """What a file has; each array is read to its end, and zipfile then compares its checksum."""
    with regular_files.opened(path) as file, np.load(file, allow_pickle=False) as arrays:
        return Data(split_of(arrays, "train"), split_of(arrays, "test"))


def write(path: Path, data: Data) -> None:
    """Keep both splits."""
    with replacing(path) as new:
        np.savez(new, **arrays_of(data.train, "train"), **arrays_of(data.test, "test"))
