"""`dlexp clean`: what goes, and what never does."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from commands import Invoke
from make_runs import failed, finished

from dlexp.config.names import SUMMARY_CSV
from dlexp.records import clean as clean_module
from dlexp.records.lock import locked
from dlexp.records.numbering import Numbering
from dlexp.records.removal import size
from dlexp.records.run_dir import OWN_FILES, RunDir
from dlexp.records.summary_csv import rebuild
from dlexp.training.after import After
from dlexp.whole_files import beside
from dlexp.workflows import runner


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run `dlexp clean` in an empty directory; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return partial(invoke, "clean")


RUNS, SMOKE = Path("runs"), Path("runs/.smoke")


def broken_off(runs_dir: Path = RUNS, seed: int = 7) -> RunDir:
    """A run that was killed some time ago."""
    run_dir = Numbering(runs_dir).create("digits", seed, "a" * 64)
    run_dir.write_config("name: it\n")
    run_dir.log_path.write_text("epoch 1/2\n")
    return run_dir


def test_without_a_flag_it_asks_what_to_remove(clean: Invoke) -> None:
    """Nothing is removed by accident."""
    kept = failed(RUNS)

    code, _, said = clean()

    assert code == 2
    assert said.startswith("say what to remove: --smoke, --failed")
    assert kept.path.exists()


def test_failed_keeps_what_can_be_gone_on_with(clean: Invoke) -> None:
    """Nothing that is recorded is lost: the same `run` goes on from the checkpoint."""
    kept, gone = broken_off(), failed(RUNS)
    kept.checkpoint_path.write_bytes(b"state")

    code, out, _ = clean("--failed")

    assert (code, kept.path.exists(), gone.path.exists()) == (0, True, False)
    assert out.startswith(f"{gone.path}: failed, ")


def test_failed_removes_failed_and_broken_off_runs(clean: Invoke) -> None:
    """And no finished run, no smoke run; a name without runs goes too."""
    kept = [finished(RUNS), finished(SMOKE), failed(SMOKE, seed=1)]
    gone = [failed(RUNS, seed=1), failed(RUNS, name="alone"), broken_off()]

    code, out, said = clean("--failed")

    assert code == 0
    assert all(run_dir.path.exists() for run_dir in kept)
    assert not any(run_dir.path.exists() for run_dir in gone)
    assert not (RUNS / "alone").exists()
    assert [line.split(", ")[0] for line in out.splitlines()] == [
        f"{gone[1].path}: failed",
        f"{gone[0].path}: failed",
        f"{gone[2].path}: interrupted",
    ]
    assert said.startswith("removed 3 runs, ")


def test_smoke_removes_smoke_runs_however_they_ended(clean: Invoke) -> None:
    """And their folder; no other run."""
    finished(SMOKE)
    failed(SMOKE, seed=1)
    kept = failed(RUNS)

    assert clean("--smoke")[0] == 0

    assert not SMOKE.exists()
    assert kept.path.exists()


def test_dry_run_removes_nothing(clean: Invoke) -> None:
    """The same lines, the same runs afterwards."""
    failed(RUNS)

    would = clean("--failed", "--dry-run")
    does = clean("--failed")

    assert would[1] == does[1]
    assert would[2].replace("would remove", "removed") == does[2]
    assert not list(RUNS.iterdir())


def test_run_under_way_is_kept(clean: Invoke) -> None:
    """Its worker holds its lock; one that is about to start has no log yet."""
    training, starting = broken_off(), Numbering(RUNS).create("digits", 8, "b" * 64)
    with locked(training.lock_path):
        _, out, said = clean("--failed")

    assert out == ""
    assert said.count("kept: under way") == 2
    os.utime(starting.path, (0, 0))
    assert len(clean("--failed")[1].splitlines()) == 2


def between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[RunDir], object]) -> None:
    """Have something happen to a run after it was listed, before it is removed."""

    def delayed(run_dir: RunDir) -> int:
        happens(run_dir)
        return size(run_dir)

    monkeypatch.setattr(clean_module, "size", delayed)


def test_a_run_that_finishes_in_between_is_kept(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at again under its lock; nothing of it is touched."""
    run_dir = broken_off()
    record = json.loads(finished(Path("elsewhere")).summary_path.read_text())
    own = record | {"seed": 7, "identity": "a" * 64}
    between(monkeypatch, lambda each: each.write_summary(own))

    _, out, said = clean("--failed")

    assert (run_dir.status, out) == ("finished", "")
    assert said == f"{run_dir.path}: kept: finished since it was listed\nremoved 0 runs, 0.0 kB\n"
    assert not run_dir.lock_path.exists()


