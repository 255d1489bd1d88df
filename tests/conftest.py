"""Fixtures that several test files share."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from dlexp.cli import main
from dlexp.config.experiment import Experiment

#: Runs `dlexp` with these words; gives its exit code, stdout and stderr.
Invoke = Callable[..., tuple[int, str, str]]


# How long an example takes says nothing of the code: machines are shared.
hypothesis.settings.register_profile("dlexp", deadline=None)
hypothesis.settings.load_profile("dlexp")


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test touches the user's cache."""
    os.environ["DLEXP_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return Path(os.environ["DLEXP_CACHE"])


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests that train have one thread, whatever test used TensorFlow first: it cannot be changed afterwards."""
    if "tensorflow" in sys.modules:  # Some of the tests that were collected need it.
        from dlexp.training.threads import set_threads

        set_threads(1)


@pytest.fixture(scope="session", autouse=True)
def answers_to_ctrl_c() -> None:
    """A shell's job in the background ignores it, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the real data, or the test is skipped."""
    named = os.environ.get("DLEXP_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "imdb.npz").exists():
        pytest.skip("needs the real data: set DLEXP_DATA to a folder with imdb.npz and reuters.npz")
    return folder.resolve()


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command in this process and in the current directory."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dlexp", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def keras_optimizer(config: Experiment) -> Any:
    """The optimizer that a script would name: none of our kernels in it."""
    import keras

    settings = config.optimizer.model_dump(exclude={"type"})
    return getattr(keras.optimizers, type(config.optimizer).__name__)(**settings)
