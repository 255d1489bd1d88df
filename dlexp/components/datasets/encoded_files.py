"""The user's cache folder of encoded data: where its files lie, how a split is stored in one, and how large all grow.

A file is whole or not there. It is only a copy: whatever is missing or damaged is encoded again, and all of it may be
deleted at any time.
"""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dlexp.components.data import Data, Split
from dlexp.components.datasets.words.sequences import Sequences
from dlexp.components.home import expanded, user_home
from dlexp.errors import in_one_line

log = logging.getLogger(__name__)

#: When all files together are larger, those that were not used for longest go.
MAX_BYTES = 2_000_000_000
#: Of the files of texts, and of tables.
SUFFIXES = ("npz", "table")
#: In `DLEXP_CACHE` instead of a folder: keep nothing.
OFF = "none"


def path_of(name: str, key: Sequence[Any], suffix: str) -> Path | None:
    """The file that is kept for a key; None if nothing is kept."""
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    where = folder()
    return where / f"{name}-{digest[:32]}.{suffix}" if where else None


def folder() -> Path | None:
    """`DLEXP_CACHE`, else `dlexp` in `XDG_CACHE_HOME` or `~/.cache`; None if switched off or without a home folder."""
    named = os.environ.get("DLEXP_CACHE")
    if named:
        return None if named == OFF else expanded(named, "DLEXP_CACHE")
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return expanded(cache, "XDG_CACHE_HOME") / "dlexp"
    home = user_home()
    return home and home / ".cache" / "dlexp"


def cached(
    path: Path | None,
    read: Callable[[Path], Data],
    encode: Callable[[], Data],
    write: Callable[[Path, Data], None],
) -> Data:
    """What `read` finds in a file of the cache; else what `encode` gives, which is then written there."""
    if path is None:
        return encode()
    data = found(path, read)
    if data is None:
        data = encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, data)
            _shrink(path.parent)
        except OSError as error:  # A full disk, a home that cannot be written to.
            log.warning(f"{path}: encoded data cannot be kept for the next time: {error.strerror}")
    return data


def found(path: Path, read: Callable[[Path], Data]) -> Data | None:
    """What `read` finds in a file; None if there is none, or it is damaged."""
    try:
        data = read(path)
    except FileNotFoundError:
        return None
    except Exception as error:  # A damaged file raises nearly anything.
        log.warning(f"{path}: damaged, encoded again ({in_one_line(error)})")
        return None
    with contextlib.suppress(OSError):  # A folder of somebody else's, or one that cannot be written to.
        os.utime(path)
    return data


def split_of(arrays: Mapping[str, Any], name: str) -> Split:
    """The split that was kept as arrays of this name."""
    parts = {key.removeprefix(f"{name}_"): arrays[key] for key in arrays if key.startswith(f"{name}_")}
    x: Any
    if "x" in parts:
        x = parts["x"]
    elif "ids" in parts:
        x = Sequences(parts["ids"], parts["lengths"])
        if x.lengths.sum() != len(x.ids):
            raise ValueError(f"{len(x.ids)} words for texts of {x.lengths.sum()}")
    else:
        x = csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
        x.check_format()  # In full: an index beyond the shape would be read and written beyond the memory.
        x.has_canonical_format = True  # As it was when it was written.
    return Split(x, parts["y"])


def arrays_of(split: Split, name: str) -> dict[str, Any]:
    """A split as arrays whose names begin with this one."""
    x: Any = split.x
    if isinstance(x, np.ndarray):
        parts = {"x": x}
    elif isinstance(x, Sequences):
        parts = {"ids": x.ids, "lengths": x.lengths}
    else:
        parts = {"data": x.data, "indices": x.indices, "indptr": x.indptr, "shape": np.array(x.shape)}
    return {f"{name}_{part}": array for part, array in {**parts, "y": split.y}.items()}


def _shrink(where: Path) -> None:
    """Remove the files that were not used for longest, until the others fit; never the newest."""
    known = []
    for path in (each for suffix in SUFFIXES for each in where.glob(f"*.{suffix}")):
        with contextlib.suppress(FileNotFoundError):  # Another process removed it.
            known.append((path.stat().st_mtime_ns, path.stat().st_size, path))
    total = 0
    for i, (_, size, path) in enumerate(sorted(known, reverse=True)):
        total += size
        if i and total > MAX_BYTES:
            path.unlink(missing_ok=True)
