"""`dlexp run` as a user types it: one worker process, real records."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import ROOT, dlexp

from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.machine import host
from dlexp.records.lock import locked
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir

pytestmark = pytest.mark.training

CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


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
    assert "\nnext: dlexp compare iris iris_sgd\n" in result.stderr
    assert last[0] == "2 failed:"
    assert all(f"wild, seed {seed}: diverged: loss is" in line for seed, line in enumerate(last[1:]))
    assert len(result.stdout.splitlines()) == 4
    assert (folder / "runs" / "summary.csv").read_text().count("\n") == 5


def test_worker_says_nothing_on_the_commands_own_streams(
    trained: "tuple[Path, subprocess.CompletedProcess[str]]",
) -> None:
    """TensorFlow's chatter is in the run's log alone."""
    folder, result = trained

    assert "tensorflow" not in (result.stdout + result.stderr).lower()
    ours = ("wild", "iris", "failed", "runs to train")
    assert all(any(word in line for word in ours) for line in result.stderr.splitlines() if line)
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
    assert "done before; --force" in result.stderr
    assert "dlexp compare" not in result.stderr
    assert "diverged before; --force trains it again" in result.stderr
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
    runs = list((tmp_path / "other").glob("*/s*"))
    assert len(runs) == 4
    for run in runs:
        assert without_seconds(run) == without_seconds(folder / "runs" / run.parent.name / run.name)


LONG = "dataset: digits\nmodel: {dropout: 0.2}\ntraining: {epochs: 1200}\n"


def started(folder: Path, *, epochs: int) -> "subprocess.Popen[str]":
    """A command in a process group of its own, once it has trained some epochs."""
    command = [sys.executable, "-m", "dlexp", "run", "long.yaml"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while not any(path.read_text().count("\n") > epochs for path in folder.glob("runs/long/*/history.csv")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "long.yaml").write_text(LONG)
    assert dlexp("run", "long.yaml", cwd=folder).returncode == 0
    (run,) = (folder / "runs" / "long").iterdir()
    return run


def test_after_an_interrupt_the_same_command_goes_on(whole: Path, tmp_path: Path) -> None:
    """Ctrl-C: the running epoch is saved, exit code 130, no process is left; then the numbers of an undisturbed run."""
    (tmp_path / "long.yaml").write_text(LONG)
    process = started(tmp_path, epochs=3)

    os.killpg(process.pid, signal.SIGINT)  # As a terminal does: the whole group.
    _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted: 0 of 1 run done; the same command resumes the rest" in said
    assert "Traceback" not in said
    assert group_is_gone(process.pid, seconds=30)
    (listed,) = json.loads(dlexp("ls", "--format", "json", cwd=tmp_path).stdout)
    assert listed["status"] == "interrupted"
    epochs = listed["epochs"]

    again = dlexp("run", "long.yaml", cwd=tmp_path)
    assert again.returncode == 0
    assert "interrupted before; resumed" in again.stderr
    (run,) = (tmp_path / "runs" / "long").iterdir()
    assert json.loads((run / "summary.json").read_text())["resumed_after"] == [epochs]
    assert without_seconds(run) == without_seconds(whole)
    assert {path.name for path in run.iterdir()} == {path.name for path in whole.iterdir()}


def test_a_killed_command_goes_on_in_the_same_place(whole: Path, tmp_path: Path) -> None:
    """SIGKILL to the command alone: its worker ends itself; a second command meanwhile leaves the run to the first."""
    (tmp_path / "long.yaml").write_text(LONG)
    process = started(tmp_path, epochs=1)
    second = dlexp("run", "long.yaml", cwd=tmp_path)
    assert process.poll() is None  # It was training all the while.
    process.kill()
    process.communicate(timeout=60)
    assert group_is_gone(process.pid, seconds=5)

    assert dlexp("run", "long.yaml", cwd=tmp_path).returncode == 0
    (run,) = (tmp_path / "runs" / "long").iterdir()
    assert without_seconds(run) == without_seconds(whole)
    assert (second.returncode, second.stdout) == (3, "")
    assert "under way in process " in second.stderr  # That of the worker.


def test_a_run_that_another_command_trains_is_no_failure(tmp_path: Path) -> None:
    """It is left to it, which is said once; the others are trained, with `--fail-fast` too; exit code 0."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    experiment = load(tmp_path / "iris.yaml").experiment
    own = Ingredients.of(experiment, experiment.dataset.digest(None)).identity
    run_dir = Numbering(tmp_path / "runs").create("iris", 0, own)

    with locked(run_dir.lock_path):
        result = dlexp("run", "iris.yaml", "--seeds", 2, "--fail-fast", cwd=tmp_path)

    assert result.returncode == 0
    assert "failed" not in result.stderr
    left, *others = result.stderr.splitlines()
    assert left == f"{run_dir.path.relative_to(tmp_path)}: under way in process {os.getpid()} on {host()}; left to it"
    of_runs = [line.split(":")[0] for line in others if ", seed " in line]
    assert of_runs[0] == "iris, seed 1"
    assert [title for title in of_runs if title.startswith("[")] == ["[1/2] iris, seed 1"]
    assert not any("left to" in line for line in others)
    assert result.stdout.startswith(f"runs{os.sep}iris{os.sep}s1-")


