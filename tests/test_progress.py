"""Progress of runs, read from their records: plain lines, and what a terminal shows."""

import io
import re
import sys
from pathlib import Path

import pytest
from watched import IRIS, Clock, finish, planned, trained

from dlexp.cli.trainings import progress
from dlexp.errors import Interrupted
from dlexp.execution.at_once import AtOnce
from dlexp.execution.failures import record_failure
from dlexp.execution.plan import Plan
from dlexp.records.lock import locked
from dlexp.reports.plan.live_table import Row, live_table
from dlexp.reports.plan.progress import Progress
from dlexp.reports.plan.screen import Screen
from dlexp.training.job import Job


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that the test moves."""
    return Clock(monkeypatch)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """One run of 20 epochs."""
    return planned(tmp_path, [0], a=IRIS)


def one(plan: Plan) -> Job:
    """Its first job."""
    return next(plan.jobs())


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was said since."""
    return capsys.readouterr().err.splitlines()


def test_a_run_begins_and_ends_with_a_line(plan: Plan, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Where its records are; then its score, and its seconds as they are recorded."""
    job = one(plan)
    with Progress(plan) as watcher:
        watcher.started(job)
        watcher.entered(job, "starting TensorFlow")
        clock.pass_(6)
        watcher.tick()
        finish(job, seconds=1.7, accuracy=0.941)
        watcher.ended(job)

    assert lines(capsys) == [
        f"a, seed 0: training 20 epochs, records in {job.path}",
        "a, seed 0: starting TensorFlow",
        "[1/1] a, seed 0: val_accuracy 0.9410 after 1.7 s",
    ]


def test_time_left_follows_the_pace_of_the_last_epochs(
    plan: Plan, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came before the first epoch is not part of it, nor is that one's compilation: 2 s each for 14 others."""
    job, watcher = one(plan), Progress(plan)
    watcher.started(job)
    trained(job, [9.0])
    clock.pass_(50)
    watcher.tick()
    trained(job, [9.0, 4.0, 1.0, 2.0, 2.0, 3.0])
    clock.pass_(50)
    watcher.tick()

    assert lines(capsys)[1:] == [
        "a, seed 0: epoch 1/20, loss 0.5000",
        "a, seed 0: epoch 6/20, loss 0.5000, about 28 s left",
    ]


def test_all_runs_together_say_a_line_in_five_seconds(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """How far all are, of one run also where it is; nothing while nothing moves."""
    plan = planned(tmp_path, [0, 1, 2], a=IRIS)
    first, second, _ = plan.jobs()
    with Progress(plan, AtOnce(2)) as watcher:
        for job in (first, second):
            watcher.started(job)
            watcher.entered(job, "training")
        for n in (1, 2, 3):
            trained(first, [1.0] * n)
            trained(second, [1.0] * n)
            clock.pass_(2)
            watcher.tick()
        clock.pass_(5)
        watcher.tick()
        finish(first, seconds=20.0)
        watcher.ended(first)
        trained(second, [1.0] * 10)
        clock.pass_(5)
        watcher.tick()
        watcher.ended(second)

    assert [line for line in lines(capsys) if "records in" not in line] == [
        "3 runs to train",
        "0 of 3 runs done, about 37 s left; 2 under way",
        "[1/3] a, seed 0: val_accuracy 0.9000 after 20.0 s",
        "a, seed 1: epoch 10/20, loss 0.5000, about 10 s left (1 of 3 runs done, about 20 s left)",
        "[2/3] a, seed 1: interrupted",
    ]


@pytest.mark.parametrize(("n", "epochs", "runs"), [(1, "1 epoch", []), (2, "2 epochs", ["2 runs to train"])])
def test_one_is_no_plural(
    n: int, epochs: str, runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the line that begins a run, nor in that of all; a single run needs none."""
    plan = planned(tmp_path, range(n), a=IRIS.replace("20", str(n)))
    job = one(plan)
    with Progress(plan) as watcher:
        watcher.started(job)

    assert lines(capsys) == [*runs, f"a, seed 0: training {epochs}, records in {job.path}"]


def test_a_run_without_a_result_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, whatever the error says, and of one that diverged at the end; what another process has is no end."""
    plan = planned(tmp_path, [0, 1, 2], a=IRIS)
    failed, diverged, left = plan.jobs()
    watcher = Progress(plan)
    nan = ArithmeticError("loss is nan after epoch 3\nmore")
    nan.epoch = 3  # type: ignore[attr-defined]
    for job, error in ((failed, KeyError("planted")), (diverged, nan)):
        watcher.started(job)
        record_failure(job, error)
        watcher.ended(job)
    watcher.started(left)
    with locked(left.run_dir.lock_path):
        watcher.ended(left)

    ends = [line for line in lines(capsys) if "records in" not in line]
    assert ends[:2] == [
        "[1/3] a, seed 0: failed: KeyError: 'planted'",
        "[2/3] a, seed 1: diverged",
    ]
    assert re.fullmatch(r"a, seed 2: left to process \d+ on \S+", ends[2])


def test_of_a_resumed_run_only_what_is_new_is_said(
    plan: Plan, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed after epoch 12, resumed after 10: nothing is said of 12 and 10."""
    job, watcher = one(plan), Progress(plan)
    trained(job, [1.0] * 12)
    watcher.started(job)
    for n in (12, 10, 11):
        trained(job, [1.0] * n)
        if n == 11:
            watcher.entered(job, "training")
        clock.pass_(6)
        watcher.tick()

    assert [line.partition(", loss")[0] for line in lines(capsys)[1:]] == [
        "a, seed 0: starting",
        "a, seed 0: epoch 11/20",
    ]


def test_a_damaged_history_stops_nobody(plan: Plan, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """The worker begins it again."""
    job, watcher = one(plan), Progress(plan)
    job.run_dir.history_path.write_text("epoch,seconds,loss\nx\n4,1.0,0.5\n")
    watcher.started(job)
    watcher.entered(job, "training")
    trained(job, [10.0])
    clock.pass_(5)
    watcher.tick()

    assert lines(capsys)[1:] == ["a, seed 0: epoch 1/20, loss 0.5000, about 3.2 min left"]


def test_a_run_that_is_tried_again_counts_once(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    """It was left to another process, which ended before it was looked at."""
    job, watcher = one(plan), Progress(plan)
    for _ in range(2):
        watcher.started(job)
        watcher.ended(job)

    assert [line for line in lines(capsys) if line.startswith("[")] == ["[1/1] a, seed 0: interrupted"] * 2


def test_a_quiet_one_says_nothing(plan: Plan, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither of a run that begins nor of one that ends; what failed, the command says at its end."""
    job = one(plan)
    with Progress(plan, is_quiet=True) as watcher:
        watcher.started(job)
        trained(job, [1.0] * 3)
        clock.pass_(9)
        watcher.tick()
        record_failure(job, KeyError("planted"))
        watcher.ended(job)

    assert lines(capsys) == []


def test_an_interrupted_command_says_how_far_it_got(tmp_path: Path) -> None:
    """A run that ended while the command was interrupted is done too."""
    plan = planned(tmp_path, range(3), a=IRIS)
    first, last, running = plan.jobs()

    def interrupt(watcher: Progress) -> None:
        for job in (first, last, running):
            watcher.started(job)
        finish(first, seconds=1)
        watcher.ended(first)
        finish(last, seconds=1)
        raise KeyboardInterrupt

    with (
        pytest.raises(Interrupted, match=r"^interrupted: 2 of 3 runs done; the same command resumes the rest$"),
        progress(plan, AtOnce(), is_quiet=True) as watcher,
    ):
        interrupt(watcher)


def row(label: str, seed: int, place: str = "7/30", left: str = "3 s", **scores: float) -> Row:
    """A run under way."""
    known = scores or {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.6, "val_accuracy": 0.941}
    return Row(label=label, seed=seed, place=place, scores=known, left=left)


def test_the_table_has_the_scores_that_there_is_room_for() -> None:
    """The main one last of all to go; a stage where there is no epoch."""
    rows = [
        row("grid hidden=[64, 64] learning_rate=0.01", 0),
        row("grid hidden=[64] learning_rate=0.1", 1, "loading data", ""),
    ]

    assert live_table("3 of 27 runs done", rows, 110, 10) == [
        "3 of 27 runs done",
        "run                                      seed         epoch  val_accuracy    loss  val_loss  accuracy  left",
        "grid hidden=[64, 64] learning_rate=0.01     0          7/30        0.9410  0.5000    0.6000    0.8000   3 s",
        "grid hidden=[64] learning_rate=0.1          1  loading data        0.9410  0.5000    0.6000    0.8000",
    ]
    assert live_table("3 of 27 runs done", rows, 80, 10) == [
        "3 of 27 runs done",
        "run                               seed         epoch  val_accuracy    loss  left",
        "hidden=[64, 64] learning_r…=0.01     0          7/30        0.9410  0.5000   3 s",
        "hidden=[64] learning_r…=0.1          1  loading data        0.9410  0.5000",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("height", [4, 10, 60])
def test_the_table_fits(width: int, height: int) -> None:
    """However many runs there are and however long their labels, which stay distinct."""
    rows = [
        row(f"a_long_name hidden=[64, 64, 64, 64, 64, 64] learning_rate=0.{i} decay=0.001", i % 3) for i in range(50)
    ]

    found = live_table("0 of 50 runs done", rows, width, height)
    assert max(map(len, found)) <= width
    assert len(found) <= height
    n_shown = 50 if height == 60 else height - 3
    assert "=[64, 64" in found[-1] if height == 60 else found[-1] == f"and {50 - n_shown} more"
    assert width == 40 or len(set(found[2:])) == len(found[2:])


def test_scores_that_only_some_runs_have_leave_others_empty() -> None:
    """Unlike experiments of one command."""
    found = live_table("", [row("a", 0, mae=2.5), row("b", 0, accuracy=0.5)], 80, 10)

    assert [line.split() for line in found[2:]] == [
        ["a", "0", "7/30", "2.5000", "3", "s"],
        ["b", "0", "7/30", "0.5000", "3", "s"],
    ]


class Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """From now on stderr is a terminal of 60 columns. pytest replaces what a fixture makes of it."""
    for name, value in {"TERM": "xterm", "COLUMNS": "60", "LINES": "12", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    found = Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    return found


def test_a_terminal_shows_a_wheel_and_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is no wider than it, no order to it, and gone at the end; what is said stays above."""
    terminal = on_terminal(monkeypatch)
    with Screen() as screen:
        screen.show("starting [red]\x1b[2J" + "x" * 90)
        screen._live.refresh()
        print("said", file=sys.stderr)
    sent = terminal.getvalue()

    shown, *_ = {line for line in re.split(r"[\r\n]|\x1b\[[0-9?]*[A-Za-z]", sent) if "starting" in line}
    assert re.fullmatch(r". starting \[red\]\\x1b\[2Jx+…", shown)
    assert len(shown) == 60 - len("^C^C")  # What the terminal echoes stays in the line.
    assert "said\n" in sent
    assert sent.endswith("\r\x1b[1A\x1b[2K")


def test_names_of_scores_are_no_orders_to_the_terminal(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The column of a target in the table, neither as an escape sequence nor as rich's markup."""
    terminal = on_terminal(monkeypatch)
    job = one(plan)
    with Progress(plan) as watcher:
        watcher.started(job)
        job.run_dir.history_path.write_text("epoch,seconds,[red]\x1b[2J_loss\n1,1.0,0.5\n")
        watcher.tick()
        watcher._screen._live.refresh()

    assert r"[red]\x1b[2J_loss" in terminal.getvalue()


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in a pipe nor on a quiet terminal."""
    with Screen() as screen:
        screen.show("starting")

    assert not screen.is_shown
    assert capsys.readouterr() == ("", "")
