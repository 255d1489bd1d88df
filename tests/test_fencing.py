"""An owner that slept while another machine took its run over writes nothing when it wakes."""

import contextvars
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hosts import FLOCKS, dated, pretend, started
from jobs import IRIS, job_of, records

from dlexp.execution.execute import execute
from dlexp.records.history import HistoryWriter
from dlexp.records.lock import Held
from dlexp.records.run_dir import RunDir
from dlexp.training.checkpoint import Checkpoints
from dlexp.training.epochs import Epochs
from dlexp.training.job import Job
from dlexp.training.network import Network
from dlexp.training.threads import set_threads

set_threads(1)

TEXT = IRIS.replace("epochs: 5", "epochs: 3")


def contents(job: Job) -> dict[str, bytes]:
    """All records of a run; what was said, and what lies beside a file while it is written, is none."""
    return {
        path.name: path.read_bytes() for path in job.path.iterdir() if path.name != "log.txt" and path.name[0] != "."
    }


class Sleeper:
    """Has another machine take a run over, once, while its owner sleeps, and keeps what that one leaves."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.left: dict[str, bytes] = {}

    def __call__(self) -> None:
        """Sleep for more than three minutes."""
        if not self.left:
            self.left = {"": b""}  # The other one does not sleep.
            dated(RunDir(self.job.path).lock_path, 190)
            with pytest.MonkeyPatch.context() as patch:
                pretend("elsewhere", patch=patch)
                # In a context of its own: another process has no part in what this one is writing together.
                assert contextvars.Context().run(execute, self.job) != "left"
            self.left = contents(self.job)


@pytest.fixture
def save_after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a successor resumes the training."""

    def save_if_due(self: Checkpoints, epochs: Epochs) -> None:
        self.save(epochs)

    monkeypatch.setattr(Checkpoints, "save_if_due", save_if_due)


def second_row(sleep: Callable[[], None]) -> Callable[[HistoryWriter, dict[str, float]], None]:
    """Sleeps before a row of the second epoch."""
    write = HistoryWriter.write

    def late(self: HistoryWriter, row: dict[str, float]) -> None:
        if row["epoch"] == 2:
            sleep()
        write(self, row)

    return late


def summary(sleep: Callable[[], None]) -> Callable[[RunDir, dict[str, object]], None]:
    """Sleeps before the result is written."""
    write_summary = RunDir.write_summary

    def late(self: RunDir, record: dict[str, object]) -> None:
        sleep()
        write_summary(self, record)

    return late


def failure(sleep: Callable[[], None]) -> Callable[..., object]:
    """Sleeps, and then fails where its successor did not."""
    layers = Network.layers

    def late(self: Network) -> object:
        is_first = not sleep.left  # type: ignore[attr-defined]
        sleep()
        if is_first:
            raise KeyError("planted")
        return layers(self)

    return late


