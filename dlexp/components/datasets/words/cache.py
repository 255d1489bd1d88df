"""Encoded texts, kept in the user's cache folder: reading Keras's lists again takes ten times as long.

One file for each data file and encoding, whole or not there, and checked by the archive's own checksums. It is only a
copy: whatever is missing or damaged is encoded again, and all of it may be deleted at any time.
"""

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dlexp import regular_files
from dlexp.components.data import Data, Split
from dlexp.components.datasets.words.sequences import Sequences
from dlexp.components.home import expanded, user_home

log = logging.getLogger(__name__)

#: Part of every key: raise it when the encoding or the layout of the files changes.
FORMAT = 1

#: When all files together are larger, those that were not used for longest go.
MAX_BYTES = 2_000_000_000

#: In `DLEXP_CACHE` instead of a folder: keep nothing.
OFF = "none"


def cached(name: str, key: list[Any], encode: Callable[[], Data]) -> Data:
    """What `encode` gives, from the cache if it is there.

    Args:
        name: How the file's name starts.
        key: All that the result depends on: the data's digest, the settings.
        encode: Reads and encodes the data: CSR or dense arrays or whole texts, without an `info`.
    """
    folder = _folder()
    if folder is None:
        return encode()
    digest = hashlib.sha256(json.dumps([FORMAT, *key]).encode()).hexdigest()
    path = folder / f"{name}-{digest[:32]}.npz"
    data = _read(path)
    if data is None:
        data = encode()
        try:
            _write(path, data)
            _shrink(folder)
        except OSError as error:  # A full disk, a home that cannot be written to.
            log.warning(f"{path}: encoded data cannot be kept for the next time: {error.strerror}")
    return data


def _folder() -> Path | None:
    """`DLEXP_CACHE`, else `dlexp` in `XDG_CACHE_HOME` or `~/.cache`; None if switched off or without a home folder."""
    named = os.environ.get("DLEXP_CACHE")
    if named:
        return None if named == OFF else expanded(named, "DLEXP_CACHE")
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return expanded(cache, "XDG_CACHE_HOME") / "dlexp"
    home = user_home()
    return home and home / ".cache" / "dlexp"


def _read(path: Path) -> Data | None:
    try:
        # numpy reads each array to its end, and zipfile then compares its checksum.
        with regular_files.opened(path) as file, np.load(file, allow_pickle=False) as arrays:
            data = Data(_split(arrays, "train"), _split(arrays, "test"))
        os.utime(path)
    except FileNotFoundError:
        return None
    except Exception as error:  # A damaged archive raises nearly anything.
        log.warning(f"{path}: damaged, encoded again ({' '.join(str(error).split()) or type(error).__name__})")
        return None
    return data


def _split(arrays: Any, name: str) -> Split:
    if f"{name}_x" in arrays:
        return Split(arrays[f"{name}_x"], arrays[f"{name}_y"])
    if f"{name}_ids" in arrays:
        whole: Any = Sequences(arrays[f"{name}_ids"], arrays[f"{name}_lengths"])
        if whole.lengths.sum() != len(whole.ids):
            raise ValueError(f"{len(whole.ids)} words for texts of {whole.lengths.sum()}")
        return Split(whole, arrays[f"{name}_y"])
    parts = arrays[f"{name}_data"], arrays[f"{name}_indices"], arrays[f"{name}_indptr"]
    x = csr_array(parts, shape=tuple(arrays[f"{name}_shape"]))
    x.check_format()  # In full: an index beyond the shape would be read and written beyond the memory.
    x.has_canonical_format = True  # As it was when it was written.
    return Split(x, arrays[f"{name}_y"])


def _arrays(split: Split, name: str) -> dict[str, Any]:
    x: Any = split.x
    if isinstance(x, np.ndarray):
        return {f"{name}_x": x, f"{name}_y": split.y}
    if isinstance(x, Sequences):
        return {f"{name}_ids": x.ids, f"{name}_lengths": x.lengths, f"{name}_y": split.y}
    return {
        f"{name}_data": x.data,
        f"{name}_indices": x.indices,
        f"{name}_indptr": x.indptr,
        f"{name}_shape": np.array(x.shape),
        f"{name}_y": split.y,
    }


def _write(path: Path, data: Data) -> None:
    """Under a name of its own, then renamed: of several writers one wins, and no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.suffix, delete=False) as file:
        beside = Path(file.name)
        try:
            np.savez(file, **_arrays(data.train, "train"), **_arrays(data.test, "test"))
            file.close()
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _shrink(folder: Path) -> None:
    """Remove the files that were not used for longest, until the others fit; never the newest."""
    known = []
    for path in folder.glob("*.npz"):
        with contextlib.suppress(FileNotFoundError):  # Another process removed it.
            known.append((path.stat().st_mtime_ns, path.stat().st_size, path))
    total = 0
    for i, (_, size, path) in enumerate(sorted(known, reverse=True)):
        total += size
        if i and total > MAX_BYTES:
            path.unlink(missing_ok=True)
