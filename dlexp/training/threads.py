"""How many threads TensorFlow and the BLAS below it use: set once a process, before either starts."""

import os
import sys

#: Read by OpenMP, OpenBLAS, MKL and TensorFlow when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def set_threads(n: int) -> None:
    """Make this process compute with `n` threads.

    Raises:
        RuntimeError: TensorFlow was already started with another number.
    """
    if "tensorflow" not in sys.modules:
        os.environ.update({variable: str(n) for variable in VARIABLES})
    import tensorflow as tf

    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != n or threading.get_inter_op_parallelism_threads() != n:
        threading.set_intra_op_parallelism_threads(n)
        threading.set_inter_op_parallelism_threads(n)