@pytest.mark.training
@pytest.mark.usefixtures("save_after_every_epoch")
@pytest.mark.parametrize(
    ("place", "name", "late"),
    [(HistoryWriter, "write", second_row), (RunDir, "write_summary", summary), (Network, "layers", failure)],
)
def test_who_wakes_too_late_writes_nothing(
    place: object, name: str, late: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row, no result and no failure; in its log it says so in one line, and the run is as its successor left it."""
    whole, job = job_of(tmp_path, TEXT), job_of(tmp_path, TEXT)
    execute(whole)
    sleep = Sleeper(job)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, late(sleep))
        was_left = execute(job)

    assert was_left
    assert contents(job) == sleep.left
    assert records(RunDir(job.path))[0] == records(RunDir(whole.path))[0]
    log = RunDir(job.path).log_path.read_text()
    assert log.count("taken over from process") == log.count("stopped, and wrote nothing more: ") == 1


def late_check(sleep: Sleeper, number: int, has_looked: bool) -> Callable[[Held], None]:
    """Has the first owner sleep at its look of this number, before it or just after."""
    check = Held.check
    owners: list[Held] = []
    looks = itertools.count(1)

    def late(self: Held) -> None:
        owners.append(self)
        is_now = self is owners[0] and next(looks) == number
        if is_now and not has_looked:
            sleep()
        check(self)
        if is_now and has_looked:
            sleep()

    return late


@pytest.mark.slow
@pytest.mark.usefixtures("save_after_every_epoch")
@pytest.mark.parametrize("has_looked", [False, True], ids=["before it looked", "after it looked"])
def test_whenever_it_falls_asleep(has_looked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any look at the lock: nothing is written. Just after: at most one file is renamed, and no row added.

    One such moment costs rows of a finished run, which `verify` finds: that in which a history is begun.
    """
    whole = job_of(tmp_path, TEXT)
    execute(whole)
    expected = records(RunDir(whole.path))
    all_changed: list[object] = []
    for number in itertools.count(1):
        job = job_of(tmp_path, TEXT)
        sleep = Sleeper(job)
        with monkeypatch.context() as patch:
            patch.setattr(Held, "check", late_check(sleep, number, has_looked))
            execute(job)
        if not sleep.left:
            break
        changed = {name for name, content in contents(job).items() if content != sleep.left.get(name)}
        all_changed += changed

        assert len(changed) <= has_looked, (number, changed)
        assert records(RunDir(job.path))[3] == expected[3], number
        if "history.csv" not in changed:
            assert records(RunDir(job.path))[0] == expected[0], number
    assert number > 10
    assert all_changed.count("history.csv") == has_looked


def rows(run: Path) -> list[str]:
    """The lines of a history that are whole."""
    return [line for line in (run / "history.csv").read_text().splitlines(keepends=True) if line.endswith("\n")]


def stopped_and_continued(folder: Path, n_rows: int, flock: str, **options: bool) -> tuple[Path, int]:
    """SIGSTOP for longer than a lock counts, another machine takes over, SIGCONT: the run, and its first process."""
    owner = started("one", flock, 1, folder, **options)
    while not any(len(rows(path.parent)) > n_rows for path in folder.glob("runs/run/*/checkpoint.npz")):
        assert owner.poll() is None
        time.sleep(0.02)
    (run,) = folder.glob("runs/run/*")
    owner.send_signal(signal.SIGSTOP)
    history = (run / "history.csv").stat().st_ino

    successor = started("two", flock, 1, folder, wait=True, **options)
    while (run / "history.csv").stat().st_ino == history or len(rows(run)) <= n_rows + 5:
        assert successor.poll() is None
        time.sleep(0.02)
    history = (run / "history.csv").stat().st_ino
    owner.send_signal(signal.SIGCONT)
    assert (owner.wait(60), "Traceback" in owner.communicate()[1]) == (0, False)
    assert (successor.wait(120), "Traceback" in successor.communicate()[1]) == (0, False)
    assert (run / "history.csv").stat().st_ino == history
    return run, owner.pid


def assert_was_taken_over(run: Path, pid: int) -> None:
    """It is said in the log by both, and nothing of either is left behind."""
    log = (run / "log.txt").read_text()
    assert log.count("stopped, and wrote nothing more: the run was taken over by process") == 1
    assert log.count(f"taken over from process {pid} on one") == 1
    assert json.loads((run / "environment.json").read_text())["host"] == "two"
    assert RunDir(run).status == "finished"
    assert not [path.name for path in run.iterdir() if path.name == "lock" or path.name[0] == "."]


@pytest.mark.parametrize("flock", ["coherent", "per host"])
def test_a_stopped_owner_that_goes_on_leaves_the_run_to_its_successor(flock: str, tmp_path: Path) -> None:
    """The history is that of one training, every row once."""
    (tmp_path / "run.yaml").write_text("dataset: iris\ntraining: {epochs: 600}\n")
    run, pid = stopped_and_continued(tmp_path, 20, flock)

    assert_was_taken_over(run, pid)
    assert rows(run) == ["epoch,loss\n", *(f"{epoch},{1 / epoch!r}\n" for epoch in range(1, 601))]


@pytest.mark.slow
def test_a_real_training_of_two_machines_has_the_bytes_of_one(tmp_path: Path) -> None:
    """Stopped after its first checkpoint, resumed elsewhere, the first one woken."""
    text = "dataset: digits\nmodel: {dropout: 0.2}\ntraining: {epochs: 1200}\n"
    (tmp_path / "run.yaml").write_text(text)
    run, pid = stopped_and_continued(tmp_path, 1, "per host", is_real=True)
    whole = job_of(tmp_path, text)
    execute(whole)

    assert_was_taken_over(run, pid)
    expected, found = records(RunDir(whole.path)), records(RunDir(run))
    assert (found[0], found[3]) == (expected[0], expected[3])
    for weights, expected_weights in zip(found[2], expected[2], strict=True):
        np.testing.assert_array_equal(weights, expected_weights)


@pytest.mark.slow
def test_two_machines_with_names_of_their_own_train_every_run_once(tmp_path: Path) -> None:
    """`dlexp run` itself, on one kernel that goes by two names."""
    unshare = ["unshare", "--uts", "sh", "-c"]
    if subprocess.run([*unshare, "hostname one"], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to rename this machine in a namespace")
    (tmp_path / "run.yaml").write_text("dataset: iris\ntraining: {epochs: 100}\n")
    words = f"exec {sys.executable} -m dlexp run run.yaml --seeds 6 --wait"
    commands = [
        subprocess.Popen([*unshare, f"hostname {name} && {words}"], cwd=tmp_path, text=True, stderr=subprocess.PIPE)
        for name in ("one", "two")
    ]
    ends = [(command.wait(200), "failed" in command.communicate()[1]) for command in commands]

    runs = sorted(tmp_path.glob("runs/run/*"))
    assert ends == [(0, False)] * 2
    assert len(runs) == 6
    assert [(run / "log.txt").read_text().count("epoch 100/100") for run in runs] == [1] * 6
    assert {(RunDir(run).environment() or {})["host"] for run in runs} == {"one", "two"}


N_RUNS, N_HOSTS = 24, 4


@pytest.mark.parametrize(
    "flock", [flock if flock == "per host" else pytest.param(flock, marks=pytest.mark.slow) for flock in FLOCKS]
)
def test_machines_that_share_a_folder_train_every_run_once(flock: str, tmp_path: Path) -> None:
    """The same command on all of them, whatever their file system makes of flock."""
    (tmp_path / "run.yaml").write_text("dataset: iris\ntraining: {epochs: 5}\n")
    commands = [started(f"host{i}", flock, N_RUNS, tmp_path) for i in range(N_HOSTS)]
    ends = [(command.wait(120), command.communicate()[1]) for command in commands]

    logs = [path.read_text() for path in tmp_path.glob("runs/run/*/log.txt")]
    assert ends == [(0, "")] * N_HOSTS
    assert len(logs) == N_RUNS
    assert [log.count("trained by") for log in logs] == [1] * N_RUNS
    assert {RunDir(path).status for path in tmp_path.glob("runs/run/*")} == {"finished"}


@pytest.mark.slow
def test_runs_of_a_machine_that_is_gone_are_trained_by_the_others(tmp_path: Path) -> None:
    """Killed at any moment, and its locks still lie there: who waits trains them, each to the same history."""
    (tmp_path / "run.yaml").write_text("dataset: iris\ntraining: {epochs: 40}\n")
    gone = started("gone", "per host", 12, tmp_path)
    others = [started(f"host{i}", "per host", 12, tmp_path, wait=True) for i in range(3)]
    while not list(tmp_path.glob("runs/run/*/history.csv")):
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(gone.pid, signal.SIGKILL)
    gone.communicate()
    ends = [(other.wait(120), other.communicate()[1].count("Traceback")) for other in others]

    runs = sorted(tmp_path.glob("runs/run/*"))
    assert ends == [(0, 0)] * 3
    assert [RunDir(run).status for run in runs] == ["finished"] * 12
    for run in runs:
        seed = RunDir(run).seed
        assert rows(run) == ["epoch,loss\n", *(f"{epoch},{1 / (epoch + seed)!r}\n" for epoch in range(1, 41))]
