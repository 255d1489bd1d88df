"""Whatever operation on the disk fails in a run, the same command ends it with the bytes of an undisturbed run."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import tensorflow as tf
from faulty_disk import Disk, failing
from repeat import SHORTER, assert_same, command, the_finished

from dlexp.errors import DlexpError
from dlexp.execution import execute
from dlexp.records.index import read, scan
from dlexp.records.run_dir import RunDir
from dlexp.reports.verification.integrity import check
from dlexp.training import checkpoint
from dlexp.training.threads import set_threads

set_threads(1)

#: A disk that fails once, and one that can no longer be changed or read at all.
DISKS = {"once": (errno.EIO, False), "lost": (errno.ENOSPC, True)}


@pytest.fixture(scope="module", autouse=True)
def compiled_nothing() -> Iterator[None]:
    """Three epochs on iris are over before they would be compiled; a checkpoint is saved after each."""
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
        patch.setattr(checkpoint, "LARGEST_SHARE", float("inf"))
        yield
    tf.config.run_functions_eagerly(False)


def disturbed(folder: Path, at: int, kind: str = "once") -> Disk:
    """Run the command on a disk whose n-th operation fails."""
    number, lasting = DISKS[kind]
    disk = Disk(folder.resolve() / "runs", at, number, lasting)
    execute._stream.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        failing(disk, patch)
        with contextlib.suppress(OSError, DlexpError):  # As the command says it.
            command(folder)
    execute._stream.cache_clear()
    for lock in folder.glob("runs/*/*/lock"):  # As the end of the process does, should it not have been removed.
        lock.unlink()
    return disk


class Start(NamedTuple):
    """What a command finds, and what it then does on a disk that never fails."""

    folder: Path
    n_operations: int
    whole: RunDir


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Start]:
    """Nothing; a run that was stopped after two of its three epochs; a finished one of one epoch, with its state."""
    starts = {}
    for name in ("new", "resumed", "continued"):
        folder = tmp_path_factory.mktemp(name) / "work"
        folder.mkdir()
        if name == "continued":
            command(folder, SHORTER)
        if name == "resumed":
            asked = iter([False, False, True])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(checkpoint, "is_asked_to_stop", lambda: next(asked))  # noqa: B023  (called at once)
                command(folder)
        before = folder.with_name("before")
        shutil.copytree(folder, before)
        disk = disturbed(folder, 0)
        starts[name] = Start(before, disk.count, the_finished(folder))
    return starts


def assert_ends_as_if_undisturbed(at: int, kind: str, start: Start, folder: Path) -> None:
    """No failure, no run that is finished in part; then the same command, and the same bytes."""
    shutil.copytree(start.folder, folder)
    disk = disturbed(folder, at, kind)
    runs = list(map(read, scan(folder / "runs")))

    assert disk.last or disk.count < at  # How often a lock is read depends on the time.
    assert not [run for run in runs if run.status == "failed"], disk.last
    assert all(check(run).holds for run in runs if run.status == "finished"), disk.last

    command(folder)

    run_dir = the_finished(folder)
    assert_same(run_dir, start.whole)
    assert check(read(run_dir)).holds, disk.last


@pytest.mark.training
def test_some_operations_fail(starts: dict[str, Start], tmp_path: Path) -> None:
    """A sample of them, each kind of disk in turn."""
    for name, start in starts.items():
        for i, at in enumerate(range(start.n_operations // 6, start.n_operations, start.n_operations // 3)):
            assert_ends_as_if_undisturbed(at, list(DISKS)[i % 2], start, tmp_path / f"{name}{at}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", DISKS)
@pytest.mark.parametrize("name", ["new", "resumed", "continued"])
def test_every_operation_fails(name: str, kind: str, starts: dict[str, Start], tmp_path: Path) -> None:
    """The first, the second, and so on to the last."""
    start = starts[name]
    assert start.n_operations > 100

    for at in range(1, start.n_operations + 1):
        assert_ends_as_if_undisturbed(at, kind, start, tmp_path / str(at))
