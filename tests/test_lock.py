"""One process at a time, however many ask who it is."""

import fcntl
import threading
import time
from pathlib import Path

import pytest

from dlexp.runs import lock
from dlexp.runs.lock import Taken, locked


def test_who_asks_for_the_owner_keeps_nobody_out(tmp_path: Path) -> None:
    """It shares the lock for a moment; whoever wants it waits for that."""
    path = tmp_path / "lock"
    path.touch()
    with path.open() as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        end = threading.Timer(0.02, fcntl.flock, (reader, fcntl.LOCK_UN))
        end.start()
        with locked(path):
            found = lock.owner(path)
        end.join()

    assert found is not None
    assert found.pid


def test_readers_all_the_time_keep_nobody_out(tmp_path: Path) -> None:
    """Three threads ask without a pause."""
    path = tmp_path / "lock"
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            lock.owner(path)
            time.sleep(0)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(200):
            with locked(path):
                pass
    finally:
        done.set()
        for reader in readers:
            reader.join()


def test_a_lock_that_is_held_is_taken(tmp_path: Path) -> None:
    """Said after a moment, with the process that has it."""
    path = tmp_path / "lock"
    with locked(path):
        with pytest.raises(Taken, match="under way in process "), locked(path):
            pass

        assert lock.owner(path) is not None
    assert lock.owner(path) is None