@pytest.fixture
def elsewhere(tmp_path: Path) -> RunDir:
    """The run of `iris.yaml`, about to be trained by another process."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    experiment = load(tmp_path / "iris.yaml").experiment
    return Numbering(tmp_path / "runs").create(
        "iris", 0, Ingredients.of(experiment, experiment.dataset.digest(None)).identity
    )


def test_nothing_to_do_is_exit_code_3(elsewhere: RunDir, tmp_path: Path) -> None:
    """Other processes have all that was asked for: nothing finished, failed or done before."""
    (tmp_path / "same.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")
    with locked(elsewhere.lock_path):
        result = dlexp("run", "iris.yaml", "same.yaml", cwd=tmp_path)

    assert result.returncode == 3
    assert result.stdout == ""
    path, owner = elsewhere.path.relative_to(tmp_path), f"process {os.getpid()} on {host()}"
    assert result.stderr.splitlines() == [
        f"{path}: under way in {owner}; left to it",
        "nothing to do here: other processes have all the runs; --wait waits for them",
    ]


@pytest.mark.parametrize("interrupts", [False, True])
def test_to_wait_for_another_command(interrupts: bool, elsewhere: RunDir, tmp_path: Path) -> None:
    """Until its process has ended, then the run is trained here; Ctrl-C ends the waiting."""
    command = [sys.executable, "-m", "dlexp", "run", "iris.yaml", "--wait"]
    with locked(elsewhere.lock_path):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert process.stderr is not None
        path = elsewhere.path.relative_to(tmp_path)
        waiting = f"waiting for what other processes train: {path} in process {os.getpid()} on {host()}\n"
        said = list(iter(process.stderr.readline, waiting))
        if interrupts:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)
    rest = process.communicate(timeout=60)[1]

    assert said == []
    assert process.returncode == (130 if interrupts else 0)
    assert elsewhere.status == ("interrupted" if interrupts else "finished")
    assert ("interrupted: 0 of 1 run done" in rest) == interrupts


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
        (["run", "configs/digits_adam.yaml", "--seed", "1", "--seed", "1"], "--seed: 1 is given twice"),
        (["run", "configs/digits_adam.yaml", "--dry-run", "--format", "lines"], "expected --format table or json"),
        (["run", "configs/digits_adam.yaml", "--assert", "val_acuracy >= 0.9"], "Did you mean 'val_accuracy'?"),
    ],
)
def test_a_users_mistake_ends_in_exit_code_2(words: list[str], said: str) -> None:
    """A mistake is said in at most ten lines, before anything is trained, without a traceback."""
    result = dlexp(*words)

    assert result.returncode == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 10
    assert "Traceback" not in result.stderr


def test_a_seed_may_be_repeated(tmp_path: Path) -> None:
    """For several seeds that do not begin with 0."""
    result = dlexp("run", "configs/digits_adam.yaml", "--seed", "7", "--seed", "3", "--dry-run", "--runs-dir", tmp_path)

    assert re.findall(r"seed ([0-9]+) ", result.stdout) == ["7", "3"]
    assert result.stdout.startswith("2 to train, 0 done before; ")


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


@pytest.mark.parametrize("words", [["run"], ["run", "--smoke"], ["run", "--dry-run"], ["bias-variance"]])
def test_a_column_that_the_file_has_not_is_the_users_mistake(words: list[str], tmp_path: Path) -> None:
    """In the line of the config, with the columns there are, before any run directory is made."""
    (tmp_path / "own.csv").write_text("x,label\n1,a\n2,b\n")
    (tmp_path / "own.yaml").write_text("dataset:\n  type: csv\n  path: own.csv\n  target: lable\n  task: binary\n")
    (tmp_path / "same.yaml").write_text("extends: own.yaml\n")

    result = dlexp(*words, "own.yaml", "same.yaml", cwd=tmp_path)

    assert result.returncode == 2
    assert result.stderr == (
        "own.yaml:4: dataset.target: own.csv has no column 'lable'. Did you mean 'label'? Choose from: x, label\n"
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("options", [[], ["--smoke"]])
def test_a_missing_file_of_ones_own_fails_that_config_alone(options: list[str], tmp_path: Path) -> None:
    """Exit code 1, and no record of a run that never began."""
    (tmp_path / "own.yaml").write_text("dataset: {type: csv, path: own.csv, target: y, task: binary}\n")
    (tmp_path / "iris.yaml").write_text("dataset: iris\ntraining: {epochs: 1}\n")

    result = dlexp("run", "own.yaml", "iris.yaml", *options, cwd=tmp_path)

    assert result.returncode == 1
    assert f"\n1 failed:\nown: own.csv: not found; looked in: {tmp_path} (the working directory), " in result.stderr
    assert [path.parent.parent.name for path in tmp_path.rglob("config.yaml")] == ["iris"]


@pytest.mark.slow
def test_smoke_runs_every_data_set_offline(tmp_path: Path) -> None:
    """`--smoke` trains on generated data, in one process, and keeps the runs apart; CI runs every shipped config so."""
    configs = list({load(config).experiment.dataset.type: config for config in CONFIGS}.values())

    result = dlexp("run", *configs, "--smoke", "--runs-dir", tmp_path / "runs", DLEXP_DATA="", KERAS_HOME=str(tmp_path))

    assert result.returncode == 0, result.stderr
    assert len(list(tmp_path.glob("runs/.smoke/*/*/summary.json"))) == len(configs)
    assert not (tmp_path / "runs" / "summary.csv").exists()
    assert dlexp("ls", "--format", "json", "--runs-dir", tmp_path / "runs").stdout.strip() == "[]"