def test_a_run_that_is_resumed_in_between_is_kept(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: `clean` waits for nobody. So is one that has a checkpoint by then."""
    resumed, saved = broken_off(), failed(RUNS, seed=1)
    saved.failure_path.unlink()
    saved.log_path.write_text("epoch 1/2\n")
    with ExitStack() as stack:

        def happens(run_dir: RunDir) -> None:
            if run_dir == resumed:
                stack.enter_context(locked(run_dir.lock_path))
            else:
                run_dir.checkpoint_path.write_bytes(b"state")

        between(monkeypatch, happens)
        _, out, said = clean("--failed")

    assert out == ""
    assert f"{resumed.path}: kept: under way" in said
    assert f"{saved.path}: kept: changed since it was listed" in said
    assert resumed.log_path.exists()


def test_a_note_that_comes_in_between_is_kept(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its run."""
    run_dir = failed(RUNS)
    between(monkeypatch, lambda each: (each.path / "notes.txt").write_text("why?"))

    _, out, said = clean("--failed")

    assert (out, run_dir.status) == ("", "failed")
    assert "kept: holds notes.txt, which dlexp did not write" in said


def test_a_run_that_is_gone_by_then_is_no_error(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another `clean` was faster."""
    run_dir = failed(RUNS)
    between(monkeypatch, lambda each: shutil.rmtree(each.path))

    code, out, said = clean("--failed")

    assert (code, out) == (0, f"{run_dir.path}: failed, 0.0 kB\n")
    assert "kept" not in said


def test_a_run_that_is_gone_before_it_is_looked_at_is_no_error(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the list and the look at a single run, too."""
    run_dir = broken_off()
    listed = clean_module.unfinished_runs(RUNS)
    shutil.rmtree(run_dir.path)
    monkeypatch.setattr(clean_module, "unfinished_runs", lambda folder: listed if folder == RUNS else [])

    code, out, said = clean("--failed")

    assert (code, out) == (0, f"{run_dir.path}: interrupted, 0.0 kB\n")
    assert "kept" not in said


def test_what_was_made_after_a_run_goes_with_it(clean: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is no other program's if it stands in the list of what every finished run is given."""
    (finished(SMOKE).path / "history.parquet").touch()
    monkeypatch.setattr(runner, "AFTER", (After("history.parquet", "exported", print),))

    assert clean("--smoke")[0] == 0
    assert not SMOKE.exists()


def test_damaged_records_and_foreign_files_are_kept(clean: Invoke) -> None:
    """What cannot be read may have been finished; a note of the user's is the user's, with the run around it."""
    damaged, noted = finished(RUNS), failed(RUNS, seed=1)
    damaged.summary_path.write_text("{")
    (noted.path / "notes.txt").write_text("why?")
    (RUNS / "notes.txt").write_text("what?")

    _, out, said = clean("--failed")

    assert out == ""
    assert f"{noted.path}: kept: holds notes.txt, which dlexp did not write" in said
    assert noted.failure_path.exists()
    assert damaged.path.exists()
    assert (RUNS / "notes.txt").exists()


@pytest.mark.parametrize("damage", [lambda path: path.write_text("null"), os.mkfifo], ids=["null", "pipe"])
def test_damaged_runs_are_named_for_the_user_to_remove(clean: Invoke, damage: Callable[[Path], object]) -> None:
    """What cannot be read may have been finished: it stays, and is said to stay."""
    first, second = finished(RUNS), finished(RUNS, seed=1)
    for run_dir in (second, first):
        run_dir.summary_path.unlink()
        damage(run_dir.summary_path)
    failed(RUNS, seed=2)

    would, does = clean("--failed", "--dry-run")[2].splitlines(), clean("--failed")[2].splitlines()
    shutil.rmtree(second.path)
    after = clean("--failed")[2].splitlines()

    assert (
        would[0]
        == does[0]
        == (
            f"kept 2 damaged runs, the first of them {first.path}: "
            "once you need nothing in their folders: dlexp rm --status damaged"
        )
    )
    assert [line[-1].split(",")[0] for line in (would, does)] == ["would remove 1 run", "removed 1 run"]
    assert after == [
        f"kept 1 damaged run, {first.path}: once you need nothing in its folder: dlexp rm {first.path}",
        "removed 0 runs, 0.0 kB",
    ]
    assert len(clean("--smoke")[2].splitlines()) == 1


def test_symbolic_links_are_never_followed(clean: Invoke, tmp_path: Path) -> None:
    """Neither a run, nor a name, nor the smoke runs, nor a file in a run."""
    elsewhere = Path("elsewhere")
    outside = failed(elsewhere)
    RUNS.mkdir()
    (RUNS / "linked_name").symlink_to(outside.path.parent.resolve())
    (RUNS / ".smoke").symlink_to(elsewhere.resolve())
    (RUNS / "name").mkdir()
    (RUNS / "name" / outside.path.name).symlink_to(outside.path.resolve())
    with_link = failed(RUNS, seed=1)
    (with_link.path / "log.txt").symlink_to(outside.config_path.resolve())

    _, out, said = clean("--failed", "--smoke")

    assert out == ""
    assert "kept: holds log.txt" in said
    assert sorted(path.name for path in outside.path.iterdir()) == ["config.yaml", "failure.json"]


def test_what_a_killed_write_left_goes_with_the_run(clean: Invoke) -> None:
    """A file that was never renamed is dlexp's own, of whatever machine, process and version; no other is."""
    run_dir, noted = broken_off(), broken_off(seed=8)
    for path in [
        run_dir.path / ".4711-summary.json",
        beside(run_dir.summary_path),
        run_dir.path / ".gpu-3.example.org-4711-checkpoint-previous.npz",
        run_dir.path / ".0-lock",
        beside(run_dir.path / ".0-lock"),
        noted.path / ".gpu-3-4711-notes.txt",
    ]:
        path.write_text("{")

    _, _, said = clean("--failed")

    assert not run_dir.path.exists()
    assert f"{noted.path}: kept: holds .gpu-3-4711-notes.txt, which dlexp did not write" in said


def test_no_runs_directory_is_nothing_to_remove(clean: Invoke) -> None:
    """As where all is clean."""
    assert clean("--failed", "--smoke") == (0, "", "removed 0 runs, 0.0 kB\n")


def test_the_table_of_all_runs_is_brought_up_to_date(clean: Invoke) -> None:
    """Whatever became of the runs since it was written; where there is none, none is made, nor by a dry run."""
    finished(RUNS)
    clean("--failed")
    assert not (RUNS / SUMMARY_CSV).exists()
    rebuild(RUNS)
    before = (RUNS / SUMMARY_CSV).read_text()
    finished(RUNS, seed=1)

    clean("--failed", "--dry-run")
    assert (RUNS / SUMMARY_CSV).read_text() == before
    clean("--failed")
    assert (RUNS / SUMMARY_CSV).read_text().count("\n") == 3


def test_own_files_are_all_that_a_run_directory_names() -> None:
    """A new record must be known to `clean`."""
    run_dir = RunDir(Path("s0"))
    names = [getattr(run_dir, name).name for name in vars(RunDir) if name.endswith("_path")]

    assert sorted(names) == sorted(OWN_FILES)
