"""`dlexp rm`: what goes, what stays, and that nothing goes unasked."""

import io
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Invoke
from make_runs import changed, failed, finished

from dlexp.records import removal
from dlexp.records.lock import locked
from dlexp.records.run_dir import RunDir
from dlexp.records.summary_csv import rebuild

RUNS = Path("runs")


@pytest.fixture
def rm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Invoke:
    """Run `dlexp rm` in an empty directory, without a terminal; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return partial(invoke, "rm")


def grid() -> list[RunDir]:
    """Two points of a grid, and a run that diverged."""
    rates = (0.1, 0.01)
    points = [finished(RUNS, "grid", 0, 0.9, changed(optimizer={"learning_rate": rate})) for rate in rates]
    return [*points, failed(RUNS, "wild", 1)]


def answering(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a terminal on which the user types this."""
    terminal = io.StringIO(text)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)


def test_without_a_selection_nothing_goes(rm: Invoke) -> None:
    """Neither with --yes."""
    grid()

    code, out, said = rm("--yes")

    assert (code, out) == (2, "")
    assert said.startswith("choose what to remove: names, runs or configs, or a filter such as --status failed")
    assert len(list(RUNS.glob("*/s*"))) == 3


def test_what_would_go_is_listed(rm: Invoke) -> None:
    """With what sets each apart, how it stands, its score and size; then how many they are."""
    runs = grid()
    runs[0].tags_path.write_text("best\n")

    code, out, said = rm("grid", "--dry-run")

    assert code == 0
    assert out.splitlines() == [
        "run                 settings            status    val_accuracy  tags    size",
        "grid/s0-e75095a277  learning_rate=0.01  finished        0.9000        1.7 kB",
        "grid/s0-f8a7e97789  learning_rate=0.1   finished        0.9000  best  1.7 kB",
    ]
    assert said == "2 finished runs, 3.3 kB\nwould remove 2 runs; removed nothing\n"
    assert all(run.path.exists() for run in runs)


def test_without_a_terminal_nothing_goes_unasked(rm: Invoke) -> None:
    """It is listed, then refused."""
    runs = grid()

    code, out, said = rm("grid", "wild")

    assert code == 2
    assert len(out.splitlines()) == 4
    assert said.splitlines() == [
        "3 runs (2 finished, 1 diverged), 4.2 kB",
        "removed 0 runs, 0.0 kB",
        "there is no terminal to ask on; --yes removes 3 runs unasked",
    ]
    assert all(run.path.exists() for run in runs)


@pytest.mark.parametrize(
    ("answer", "gone"), [("y\n", True), ("Yes\n", True), ("\n", False), ("", False), ("all\n", False)]
)
def test_on_a_terminal_the_user_is_asked(answer: str, gone: bool, rm: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Yes is yes; anything else is no."""
    runs = grid()
    answering(answer, monkeypatch)

    code, _, said = rm("grid")

    assert code == 0
    assert "Remove 2 runs? [y/N] " in said
    assert said.endswith("removed 2 runs, 3.3 kB\n" if gone else "removed 0 runs, 0.0 kB\n")
    assert [run.path.exists() for run in runs] == [not gone, not gone, True]


def test_a_filter_alone_is_a_selection(rm: Invoke) -> None:
    """And so is a word with a filter."""
    runs = grid()

    assert rm("--where", "learning_rate == 0.01", "grid", "--yes")[0] == 0
    assert [run.path.exists() for run in runs] == [True, False, True]
    assert rm("--status", "diverged", "--yes")[0] == 0
    assert [run.path.exists() for run in runs] == [True, False, False]


def test_the_table_of_all_runs_is_brought_up_to_date(rm: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is interrupted; no table is begun by removing."""
    second, first, _ = grid()
    rebuild(RUNS)

    def interrupted(run_dir: RunDir, *rest: Any) -> str:
        if run_dir == second:
            raise KeyboardInterrupt
        return removal.remove(run_dir, *rest)

    monkeypatch.setattr("dlexp.workflows.rm.remove_one", interrupted)
    code, _, said = rm("grid", "--yes")

    assert (code, said.splitlines()[1:]) == (130, ["removed 1 run, 1.7 kB", "interrupted"])
    assert (first.path.exists(), second.path.exists()) == (False, True)
    assert second.path.name in (RUNS / "summary.csv").read_text()
    assert first.path.name not in (RUNS / "summary.csv").read_text()


def test_a_run_under_way_is_kept_and_named(rm: Invoke) -> None:
    """Exit code 1 where something selected stays, 3 where other processes have everything."""
    first, second, wild = grid()
    with locked(first.lock_path), locked(second.lock_path):
        code, _, said = rm("grid", "--yes")
        assert (code, said.splitlines()[-1]) == (3, "nothing to remove here: other processes have all these runs")
        assert f"{first.path}: kept: under way" in said

        code, _, said = rm("grid", "wild", "--yes")
        assert (code, said.splitlines()[-1]) == (1, "removed 1 run, 0.8 kB")
    assert [run.path.exists() for run in (first, second, wild)] == [True, True, False]


def test_files_that_dlexp_did_not_write_keep_a_run(rm: Invoke) -> None:
    """The folder stays as it is, and is named."""
    first, *_ = grid()
    (first.path / "thoughts.md").touch()

    code, _, said = rm("grid", "--yes")

    assert code == 1
    assert f"{first.path}: kept: holds thoughts.md, which dlexp did not write" in said
    assert first.status == "finished"


def test_what_lies_behind_a_symbolic_link_is_kept(rm: Invoke) -> None:
    """What lies elsewhere is removed by its own path."""
    outside = finished(Path("elsewhere"))
    RUNS.mkdir()
    (RUNS / "digits").symlink_to(outside.path.parent.resolve())

    assert rm("digits", "--yes")[0] == 1
    assert outside.status == "finished"
    assert rm(str(outside.path), "--yes")[0] == 0
    assert not outside.path.exists()


def test_a_run_that_finished_since_it_was_listed_is_kept(rm: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has agreed to remove a run that broke off."""
    run_dir = finished(RUNS)
    summary = run_dir.summary_path.read_text()
    run_dir.summary_path.unlink()
    run_dir.log_path.touch()
    answering("y\n", monkeypatch)
    monkeypatch.setattr(sys.stdin, "readline", lambda: run_dir.summary_path.write_text(summary) and "y\n")

    code, _, said = rm("digits")

    assert (code, run_dir.status) == (1, "finished")
    assert f"{run_dir.path}: kept: finished since it was listed" in said


def test_many_runs_are_listed_in_twenty_lines(rm: Invoke) -> None:
    """And a count of those that are not shown."""
    for seed in range(25):
        finished(RUNS, seed=seed)

    out = rm("digits", "--dry-run")[1].splitlines()

    assert (len(out), out[-1]) == (21, "and 6 more")
