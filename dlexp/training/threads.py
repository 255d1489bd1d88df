"""How TensorFlow starts: with how many threads for it and the BLAS below it, and without what no run uses."""

import gc
import os
import sys
from typing import Any

#: Read by OpenMP, OpenBLAS, MKL and TensorFlow when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

#: Keras imports these if they are there, for plots and wrappers that no run uses: a third of TensorFlow's start.
UNUSED = ("matplotlib", "sklearn")


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


def _import_tensorflow() -> None:
    absent: dict[str, Any] = {name: None for name in UNUSED if name not in sys.modules}
    sys.modules.update(absent)  # None: importing it raises ImportError.
    gc.disable()  # A million objects that all stay: nothing to collect.
    try:
        import tensorflow  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
        for name in absent:
            del sys.modules[name]
