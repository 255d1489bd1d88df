"""Fixtures that several test files share."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from archives import ragged
from commands import Invoke

import dlexp.execution.script  # noqa: F401 (Before a test puts another engine in place of the one it imports.)
from dlexp.cli import main
from dlexp.components.datasets import Imdb

pytest_plugins = ["training_marker"]

# How long an example takes says nothing of the code: machines are shared.
hypothesis.settings.register_profile("dlexp", deadline=None)
hypothesis.settings.load_profile("dlexp")


def pytest_sessionstart() -> None:
    """What test files import stays: nobody looks for garbage among it."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor while tests run."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test touches the user's cache."""
    os.environ["DLEXP_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return Path(os.environ["DLEXP_CACHE"])


@pytest.fixture(scope="session", autouse=True)
def nothing_waits_for_the_disk() -> Iterator[None]:
    """Tests that simulate a power cut note what is synced, in which order; no other test loses power."""

    def fsync(descriptor: int) -> None:
        os.fstat(descriptor)  # A file that is closed is refused, as by the disk.

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests that train have one thread, whatever test used TensorFlow first: it cannot be changed afterwards."""
    if "tensorflow" in sys.modules:  # Some of the tests that were collected need it.
        from dlexp.training.threads import set_threads

        set_threads(1)


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """Commands that tests start train one run at a time, as in a SLURM job with one core: other tests need the rest."""
    os.environ["SLURM_CPUS_PER_TASK"] = "1"


@pytest.fixture(scope="session", autouse=True)
def plain_pipe() -> None:
    """What is expected of an output has no colour, in continuous integration neither, and the width of a pipe.

    pytest-xdist gives its workers 80 columns, whatever the terminal. So does readline, which pytest imports, to all
    processes that are started, and `os.environ` does not show it.
    """
    os.environ.pop("FORCE_COLOR", None)
    os.environ.pop("COLUMNS", None)
    os.unsetenv("COLUMNS")


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
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would train fails."""

    def fail(*_: object) -> None:
        raise AssertionError("a run is trained")

    monkeypatch.setattr("dlexp.execution.pool.Pool", fail)


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command in this process and in the current directory."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dlexp", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def small_imdb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with an IMDB of 3 + 2 reviews, which the class then expects."""
    monkeypatch.setattr(Imdb, "n_train", 3)
    monkeypatch.setattr(Imdb, "n_test", 2)
    np.savez(
        tmp_path / "imdb.npz",
        x_train=ragged([[1, 5, 5, 20], [], [2, 7, 1]]),
        y_train=np.array([0, 1, 0]),
        x_test=ragged([[9], [8]]),
        y_test=np.array([0, 1]),
    )
    return tmp_path
