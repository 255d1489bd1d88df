"""How TensorFlow starts: with how many threads for it and the BLAS below it, and without what no run uses."""

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

#: Read by OpenMP, OpenBLAS, MKL and TensorFlow when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

#: Keras imports these if they are there, for plots, wrappers and tables that no run uses: a third of its start.
UNUSED = ("matplotlib", "pandas", "sklearn")


def set_threads(n: int) -> None:
    """Make this process compute with `n` threads.

    Raises:
        RuntimeError: TensorFlow was already started with another number.
    """
    if "tensorflow" not in sys.modules:
        os.environ.update({variable: str(n) for variable in VARIABLES})
        _import_tensorflow()
    import tensorflow as tf

    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != n or threading.get_inter_op_parallelism_threads() != n:
        threading.set_intra_op_parallelism_threads(n)
        threading.set_inter_op_parallelism_threads(n)


@contextmanager
def hidden(names: Iterable[str]) -> Iterator[None]:
    """Importing these raises ImportError, as if they were not installed; what was imported before stays."""
    absent: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _import_tensorflow() -> None:
    gc.disable()  # A million objects that all stay: nothing to collect, now or later.
    try:
        with hidden(UNUSED):
            import tensorflow  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
