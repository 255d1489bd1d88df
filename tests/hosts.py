"""Other machines, as far as locks can tell: another name, and what their file system makes of flock."""

import errno
import fcntl
import os
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from engines import Silent

from dlexp.config.load import load
from dlexp.execution import execute as execute_module
from dlexp.execution import schedule
from dlexp.execution.engine import Outcome
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.execution.schedule import run_all
from dlexp.records import lock
from dlexp.records.history import HistoryWriter
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage
from dlexp.whole_files import replacing

#: Of a training that takes no time otherwise.
SECONDS_AN_EPOCH = 0.005
#: fcntl's number for a lock on a range of an open file, as network file systems emulate flock.
F_OFD_SETLK = 37
#: coherent: all machines see one another's; per host: each machine's are its own (NFS with local_lock, Lustre with
#: localflock, BeeGFS by default); else the error that every call gives.
FLOCKS = ("coherent", "per host", "ENOSYS", "ENOLCK", "EOPNOTSUPP")


def pretend(host: str, flock: str = "coherent", patch: pytest.MonkeyPatch | None = None) -> None:
    """Be a process of another machine from now on, or while `patch` lasts."""
    patch = patch or pytest.MonkeyPatch()
    patch.setattr(socket, "gethostname", lambda: host)
    if flock != "coherent":
        patch.setattr(fcntl, "flock", lambda file, kind: _flock(file, kind, host, flock))


def _flock(file: BinaryIO, kind: int, host: str, how: str) -> Any:
    if how != "per host":
        raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)))
    wanted = fcntl.F_RDLCK if kind & fcntl.LOCK_SH else fcntl.F_WRLCK
    # Every host has a byte of its own.
    return fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", wanted, os.SEEK_SET, zlib.crc32(host.encode()), 1, 0))


def train_in_no_time(job: Job) -> None:
    """In place of a training: rows whose numbers follow from seed and epoch, a checkpoint after each, a result."""
    run_dir = job.run_dir
    print(f"trained by {socket.gethostname()}")
    run_dir.write_config(f"name: {job.experiment.name}\n")
    run_dir.write_json(run_dir.environment_path, {"host": socket.gethostname()})
    done = int(run_dir.checkpoint_path.read_text()) if run_dir.checkpoint_path.exists() else 0
    with HistoryWriter(run_dir.history_path, ("epoch", "loss"), done, run_dir.fence) as history:
        for epoch in range(done + 1, job.experiment.training.epochs + 1):
            time.sleep(SECONDS_AN_EPOCH)
            history.write({"epoch": epoch, "loss": 1 / (epoch + job.seed)})
            with replacing(run_dir.checkpoint_path, run_dir.fence) as path:
                path.write_text(str(epoch))
    record = {"name": job.experiment.name, "seed": job.seed, "identity": job.identity, "status": "finished"}
    run_dir.write_summary(record | {"config": {}, "metrics": {}})


class Inline:
    """An engine of one slot, in this process."""

    slots = 1

    def __init__(self) -> None:
        self._ended: list[Outcome] = []

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """None."""
        return []

    def submit(self, job: Job) -> None:
        """Train it."""
        self._ended.append(Outcome(job, execute_module.execute(job)))

    def wait(self, timeout: float) -> list[Outcome]:
        """The one that has ended."""
        ended, self._ended = self._ended, []
        return ended

    def stages(self) -> list[tuple[Job, Stage]]:
        """Not known."""
        return []

    def close(self, kill: bool = False) -> None:
        """Nothing."""


def command(host: str, flock: str, n_seeds: int, *, wait: bool = False, is_real: bool = False) -> None:
    """What `dlexp run run.yaml --seeds N` does on a machine where three minutes are one second.

    Unless it `is_real`, a training takes no time either.
    """
    lock.TOUCH_SECONDS, lock.FOREIGN_SECONDS, schedule.SECONDS_BETWEEN_LOOKS = 0.1, 1.0, 0.1
    if is_real:
        from dlexp.training import checkpoint

        checkpoint.SECONDS_BETWEEN, checkpoint.LARGEST_SHARE = 0.2, 0.5
    else:
        execute_module._train = train_in_no_time
    pretend(host, flock)
    planned = plan(Request(wanted=[(load(Path("run.yaml")).experiment, range(n_seeds))], runs_dir=Path("runs")))
    run_all(planned.jobs(), Inline(), Silent(), wait=wait)


def started(host: str, flock: str, n_seeds: int, folder: Path, **options: bool) -> "subprocess.Popen[str]":
    """Such a command, in a process of its own."""
    program = f"from hosts import command; command({host!r}, {flock!r}, {n_seeds}, **{options})"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    words = [sys.executable, "-c", program]
    return subprocess.Popen(words, cwd=folder, text=True, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path})


def dated(path: Path, seconds: float) -> None:
    """A file that was touched so many seconds ago, by the clock of the file system."""
    path.touch()
    touched = path.stat().st_mtime - seconds
    os.utime(path, (touched, touched))
