"""How runs are removed: whole, or at least in an order that no kill makes a lie of."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import ROOT
from make_runs import finished

from dlexp.records.index import OBSERVING
from dlexp.records.lock import locked
from dlexp.records.removal import remove, size, why_kept
from dlexp.records.run_dir import OWN_FILES, RunDir


class Killed(BaseException):
    """As a signal is: nothing catches it."""


@pytest.fixture
def run_dir(tmp_path: Path) -> RunDir:
    """A finished run with everything that may belong to one."""
    run_dir = finished(tmp_path)
    shutil.copytree(run_dir.path, run_dir.repetition.path)
    being_observed = tmp_path / OBSERVING / run_dir.label
    being_observed.mkdir(parents=True)
    for path in (
        *(run_dir.tags_path, run_dir.note_path, run_dir.log_path, run_dir.checkpoint_path, run_dir.state_path),
        *(run_dir.repetition.log_path, being_observed / "log.txt", being_observed / "history.csv"),
    ):
        path.write_text("x")
    return run_dir


def killed_after(n: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have the process killed when it is to delete the file after `n`; gives what ends that."""
    unlink, left = Path.unlink, [n]

    def unlink_or_die(path: Path, missing_ok: bool = False) -> None:
        if path.name in OWN_FILES and path.name != "lock":
            if left[0] == 0:
                raise Killed
            left[0] -= 1
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_or_die)
    return lambda: monkeypatch.setattr(Path, "unlink", unlink)


def test_a_run_goes_with_all_that_belongs_to_it(run_dir: RunDir, tmp_path: Path) -> None:
    """Its repetition that was observed, one that broke off, and the folders that this leaves empty."""
    n_bytes = sum(path.lstat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert size(run_dir) == n_bytes
    assert remove(run_dir, OWN_FILES) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_killed_removal_leaves_nothing_that_looks_finished(
    run_dir: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every file: the run broke off, is not resumed from a part of it, and goes when it is removed again."""
    whole = tmp_path.with_name("whole")
    shutil.copytree(tmp_path, whole, dirs_exist_ok=True)
    n = 0
    while True:
        restore = killed_after(n, monkeypatch)
        try:
            remove(run_dir, OWN_FILES)
            break
        except Killed:
            restore()
        if n:
            assert run_dir.status == "interrupted"
            assert run_dir.history_path.exists() or not run_dir.has_checkpoint
            assert run_dir.history_path.exists() or not run_dir.state_path.exists()
            assert n < 3 or not (run_dir.tags() or run_dir.note())
            assert remove(run_dir, OWN_FILES) == ""
            assert list(tmp_path.iterdir()) == []
            shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
        else:
            assert run_dir.status == "finished"
        n += 1

    assert n > 12


def test_a_run_that_another_process_has_is_kept(run_dir: RunDir, tmp_path: Path) -> None:
    """The run itself, and one that is being observed; nothing of it is touched."""
    before = sorted(tmp_path.rglob("*"))
    for lock_path in (run_dir.lock_path, tmp_path / OBSERVING / run_dir.label / "lock"):
        with locked(lock_path):
            assert why_kept(run_dir, OWN_FILES) == "under way"
            assert remove(run_dir, OWN_FILES) == "under way"

        assert sorted(tmp_path.rglob("*")) == before


def test_a_run_that_another_process_has_removed_is_gone(run_dir: RunDir) -> None:
    """Nothing is left to do, and nothing is made again."""
    assert remove(run_dir, OWN_FILES) == ""

    assert remove(run_dir, OWN_FILES) == ""
    assert not run_dir.path.exists()


def test_files_of_the_user_keep_a_run(run_dir: RunDir) -> None:
    """Those beside its repetition's too, and the run is as it was."""
    (run_dir.repetition.path / "mine.txt").touch()

    assert why_kept(run_dir, OWN_FILES) == "holds mine.txt, which dlexp did not write"
    assert remove(run_dir, OWN_FILES) == "holds mine.txt, which dlexp did not write"
    assert run_dir.status == "finished"


#: Kills itself when it is to delete the fifth file.
KILLS_ITSELF = """
import os, signal, sys
from pathlib import Path
from dlexp.records.removal import remove
from dlexp.records.run_dir import OWN_FILES, RunDir

unlink, left = Path.unlink, 4

def killed(path, missing_ok=False):
    global left
    if path.name in OWN_FILES and path.name != "lock":
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    unlink(path, missing_ok)

Path.unlink = killed
remove(RunDir(Path(sys.argv[1])), OWN_FILES)
"""


def test_what_a_killed_process_left_goes_with_the_next(run_dir: RunDir, tmp_path: Path) -> None:
    """Its lock ends with it; until then nobody takes the run for finished."""
    killed = subprocess.run([sys.executable, "-c", KILLS_ITSELF, str(run_dir.path)], cwd=ROOT, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert run_dir.lock_path.exists()
    assert run_dir.status == "interrupted"
    assert remove(run_dir, OWN_FILES) == ""
    assert list(tmp_path.iterdir()) == []
