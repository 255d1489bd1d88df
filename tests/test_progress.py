"""Progress of runs, read from their records."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from dlexp.config.load import load
from dlexp.records.history import HistoryWriter
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.reports.plan.progress import Progress
from dlexp.training.job import Job

#: Waits so many seconds, then looks.
Tick = Callable[[float], None]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A run of 20 epochs."""
    (tmp_path / "a.yaml").write_text("dataset: iris\ntraining: {epochs: 20}\n")
    experiment = load(tmp_path / "a.yaml").experiment
    run_dir = Numbering(tmp_path / "runs").create("a", 0, "d" * 64)
    return Job(
        experiment=experiment,
        seed=0,
        identity="d" * 64,
        data_digest="data",
        path=run_dir.path,
        experiment_label=experiment.name,
        data_dir=None,
        stand_in=False,
        provenance={},
    )


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> tuple[Progress, Tick]:
    """One that says plain lines, and its clock."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watcher = Progress(1)

    def tick(seconds: float) -> None:
        now[0] += seconds
        watcher.tick()

    return watcher, tick


def trained(job: Job, seconds: Sequence[float]) -> None:
    """Its history has so many epochs, which took so long."""
    with HistoryWriter(RunDir(job.path).history_path, ["epoch", "seconds", "loss"]) as writer:
        for epoch, each in enumerate(seconds, start=1):
            writer.write({"epoch": epoch, "seconds": each, "loss": 0.5})


def test_time_left_follows_the_pace_of_the_last_epochs(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """What came before the first epoch is not part of it, nor is that one's compilation: 2 s each for 14 others."""
    watcher, tick = watching
    watcher.started(job)
    trained(job, [9.0, 4.0, 1.0, 2.0, 2.0, 3.0])
    tick(100)

    assert capsys.readouterr().err.splitlines()[1:] == ["a, seed 0: epoch 6/20, loss 0.5000, 28 s left"]


def test_the_pace_is_in_the_table_of_a_terminal(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first epoch there is none."""
    watcher, _ = watching
    watcher.started(job)
    columns = [list(column.cells) for column in watcher._table().columns]
    trained(job, [0.5] * 18)

    assert columns == [["a, seed 0"], ["0/20"], ["starting"], [""]]
    assert [list(column.cells) for column in watcher._table().columns] == [
        ["a, seed 0"],
        ["18/20"],
        ["loss 0.5000"],
        ["1 s"],
    ]


@pytest.mark.parametrize(("n", "epochs", "runs"), [(1, "1 epoch", "1 run"), (2, "2 epochs", "2 runs")])
def test_one_is_no_plural(n: int, epochs: str, runs: str, job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the line that begins a run, nor above the table."""
    watcher = Progress(n)
    training = job.experiment.training.model_copy(update={"epochs": n})
    watcher.started(replace(job, experiment=job.experiment.model_copy(update={"training": training})))

    assert capsys.readouterr().err == f"a, seed 0: training {epochs}, records in {job.path}\n"
    assert watcher._table().title == f"0 of {runs} done"


def test_names_of_scores_are_no_orders_to_the_terminal(job: Job, watching: tuple[Progress, Tick]) -> None:
    """The column of a target in the table, neither as an escape sequence nor as rich's markup."""
    watcher, _ = watching
    watcher.started(job)
    with HistoryWriter(RunDir(job.path).history_path, ["epoch", "seconds", "[red]\x1b[2J_loss"]) as writer:
        writer.write({"epoch": 1, "seconds": 1.0, "[red]\x1b[2J_loss": 0.5})
    console = Console(width=80)
    with console.capture() as capture:
        console.print(watcher._table())

    assert r"[red]\x1b[2J_loss 0.5000" in capture.get()


def test_of_a_run_that_goes_on_only_what_is_new_is_said(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed after epoch 12, gone on with after 10: nothing is said of 12 and 10, and of 11 and the new 12 once."""
    watcher, tick = watching
    for n in (12, 10, 11, 12):
        trained(job, [1.0] * n)
        if n == 12 and not watcher._active:
            watcher.started(job)
        tick(5)
        tick(1)

    assert capsys.readouterr().err.splitlines()[1:] == [
        "a, seed 0: epoch 11/20, loss 0.5000, 9 s left",
        "a, seed 0: epoch 12/20, loss 0.5000, 8 s left",
    ]


def test_a_damaged_history_stops_nobody(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """The worker begins it anew."""
    watcher, tick = watching
    RunDir(job.path).history_path.write_text("epoch,seconds,loss\nx\n4,1.0,0.5\n")
    watcher.started(job)
    tick(5)
    trained(job, [10.0])
    tick(5)

    assert capsys.readouterr().err.splitlines()[1:] == ["a, seed 0: epoch 1/20, loss 0.5000, 190 s left"]


def test_a_run_that_is_tried_again_counts_once(
    job: Job, watching: tuple[Progress, Tick], capsys: pytest.CaptureFixture[str]
) -> None:
    """It was left to another process, which ended before it was looked at."""
    watcher, _ = watching
    for _ in range(2):
        watcher.started(job)
        watcher.ended(job)

    ends = [line for line in capsys.readouterr().err.splitlines() if line.startswith("[")]
    assert ends == ["[1/1] a, seed 0: interrupted after 0.0 s"] * 2
