"""The user's settings of Keras: read by nobody, and named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import pytest

from dlexp.components import keras_settings
from dlexp.errors import UserError
from dlexp.records.index import read, scan

#: 20 images of 6 x 6 pixels with 3 colours; a network of 177 parameters, of 237 where the colours came first.
CONVOLUTION = """
dataset: {type: npz, path: images.npz, task: binary, standardize: false}
model:
  type: layers
  layers: [{Reshape: {target_shape: [6, 6, 3]}}, {Conv2D: {filters: 4, kernel_size: 3}}, Flatten]
training: {epochs: 1}
"""
OTHERS = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1, "backend": "torch"}


def settings(folder: Path, content: Any) -> Path:
    """A folder as KERAS_HOME, with a settings file in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keras.json").write_text(json.dumps(content))
    return folder


def with_settings(tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose every setting of Keras is another."""
    home = settings(tmp_path / "keras", OTHERS)
    return {**os.environ, "KERAS_HOME": str(home), "KERAS_BACKEND": "jax"}


def dlexp(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of that user."""
    import numpy as np

    rng = np.random.default_rng(0)
    x, y = rng.random((20, 6, 6, 3), np.float32), np.arange(20) % 2
    np.savez(tmp_path / "images.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    (tmp_path / "images.yaml").write_text(CONVOLUTION)
    return subprocess.run(
        [sys.executable, "-m", "dlexp", *words],
        cwd=tmp_path,
        env=with_settings(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.training
def test_a_run_follows_no_settings_of_keras(tmp_path: Path) -> None:
    """The network is that of everybody else; what was ignored is said on the terminal once, and in the log."""
    done = dlexp(tmp_path, "run", "images.yaml", "--seeds", "2")

    assert done.returncode == 0, done.stderr
    path = tmp_path / "keras" / "keras.json"
    said = (
        f"trained with Keras's defaults; ignored: image_data_format channels_first ({path}), floatx float16 ({path}), "
        f"epsilon 0.1 ({path}), backend torch ({path}), backend jax (KERAS_BACKEND)"
    )
    assert done.stderr.count(said) == 1
    runs = [read(run_dir) for run_dir in scan(tmp_path / "runs")]
    # (3 x 3 x 3 + 1) x 4 of the convolution, (4 x 4 x 4) + 1 of the head.
    assert [run.result.parameters for run in runs] == [177, 177]
    assert all(said in run.dir.log_path.read_text() for run in runs)
    assert json.loads(path.read_text()) == OTHERS


@pytest.mark.slow
def test_a_preview_and_predictions_follow_none_either(tmp_path: Path) -> None:
    """Every process that imports Keras: the layers of a dry run, and the saved model that is asked."""
    preview = dlexp(tmp_path, "run", "images.yaml", "--dry-run")
    dlexp(tmp_path, "run", "images.yaml")
    predicted = dlexp(tmp_path, "predict", "images", "test")

    assert "177 parameters" in preview.stdout
    assert (predicted.returncode, predicted.stdout.count("\n")) == (0, 21)


def test_defaults_and_damaged_files_are_not_worth_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that says what is done anyway, one that Keras cannot read, and none; nor does a pipe hang."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for i, content in enumerate((keras_settings.DEFAULTS, {}, ["floatx"], "floatx")):
        monkeypatch.setenv("KERAS_HOME", str(settings(tmp_path / str(i), content)))
        assert keras_settings.ignored() == ""
    (tmp_path / "0" / "keras.json").write_bytes(b"{\xff")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "0"))
    assert keras_settings.ignored() == ""
    (tmp_path / "0" / "keras.json").unlink()
    os.mkfifo(tmp_path / "0" / "keras.json")
    assert keras_settings.ignored() == ""


def test_what_a_process_changed_is_set_back() -> None:
    """A run does not depend on what ran before it, nor on what a script said before its workers read it again."""
    keras.config.set_floatx("float64")
    keras.config.set_epsilon(0.5)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")

    keras_settings.reset()

    found = keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()
    assert (*found, keras.config.dtype_policy().name) == ("float32", 1e-7, "channels_last", "float32")


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be changed any more once Keras is imported: by a script, which every worker reads again."""
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")

    with pytest.raises(
        UserError, match=r"^Keras was imported with the backend jax, and dlexp trains with tensorflow; "
    ):
        keras_settings.reset()


def test_the_environment_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only while Keras is imported are its variables others; its folder stays where own code looks for data sets."""
    from keras.src.backend import config

    monkeypatch.setattr(config, "_KERAS_DIR", config._KERAS_DIR)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "3")
    before = dict(os.environ)

    with keras_settings.unread():
        within = {name: value for name, value in os.environ.items() if name.startswith("KERAS_")}

    assert within == {"KERAS_HOME": os.devnull, "KERAS_BACKEND": "tensorflow"}
    assert dict(os.environ) == before
    assert config.keras_home() == str(tmp_path / "keras")
    assert (tmp_path / "keras").is_dir()
