"""An unpickler for arrays, lists, dictionaries and plain values that runs no code from the file."""

import gc
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

#: What numpy's pickles of arrays name, in every protocol and before and after numpy 2.
_ADMITTED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),  # bytes, up to protocol 2
}


class Refused(pickle.UnpicklingError):
    """A pickle names something that no data needs."""


def load(file: IO[bytes], encoding: str = "ASCII") -> Any:
    """The next pickle of a file; `encoding` is that of Python 2's strings, "bytes" to keep them as they are.

    Raises:
        Refused: It would call anything but what rebuilds arrays.
        Exception: It is damaged: a damaged pickle raises nearly anything.
    """
    with _no_garbage_collection():
        return _DataUnpickler(file, encoding=encoding).load()


class _DataUnpickler(pickle.Unpickler):
    """Rebuilds arrays and Python's own containers and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise Refused(f"{module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Searching the growing lists for cycles again and again takes as long as reading them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
