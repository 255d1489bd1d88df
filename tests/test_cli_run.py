"""`dlexp run` as a user types it: one worker process, real records."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def dlexp(*words: object, cwd: Path = ROOT, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command and wait for it."""
    command = [sys.executable, "-m", "dlexp", *map(str, words)]
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
        check=False,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Path, subprocess.CompletedProcess[str]]":
    """Three configs, one of which diverges, with two seeds, in one command."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 3}\n")
    (folder / "iris_sgd.yaml").write_text("extends: iris.yaml\noptimizer: sgd\n")
    (folder / "wild.yaml").write_text(
        "dataset: diabetes\nhead: {standardize_target: false}\noptimizer: {type: sgd, learning_rate: 100.0}\n"
    )
    result = dlexp("run", "iris.yaml", "wild.yaml", "iris_sgd.yaml", "--seeds", 2, cwd=folder)
    return folder, result


def test_run_trains_every_config_with_every_seed(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]",
) -> None:
    """One failed run does not stop the others; the last lines say which failed; exit code 1."""
    folder, result = trained

    assert result.returncode == 1
    summaries = sorted(path.relative_to(folder).parts[1:3] for path in folder.glob("runs/*/*/summary.json"))
    assert [(name, run[:3]) for name, run in summaries] == [
        ("iris", "s0-"),
        ("iris", "s1-"),
        ("iris_sgd", "s0-"),
        ("iris_sgd", "s1-"),
    ]
    last = result.stderr.splitlines()[-3:]
    assert last[0] == "2 failed:"
    assert all("diverged: loss is" in line and "wild" in line for line in last[1:])
    assert len(result.stdout.splitlines()) == 4
    assert (folder / "runs" / "summary.csv").read_text().count("\n") == 5


def test_worker_says_nothing_on_the_commands_own_streams(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]",
) -> None:
    """TensorFlow's chatter is in the run's log alone."""
    folder, result = trained

    assert "tensorflow" not in (result.stdout + result.stderr).lower()
    assert all("wild" in line or "iris" in line or "failed" in line for line in result.stderr.splitlines() if line)
    (log,) = folder.glob("runs/iris/s0-*/log.txt")
    assert "epoch 3/3" in log.read_text()


def test_run_again_trains_nothing(trained: "tuple[Path, subprocess.CompletedProcess[str]]") -> None:
    """What is finished, and what diverged, is shown and not trained again, under another name too."""
    folder, _ = trained
    (folder / "same.yaml").write_text("# the same experiment\ntraining: {epochs: 3}\ndataset: {type: iris}\n")
    before = sorted(folder.glob("runs/*/*"))

    result = dlexp("run", "same.yaml", "wild.yaml", cwd=folder)

    assert sorted(folder.glob("runs/*/*")) == before
    assert result.returncode == 1
    assert "done before" in result.stderr
    assert result.stdout.startswith(f"runs{os.sep}iris{os.sep}s0-")


def test_force_trains_into_a_new_directory_with_equal_bytes(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]",
) -> None:
    """`--force` leaves the first run as it is; the second, in another process, has the same history to the byte."""
    folder, _ = trained

    result = dlexp("run", "iris.yaml", "--force", cwd=folder)

    assert result.returncode == 0
    first, second = sorted(folder.glob("runs/iris/s0-*"))
    assert second.name == f"{first.name}-2"
    assert without_seconds(first) == without_seconds(second)


def without_seconds(run: Path) -> list[str]:
    """The rows of a history without its second column."""
    rows = [line.split(",") for line in (run / "history.csv").read_text().splitlines()]
    return [",".join([row[0], *row[2:]]) for row in rows]


def test_two_workers_give_the_bytes_of_one(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]", tmp_path: Path
) -> None:
    """The number of workers changes no number; threads other than 1 get a process of their own."""
    folder, _ = trained

    result = dlexp(
        "run",
        "iris.yaml",
        "iris_sgd.yaml",
        "--seeds",
        2,
        "--workers",
        2,
        "--runs-dir",
        tmp_path / "other",
        cwd=folder,
    )

    assert result.returncode == 0
    for run in (tmp_path / "other").glob("*/s*"):
        assert without_seconds(run) == without_seconds(folder / "runs" / run.parent.name / run.name)


def test_interrupt_leaves_readable_records_and_exits_130(tmp_path: Path) -> None:
    """Ctrl-C: the epochs so far can be read, no process is left behind."""
    (tmp_path / "long.yaml").write_text("dataset: digits\ntraining: {epochs: 100000}\n")
    command = [sys.executable, "-m", "dlexp", "run", "long.yaml"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not any(path.read_text().count("\n") > 3 for path in tmp_path.glob("runs/long/*/history.csv")):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    os.killpg(process.pid, signal.SIGINT)  # As a terminal does: the whole group.
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert group_is_gone(process.pid, seconds=10)
    (listed,) = json.loads(dlexp("ls", "--format", "json", cwd=tmp_path).stdout)
    assert listed["status"] == "incomplete"


def group_is_gone(group: int, seconds: float) -> bool:
    """Whether no process of a group is left, at the latest after some seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "absent.yaml"], "absent.yaml: no such file"),
        (["run", "configs/digits_adam.yaml", "--set", "optimizer.type=adma"], "Did you mean 'adam'?"),
        (["run", "configs/digits_adam.yaml", "--seeds", "2", "--seed", "1"], "give one of them"),
    ],
)
def test_a_users_mistake_ends_in_exit_code_2(words: list[str], said: str) -> None:
    """A mistake is said in at most ten lines, before anything is trained, without a traceback."""
    result = dlexp(*words)

    assert result.returncode == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 10
    assert "Traceback" not in result.stderr


def test_unwritable_runs_directory_is_one_line(tmp_path: Path) -> None:
    """A file where the runs directory should be is the user's mistake, said in one line."""
    (tmp_path / "runs").write_text("a file")

    result = dlexp("run", "configs/digits_adam.yaml", "--runs-dir", tmp_path / "runs")

    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert str(tmp_path / "runs") in result.stderr


def test_data_that_cannot_be_had_fails_that_config_alone(tmp_path: Path) -> None:
    """No file and no download: exit code 1, what was tried, where to put the file, and what runs offline."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    (tmp_path / "imdb.yaml").write_text("dataset: imdb\n")
    # No proxy answers at this port of this machine: the download fails at once.
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}

    result = dlexp("run", "imdb.yaml", "iris.yaml", cwd=tmp_path, DLEXP_DATA="", KERAS_HOME=str(tmp_path), **nowhere)

    assert result.returncode == 1
    assert "imdb.npz" in result.stderr
    assert list(tmp_path.glob("runs/iris/*/summary.json"))


def test_smoke_runs_every_shipped_config_offline(tmp_path: Path) -> None:
    """`--smoke` trains every config in one process on generated data, and keeps the runs apart."""
    result = dlexp("run", *CONFIGS, "--smoke", "--runs-dir", tmp_path / "runs", DLEXP_DATA="", KERAS_HOME=str(tmp_path))

    assert result.returncode == 0, result.stderr
    assert len(list(tmp_path.glob("runs/.smoke/*/*/summary.json"))) == len(CONFIGS)
    assert not (tmp_path / "runs" / "summary.csv").exists()
    assert dlexp("ls", "--format", "json", "--runs-dir", tmp_path / "runs").stdout.strip() == "[]"
