"""Keras with its own defaults: the user's settings of it change numbers, and are not part of an experiment.

Keras reads `~/.keras/keras.json` and variables such as `KERAS_BACKEND` while it is imported.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlexp.components.home import expanded, user_home
from dlexp.errors import UserError

#: What every training process computes with.
DEFAULTS: dict[str, Any] = {
    "backend": "tensorflow",
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
}


def home() -> Path:
    """Keras's folder, with its settings and downloads; below /tmp, as for Keras, where there is no home folder."""
    if named := os.environ.get("KERAS_HOME"):
        return expanded(named, "KERAS_HOME")
    return (user_home() or Path("/tmp")) / ".keras"


@contextmanager
def unread() -> Iterator[None]:
    """What is imported within finds Keras's defaults, whatever the user's settings say.

    The folder itself is the same afterwards: own code may load `keras.datasets` from it.
    """
    folder = home()
    names = [name for name in os.environ if name.startswith("KERAS_") or name == "TF_USE_LEGACY_KERAS"]
    saved = {name: os.environ.pop(name) for name in names}
    # Below the null device there is no keras.json, and none can be made.
    os.environ |= {"KERAS_HOME": os.devnull, "KERAS_BACKEND": DEFAULTS["backend"]}
    try:
        yield
        from keras.src.backend import config

        config._KERAS_DIR = str(folder)
    finally:
        del os.environ["KERAS_HOME"], os.environ["KERAS_BACKEND"]
        os.environ |= saved
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)  # As Keras does; else it would download to another place.


def reset() -> None:
    """Give Keras its defaults, whoever changed them in this process; UserError if its backend is another."""
    import keras
    import tensorflow as tf

    if (backend := keras.config.backend()) != DEFAULTS["backend"]:
        raise UserError(
            f"Keras was imported with the backend {backend}, and dlexp trains with {DEFAULTS['backend']}; import it "
            'below `if __name__ == "__main__":`'
        )
    keras.config.set_floatx(DEFAULTS["floatx"])
    keras.config.set_epsilon(DEFAULTS["epsilon"])
    keras.config.set_image_data_format(DEFAULTS["image_data_format"])
    keras.config.set_dtype_policy(DEFAULTS["floatx"])
    tf.config.run_functions_eagerly(False)


def changed() -> str:
    """What in this process is no default of Keras's, such as `floatx float64`; empty if nothing has changed."""
    import keras
    import tensorflow as tf

    now = {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
    }
    found = [f"{key} {value}" for key, value in now.items() if value != DEFAULTS[key]]
    if (policy := keras.config.dtype_policy().name) not in (now["floatx"], DEFAULTS["floatx"]):
        found.append(f"dtype policy {policy}")
    if tf.config.functions_run_eagerly():
        found.append("run_functions_eagerly True")
    return ", ".join(found)


def ignored() -> str:
    """A line that names the user's settings that no training follows; empty where they are the defaults."""
    path, settings = home() / "keras.json", None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        settings = json.loads(path.read_bytes()) if path.is_file() else None
    settings = settings if isinstance(settings, dict) else {}
    found = [f"{key} {value} ({path})" for key, value in settings.items() if value != DEFAULTS.get(key, value)]
    if (backend := os.environ.get("KERAS_BACKEND")) not in (None, "", DEFAULTS["backend"]):
        found.append(f"backend {backend} (KERAS_BACKEND)")
    return f"trained with Keras's defaults; ignored: {', '.join(found)}" if found else ""
