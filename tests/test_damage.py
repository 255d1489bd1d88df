"""Whatever happens to the files in runs/: one clear line each, and every other run is still read."""

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Invoke
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jobs import IRIS, job_of
from make_runs import finished

from dlexp.execution.execute import execute
from dlexp.records import index
from dlexp.records.history import HistoryWriter
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir

RUNS = Path("runs")


def truncated(path: Path) -> None:
    """Half of it."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    """A file system that lost its blocks."""
    path.write_bytes(b"")


def deleted(path: Path) -> None:
    """Gone."""
    path.unlink()


def foreign_bytes(path: Path) -> None:
    """No text at all."""
    path.write_bytes(bytes(range(256)) * 20)


def a_list(path: Path) -> None:
    """JSON, and YAML, of another kind."""
    path.write_text("[1, 2]")


def wrong_types(path: Path) -> None:
    """The right keys with nonsense behind them."""
    path.write_text(
        json.dumps({"seed": "0", "identity": 7, "config": [], "metrics": {"loss": "low"}, "epochs": {}, "ended": 3})
    )


def nested(path: Path) -> None:
    """Deeper than any parser goes."""
    path.write_text("[" * 100_000)


def directory(path: Path) -> None:
    """A folder of its name."""
    path.unlink()
    path.mkdir()


def loop(path: Path) -> None:
    """A symbolic link to itself."""
    path.unlink()
    path.symlink_to(path.name)


DAMAGES = (truncated, emptied, deleted, foreign_bytes, a_list, wrong_types, nested, directory, loop)
#: What reads every run, and does without the damaged one.
LISTS = ("ls", "ls --format json", "compare", "compare good bad")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunDir, RunDir]:
    """A run that stays whole and one to be damaged."""
    monkeypatch.chdir(tmp_path)
    return finished(RUNS, "good"), finished(RUNS, "bad", seed=1)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", ["config.yaml", "history.csv", "summary.json"])
def test_damage_stops_no_command(
    damage: Callable[[Path], None], file: str, runs: tuple[RunDir, RunDir], invoke: Invoke
) -> None:
    """A damaged summary is said in a line, and its run has no part in a result; the whole run is in every list."""
    good, bad = runs
    path = bad.path / file
    damage(path)
    is_said = file == "summary.json" and damage is not deleted

    for command in LISTS:
        code, out, err = invoke(*command.split())

        assert (code, f"{path}: damaged: " in err, len(err.splitlines()) <= 1) == (0, is_said, True), command
        assert "good" in out, command
    code, out, err = invoke("show", "bad")
    assert (code, err) == (0, "")
    assert not is_said or f"{path}: damaged: " in out
    assert invoke("clean", "--failed", "--dry-run")[0] == 0
    assert invoke("why", "bad", "good")[0] == (2 if file == "summary.json" else 0)
    assert good in [run.dir for run in index.finished(RUNS)]


@pytest.mark.parametrize("name", ["notes.txt", "s0-xyz", ".hidden", "s0-0123456789"])
def test_foreign_files_are_passed_over(name: str, runs: tuple[RunDir, RunDir], invoke: Invoke) -> None:
    """At every level, a file where a run's folder could be included."""
    for folder in (RUNS, RUNS / "good", runs[0].path):
        (folder / name).write_text("what the user keeps here")

    code, out, err = invoke("ls")

    assert code == 0
    assert len(out.splitlines()) == 3
    assert "Traceback" not in err


@given(content=st.binary(max_size=60), at=st.integers(0, 2000))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_in_a_summary_are_a_record_or_damage(content: bytes, at: int, runs: tuple[RunDir, RunDir]) -> None:
    """Written over any part of it."""
    _, bad = runs
    whole = bad.summary_path.read_bytes()
    try:
        bad.summary_path.write_bytes(whole[:at] + content + whole[at + len(content) :])
        assert index.read(bad).status in ("finished", "damaged")
    finally:
        bad.summary_path.write_bytes(whole)


@pytest.mark.training
def test_a_full_disk_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noted and logged; with room again the run is trained in the same place."""
    epochs: list[object] = []

    def write(self: HistoryWriter, row: object) -> None:
        if epochs:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        epochs.append(row)
        write_really(self, row)  # type: ignore[arg-type]

    write_really = HistoryWriter.write
    job = job_of(tmp_path, IRIS)
    with monkeypatch.context() as patch:
        patch.setattr(HistoryWriter, "write", write)
        execute(job)

    run_dir = RunDir(job.path)
    assert (run_dir.status, len(run_dir.history())) == ("interrupted", 1)
    assert read(run_dir).what == "No space left on device"
    assert "No space left on device" in run_dir.log_path.read_text()
    execute(job)
    assert run_dir.status == "finished"
    assert run_dir.interruption() is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.training
def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    """Too small for a model: no record is half written, and with room again the run goes on."""
    job = job_of(small_disk, IRIS)
    execute(job)

    run_dir = RunDir(job.path)
    assert run_dir.status == "interrupted"
    assert read(run_dir).what == f"No space left on device: {run_dir.model_path}"
    assert run_dir.summary() is None
    assert not list(job.path.glob(".*"))  # Nothing is left beside the files.
    shutil.rmtree(job.path)


@pytest.mark.training
def test_runs_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """One line and exit code 2, before anything is trained."""
    monkeypatch.chdir(tmp_path)
    Path("iris.yaml").write_text(IRIS)

    def mkdir(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    code, _, err = invoke("run", "iris.yaml")

    assert code == 2
    assert err.splitlines()[-1] == "runs/iris: cannot make a run directory here: Permission denied"


def test_odd_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    """Blanks and letters of other alphabets in a path."""
    folder = tmp_path / "meine Läufe — 実験"
    folder.mkdir()
    monkeypatch.chdir(folder)
    run_dir = finished(RUNS, "größer (2)")

    assert run_dir.path.name in invoke("ls")[1]
    assert invoke("show", "größer (2)")[0] == 0
