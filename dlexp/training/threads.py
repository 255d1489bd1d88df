"""How TensorFlow and Keras start: with how many threads, with Keras's defaults."""

import gc
import os
import sys

from dlexp.components import keras_settings
from dlexp.config.experiment import Device
from dlexp.training.device import hide_from_tensorflow, use
from dlexp.training.late_imports import import_tensorflow
from dlexp.training.stages import enter

#: Read by OpenMP, OpenBLAS, MKL and TensorFlow when they are loaded.
VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def set_threads(n: int, device: Device = "cpu") -> None:
    """Make this process compute with `n` threads, on one kind of device, and with Keras's defaults.

    Raises:
        RuntimeError: TensorFlow was already started with another number, or on another device.
        Unfit: There is no such device.
        UserError: Keras was already imported with another backend.
    """
    if "tensorflow" not in sys.modules:
        os.environ.update({variable: str(n) for variable in VARIABLES})
    start(device)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(n)
    tf.config.threading.set_inter_op_parallelism_threads(n)
    if device == "cpu":
        # Rewriting a graph before its first call takes longer than it saves in a small model's whole training, and
        # saves large ones nothing: what they compute is left to the same kernels.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def start(device: Device = "cpu") -> None:
    """Import TensorFlow and Keras, unless they are there, and give Keras its defaults; raises as `set_threads`."""
    if device == "cpu":
        hide_from_tensorflow()
    try:
        if "tensorflow" not in sys.modules:
            enter("starting TensorFlow")
            gc.disable()  # A million objects that all stay: nothing to collect, now or later.
            with keras_settings.unread():
                import_tensorflow()
            gc.freeze()
    finally:  # A worker collects nothing before this, also where the user's own script has imported TensorFlow.
        gc.enable()
    use(device)
    keras_settings.reset()
