"""Processes that work for a command end with it, even where it is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlexp.errors import DataError
from dlexp.training.child import in_child

#: A command whose worker notes its process and never comes to an end.
BUSY = """
import os
from pathlib import Path
from dlexp.execution.worker import Worker
from dlexp.training.child import in_child

def work(path):
    path.with_name("beside").write_text(str(os.getpid()))
    path.with_name("beside").rename(path)
    while True:
        pass

if __name__ == "__main__":
    {call}
"""
CALLS = {
    "predict, --dry-run": 'in_child(work, Path("pid"))',
    "run, bias-variance, verify": 'Worker().submit(work, Path("pid")).result()',
}


def refuse(path: Path) -> None:
    """In the child: the error of a file that is not what it should be."""
    print("chatter")
    raise DataError(f"{path}: no")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_worker_of_a_killed_command_ends_with_it(call: str, tmp_path: Path) -> None:
    """Though it is busy, and though the command could not tell it; without a word on the terminal."""
    (tmp_path / "busy.py").write_text(BUSY.format(call=call))
    command = subprocess.Popen(
        # Filters of the user's own are no reason either.
        [sys.executable, "-W", "default", "busy.py"],
        cwd=tmp_path,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "pid").exists():
        assert command.poll() is None
        time.sleep(0.02)
    assert is_there(int((tmp_path / "pid").read_text()))

    command.kill()
    _, said = command.communicate(timeout=60)  # Until every process that could say something has ended.

    assert said == ""
    assert ends(int((tmp_path / "pid").read_text()), seconds=2)


@pytest.mark.training
def test_the_process_of_a_killed_dry_run_ends_with_it(tmp_path: Path) -> None:
    """While it imports TensorFlow."""
    (tmp_path / "iris.yaml").write_text("dataset: iris\n")
    words = [sys.executable, "-m", "dlexp", "run", "iris.yaml", "--dry-run"]
    command = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True)
    while not (workers := spawned(command.pid)):
        assert command.poll() is None
        time.sleep(0.02)

    command.kill()
    command.wait()

    assert all(ends(pid, seconds=5) for pid in workers)


@pytest.mark.training
def test_what_a_child_raises_is_raised_here_and_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """As if the function had been called here."""
    with pytest.raises(DataError, match=r"^x\.csv: no$"):
        in_child(refuse, Path("x.csv"))

    assert capfd.readouterr() == ("", "")


def spawned(pid: int) -> list[int]:
    """The worker processes of a process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def ends(pid: int, seconds: float) -> bool:
    """Whether a process is gone, at the latest after some seconds."""
    deadline = time.monotonic() + seconds
    while is_there(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    if not is_there(pid):
        return True
    os.kill(pid, signal.SIGKILL)
    return False


def is_there(pid: int) -> bool:
    """Whether there is such a process, not counting one that only waits for its end to be noted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
