"""The processor or the graphics card on which a process computes: told to TensorFlow before it computes anything.

Two runs of one experiment are to give the same bytes on a card too, and float32 is to be float32. TensorFlow is told
so; what it can then not compute at all, it refuses.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlexp.components.component import Misfit, Unfit
from dlexp.config.experiment import Device

#: Where Linux says which driver NVIDIA's cards have.
_DRIVER = Path("/proc/driver/nvidia/version")
#: What an operation says that has no deterministic form.
_REFUSED = re.compile(r"[^.\n]*\b(?:non)?determinis[^.\n]*", re.IGNORECASE)
KEY = "training.device"


def hide_from_tensorflow() -> None:
    """Have TensorFlow, which is not imported yet, look for no card: it takes some of its memory as it finds one."""
    if "tensorflow" not in sys.modules:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def use(device: Device) -> None:
    """Compute there; on the first of several cards.

    Raises:
        Unfit: There is no card.
        RuntimeError: TensorFlow has computed elsewhere already.
    """
    import tensorflow as tf

    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
        return
    cards = tf.config.list_physical_devices("GPU")
    if not cards:
        why = (
            f"TensorFlow {tf.__version__} sees no GPU here; it takes NVIDIA's driver and "
            f"`pip install 'tensorflow[and-cuda]'`. {KEY}=cpu trains on the processor, as another experiment"
        )
        raise Unfit(Misfit(KEY, why))
    tf.config.set_visible_devices(cards[:1], "GPU")
    # As much as a run needs, instead of all that the card has: several processes share it.
    tf.config.experimental.set_memory_growth(cards[0], True)
    tf.config.experimental.enable_op_determinism()
    # Else products of float32 are computed with 10 instead of 23 bits.
    tf.config.experimental.enable_tensor_float_32_execution(False)


def environment() -> dict[str, Any]:
    """The card on which this process computes, its driver and the CUDA of TensorFlow; nothing on the processor."""
    import tensorflow as tf

    cards = tf.config.get_visible_devices("GPU")
    if not cards:
        return {}
    details, built = tf.config.experimental.get_device_details(cards[0]), tf.sysconfig.get_build_info()
    card = {
        "name": details.get("device_name"),
        "compute_capability": ".".join(map(str, details.get("compute_capability", ()))),
        "driver": _driver(),
        "cuda": built.get("cuda_version"),
        "cudnn": built.get("cudnn_version"),
    }
    return {"gpu": {key: value for key, value in card.items() if value}}


def _driver() -> str:
    """Its version; empty where it is not known."""
    text = _DRIVER.read_text(errors="replace") if _DRIVER.is_file() else ""
    found = re.search(r"^NVRM version:.*?\s(\d+\.\d[\d.]*)\s", text, re.MULTILINE)
    return found[1] if found else ""


@contextmanager
def unrepeatable_named() -> Iterator[None]:
    """Within, an operation that has no deterministic form on a card is the fault of the key that chose the card.

    Raises:
        Unfit: There is one.
    """
    import tensorflow as tf

    try:
        yield
    except tf.errors.UnimplementedError as error:
        found = _REFUSED.search(error.message)
        if not found:
            raise
        why = (
            f"two such trainings on a GPU would not give the same numbers: {found[0].strip()}. Leave out the layer "
            f"that needs it, or set {KEY}=cpu"
        )
        raise Unfit(Misfit(KEY, why)) from error
