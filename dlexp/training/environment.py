"""Where a run took place: all that could explain other numbers."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Distributions whose version can change a number.
DISTRIBUTIONS = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn")


def versions() -> dict[str, str]:
    """The versions of dlexp, Python and the libraries that compute."""
    import dlexp

    found = {"dlexp": dlexp.__version__, "python": platform.python_version()}
    return found | {name: version(name) for name in DISTRIBUTIONS}


def environment(threads: int) -> dict[str, Any]:
    """Versions, platform, processor and the settings of TensorFlow in this process."""
    import tensorflow as tf

    return {
        "versions": versions(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "devices": [device.name for device in tf.config.list_physical_devices()],
    }


def _processor() -> str:
    """The processor's model: Linux tells it in a file of its own."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
