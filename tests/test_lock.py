"""One process at a time, of however many machines, however many ask who it is."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hosts import FLOCKS, dated, pretend

from dlexp import machine
from dlexp.machine import host
from dlexp.records import lock
from dlexp.records.lock import Lost, Owner, Taken, in_turn, locked

#: A process that holds a lock, says so, and waits.
HOLDER = """
import sys
from pathlib import Path
from hosts import pretend
from dlexp.records.lock import locked

pretend(sys.argv[1], sys.argv[2])
with locked(Path("lock")):
    print("held", flush=True)
    sys.stdin.read()
"""
#: A process of one of many machines that, at a word, tries to get a lock and keeps it for a while.
CONTENDER = """
import sys, time
from pathlib import Path
from hosts import pretend
from dlexp.records.lock import Taken, locked

pretend(sys.argv[1], sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
try:
    with locked(Path("lock")) as held:
        print("held after", held.before and held.before.described, flush=True)
        sys.stdin.readline()
        held.check()
except Taken as taken:
    print(taken, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Path("lock")


def started(program: str, host: str, flock: str) -> "subprocess.Popen[str]":
    """A process of another machine, in the current folder, once it has said its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, host, flock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() in ("held", "ready")
    return process


def test_who_asks_for_the_owner_keeps_nobody_out(path: Path) -> None:
    """It shares the lock for a moment; whoever wants it waits for that."""
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


def test_readers_all_the_time_keep_nobody_out(path: Path) -> None:
    """Three threads ask without a pause."""
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


@pytest.mark.parametrize("flock", FLOCKS)
def test_a_lock_that_is_held_is_taken(flock: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the process that has it, and is gone when it is given back; whatever the file system makes of flock."""
    pretend("here", flock, monkeypatch)
    with locked(path) as held:
        with pytest.raises(Taken, match=rf"^under way in process {os.getpid()} on here$"), locked(path):
            pass

        assert lock.owner(path) == Owner.me()
        assert held.before is None
    assert lock.owner(path) is None
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize("flock", FLOCKS)
def test_a_lock_ends_with_its_process(flock: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its own machine at once, also while its parent has not noted its end; who takes it over knows from whom."""
    pretend("here", flock, monkeypatch)
    holder = started(HOLDER, "here", flock)
    with pytest.raises(Taken, match=f"process {holder.pid} on here"), locked(path):
        pass
    holder.kill()
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)

    assert lock.owner(path) is None
    with locked(path) as held:
        assert held.before is not None
        assert held.before.described == f"process {holder.pid} on here"
    assert not list(path.parent.iterdir())
    holder.communicate()


@pytest.mark.parametrize("flock", FLOCKS)
def test_another_machines_lock_counts_while_it_is_young(
    flock: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Younger than three minutes it is respected, though its process is gone: nobody here can know; then it ends."""
    holder = started(HOLDER, "there", flock)
    pretend("here", flock, monkeypatch)
    holder.kill()
    holder.communicate()

    dated(path, 170)
    with pytest.raises(Taken, match=f"process {holder.pid} on there"), locked(path):
        pass
    dated(path, 190)
    assert lock.owner(path) is None
    with locked(path) as held:
        assert held.before is not None
        assert held.before.described == f"process {holder.pid} on there"
    assert not list(path.parent.iterdir())


def test_a_lock_that_a_dead_machine_blocks_ends_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file server that has lost a machine may keep its flock for ever."""
    holder = started(HOLDER, "there", "coherent")
    pretend("here", "coherent", monkeypatch)

    dated(path, 190)
    with locked(path) as held:
        assert lock.owner(path) == Owner.me()
        assert held.before is not None
    holder.communicate()


def test_the_age_is_told_by_the_file_systems_clock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clocks of two machines may differ by hours."""
    path.write_text("4711 on there\n")
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert lock.owner(path) == Owner(4711, "there")
    dated(path, 190)
    assert lock.owner(path) is None


def test_two_machines_may_go_by_one_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one's lock counts while it is young, unless it is of this one before it was started again."""
    path.write_text(f"4711 on {host()}\n0c5e8b2a-5a1f-4c0e-9d54-6f1c2f0b7a11 pid:[4026531836] 99\n")
    with pytest.raises(Taken, match=f"process 4711 on {host()}$"), locked(path):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(machine, "booted", lambda: path.stat().st_mtime + 1)
        assert lock.owner(path) is None
    dated(path, 190)

    with locked(path) as held:
        assert held.before is not None
        assert held.before.pid == 4711


def test_a_held_lock_is_touched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other machines see by that that its owner is there."""
    monkeypatch.setattr(lock, "TOUCH_SECONDS", 0.01)
    with locked(path) as held:
        os.utime(path, (0, 0))
        while path.stat().st_mtime == 0:
            time.sleep(0.01)
        held.check()

        assert lock.owner(path) == Owner.me()


@pytest.mark.parametrize("flock", ["coherent", "per host", "ENOLCK"])
def test_one_of_many_machines_takes_an_old_lock_over(flock: str, path: Path) -> None:
    """Eight at the same moment: one holds it, the others are told who."""
    path.write_text("4711 on gone\n")
    dated(path, 190)
    contenders = [started(CONTENDER, f"host{i}", flock) for i in range(8)]

    for contender in contenders:
        assert contender.stdin is not None
        contender.stdin.write("go\n")
        contender.stdin.flush()
    said = [contender.stdout.readline().strip() for contender in contenders if contender.stdout]
    held = [i for i, line in enumerate(said) if line.startswith("held")]
    assert len(held) == 1, said
    assert said[held[0]] == "held after process 4711 on gone"
    assert lock.owner(path) == Owner.parse(path.read_bytes())
    for contender in contenders:
        contender.communicate("end\n")
    assert [contender.returncode for contender in contenders] == [0] * 8
    assert not list(path.parent.iterdir())


def replaced(path: Path) -> None:
    """Another process has renamed its lock into place."""
    Path("other").write_text("4711 on there\n")
    Path("other").replace(path)


def rewritten(path: Path) -> None:
    """Another process has written itself into the file."""
    path.write_text("4711 on there\n")


@pytest.mark.parametrize("take_over", [replaced, rewritten])
@pytest.mark.parametrize("seconds_between_reads", [0.0, 60.0])
def test_an_owner_whose_lock_was_taken_over_is_told(
    take_over: Callable[[Path], None], seconds_between_reads: float, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as it asks, by whom; the lock stays its new owner's."""
    monkeypatch.setattr(lock, "SECONDS_BETWEEN_READS", seconds_between_reads)
    with locked(path) as held:
        held.check()
        held.check()
        take_over(path)
        for _ in range(2):
            with pytest.raises(Lost, match=r"the run was taken over by process 4711 on there$"):
                held.check()

    assert path.read_text() == "4711 on there\n"


def test_an_owner_whose_lock_is_gone_is_told(path: Path) -> None:
    """By hand, say."""
    with locked(path) as held:
        path.unlink()

        with pytest.raises(Lost, match=r"the lock of the run is gone$"):
            held.check()
    assert not path.exists()


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_without_hard_links_it_is_made_in_its_place(error: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held, taken, taken over and given back as elsewhere."""

    def link(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "link", link)
    with locked(path) as held:
        held.check()
        with pytest.raises(Taken, match=f"process {os.getpid()} on "), locked(path):
            pass
    path.write_text("4711 on there\n")
    dated(path, 190)
    with locked(path) as held:
        held.check()

    assert not list(path.parent.iterdir())


def test_a_link_whose_answer_was_lost_is_ones_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network file system asks again, and hears that the name is there: it made it itself."""
    link = os.link

    def repeated(old: Path, new: Path) -> None:
        link(old, new)
        link(old, new)

    monkeypatch.setattr(os, "link", repeated)
    with locked(path) as held:
        held.check()

    assert not list(path.parent.iterdir())


def test_a_file_that_is_stale_was_given_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network file system says so of what another machine has removed between opening and asking."""
    path.write_text("4711 on there\n")
    flock = fcntl.flock

    def stale(file: object, kind: int) -> None:
        path.unlink(missing_ok=True)
        monkeypatch.setattr(fcntl, "flock", flock)
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    pretend("there", patch=monkeypatch)
    monkeypatch.setattr(fcntl, "flock", lambda file, kind: None if kind & fcntl.LOCK_EX else stale(file, kind))
    with locked(path) as held:
        assert held.before is None
        held.check()


def test_a_claim_whose_process_died_is_cleared_away(path: Path) -> None:
    """Killed in the moment between making it and putting it in the old lock's place."""
    path.write_text("4711 on there\n")
    dated(path, 190)
    Path(".0-lock").write_text("4712 on there\n")
    dated(Path(".0-lock"), 190)

    with locked(path) as held:
        assert held.before == Owner(4711, "there")
    assert not list(path.parent.iterdir())


def test_a_claim_that_is_empty_may_be_in_the_making(path: Path) -> None:
    """On a file system without hard links: it is cleared away when it stays empty, and the lock taken the next time."""
    path.write_text("4711 on there\n")
    dated(path, 190)
    Path(".0-lock").touch()
    with pytest.raises(Taken, match="process 4711 on there"), locked(path):
        pass

    assert not Path(".0-lock").exists()
    with locked(path) as held:
        assert held.before == Owner(4711, "there")


@pytest.mark.parametrize("flock", FLOCKS)
def test_a_turn_comes_whatever_the_file_system_makes_of_flock(
    flock: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it works one process goes in after another; one that hangs is not waited for for ever."""
    pretend("here", flock, monkeypatch)
    monkeypatch.setattr(lock, "TURN_SECONDS", 0.05)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    with in_turn(path), in_turn(path):
        pass

    assert bool(waits) == (flock in ("coherent", "per host"))


def test_the_age_is_told_where_nothing_may_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To list the runs of others, who may be on another machine; then by this one's clock."""
    path.write_text("4711 on there\n")
    monkeypatch.setattr(lock, "beside", lambda path: Path("absent") / path.name)

    assert lock.owner(path) == Owner(4711, "there")
    dated(path, 190)
    assert lock.owner(path) is None


@pytest.fixture
def no_lock(path: Path) -> Iterator[Path]:
    """A pipe that nobody writes into, in the lock's place."""
    os.mkfifo(path)
    yield path
    with suppress(FileNotFoundError):
        path.unlink()


def test_what_is_no_lock_is_nobodys(no_lock: Path) -> None:
    """A pipe, or a folder, in its place: nothing waits for it, and it is named where a lock is wanted."""
    assert lock.owner(no_lock) is None
    with pytest.raises(OSError, match=r"^a pipe, not a file$") as refused, locked(no_lock):
        pass
    assert refused.value.filename == "lock"
    with pytest.raises(OSError, match=r"^a pipe, not a file$"), in_turn(no_lock):
        pass
    no_lock.unlink()
    no_lock.mkdir()
    assert lock.owner(no_lock) is None
    with pytest.raises(OSError, match=r"Is a directory: 'lock'$"), locked(no_lock):
        pass
    no_lock.rmdir()
