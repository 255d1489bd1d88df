"""Where a run took place: all that could explain other numbers."""

import os
import platform
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dlexp.machine import host
from dlexp.training import device
from dlexp.version import VERSION

#: Distributions whose version can change a number.
DISTRIBUTIONS = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn")
#: Variables with which TensorFlow, XLA, oneDNN, the BLAS, numpy, CUDA or the C library compute other numbers. No more
#: than these: Terraform's variables begin with TF_ too, and hold secrets.
FLAGS = re.compile(
    r"TF_(AUTOTUNE|CUDNN|DETERMINISTIC|DISABLE|ENABLE|ONEDNN|OVERRIDE|SET_ONEDNN|USE_CU|XLA)\w*"
    r"|(XLA|ONEDNN|DNNL|MKL|OPENBLAS|BLIS|CUBLAS|CUDNN|NPY|NVIDIA_TF32)_\w+"
    r"|OMP_DYNAMIC|KMP_DETERMINISTIC_REDUCTION|GLIBC_TUNABLES"
)
#: Those of them that only say something, or that `set_threads` sets.
NO_FLAGS = re.compile(r"\w*(VERBOSE|LOG|NUM_THREADS)\w*")
#: Instruction sets for which the libraries have kernels of their own, as Linux names them.
INSTRUCTIONS = re.compile(r"sse4_2|avx|avx2|fma|f16c|avx512\w*|avx_vnni|amx_\w+|asimd\w*|sve\w*|bf16|i8mm")


def versions() -> dict[str, str]:
    """The versions of dlexp, Python and the libraries that compute."""
    of_libraries = {name: _installed(name) for name in DISTRIBUTIONS}
    return {"dlexp": VERSION, "python": platform.python_version(), **of_libraries}


@cache
def _installed(distribution: str) -> str:
    """Its version; that of what is imported stays, whatever is installed meanwhile."""
    return version(distribution)


def environment(threads: int) -> dict[str, Any]:
    """Versions, platform, processor and the settings of TensorFlow in this process."""
    import tensorflow as tf

    return {
        **here(),
        "host": host(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "devices": [each.name for each in tf.config.get_visible_devices()],
        **device.environment(),
    }


def here() -> dict[str, Any]:
    """What of it is known without TensorFlow."""
    path = Path("/proc/cpuinfo")  # Of Linux, processor by processor.
    first = path.read_text(errors="replace").partition("\n\n")[0] if path.is_file() else ""
    cpu = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    features = (cpu.get("flags") or cpu.get("Features") or "").split()
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "processor": cpu.get("model name") or platform.processor() or platform.machine(),
        "instructions": " ".join(sorted(filter(INSTRUCTIONS.fullmatch, features))),
        "flags": flags(),
    }


def flags() -> dict[str, str]:
    """The variables with which the libraries compute other numbers, of those that are set."""
    names = sorted(name for name in os.environ if FLAGS.fullmatch(name) and not NO_FLAGS.fullmatch(name))
    return {name: os.environ[name] for name in names}
