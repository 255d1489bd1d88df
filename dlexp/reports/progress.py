"""Progress of many runs, read from their records: a live table on a terminal, plain lines elsewhere."""

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.table import Table

from dlexp import console
from dlexp.components.metrics import OTHER_COLUMNS
from dlexp.runs.run_dir import DamagedRecord, RunDir
from dlexp.training.job import Job

#: A run says no more than one plain line in this many seconds.
SECONDS_BETWEEN_LINES = 5.0


@dataclass
class _Active:
    """A run under way."""

    job: Job
    started: float = field(init=False)
    said: float = field(init=False)
    began: int = field(init=False)
    """The epoch that it goes on after; until its history is cut back to that, the last one there."""
    epoch_said: int = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.said = time.monotonic()
        self.began = self.epoch_said = int(_last_row(self.job).get("epoch", 0))

    def last_row(self) -> dict[str, float]:
        row = _last_row(self.job)
        epoch = int(row.get("epoch", 0))
        self.began, self.epoch_said = min(self.began, epoch), min(self.epoch_said, epoch)
        return row

    def seconds_left(self, epoch: int) -> float | None:
        """From the pace of this process, start-up included."""
        if epoch <= self.began:
            return None
        seconds = time.monotonic() - self.started
        return seconds * (self.job.experiment.training.epochs - epoch) / (epoch - self.began)


class Progress:
    """Watches runs: enter it, hand it to the scheduler, leave it."""

    def __init__(self, n_runs: int) -> None:
        self.n_runs = n_runs
        self.n_ended = 0
        self._active: dict[object, _Active] = {}
        self._live = Live(console=console.err(), transient=True, auto_refresh=False) if _on_terminal() else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def started(self, job: Job) -> None:
        """A job was given to a worker."""
        self._active[job.path] = _Active(job)
        if not self._live:
            console.say(f"{job.label}: training {job.experiment.training.epochs} epochs, records in {job.path}")

    def tick(self) -> None:
        """Show where every run is."""
        if self._live:
            self._live.update(self._table(), refresh=True)
            return
        for active in self._active.values():
            is_due = time.monotonic() - active.said >= SECONDS_BETWEEN_LINES
            if is_due or active.began:  # Where a run goes on from is seen only until its next epochs are there.
                row = active.last_row()
                if is_due and row.get("epoch", 0) > active.epoch_said:
                    active.said, active.epoch_said = time.monotonic(), int(row["epoch"])
                    console.say(f"{active.job.label}: {self._line(active, row)}")

    def ended(self, job: Job) -> None:
        """Say how a run ended."""
        active = self._active.pop(job.path)
        self.n_ended += 1
        seconds = time.monotonic() - active.started
        line = f"[{self.n_ended}/{self.n_runs}] {job.label}: {RunDir(job.path).status} after {seconds:.1f} s"
        if self._live:
            self._live.console.print(line, markup=False)
        else:
            console.say(line)

    def _line(self, active: _Active, row: dict[str, float]) -> str:
        epoch = int(row["epoch"])
        left = active.seconds_left(epoch)
        return ", ".join(
            [f"epoch {epoch}/{active.job.experiment.training.epochs}", *_scores(row), f"{left:.0f} s left"]
        )

    def _table(self) -> Table:
        table = Table(title=f"{self.n_ended} of {self.n_runs} runs done", title_justify="left", box=None)
        for column in ("run", "epoch", "scores", "left"):
            table.add_column(column, overflow="fold")
        for active in self._active.values():
            row = active.last_row()
            epoch = int(row.get("epoch", 0))
            left = active.seconds_left(epoch)
            table.add_row(
                active.job.label,
                f"{epoch}/{active.job.experiment.training.epochs}",
                ", ".join(_scores(row)) or "starting",
                "" if left is None else f"{left:.0f} s",
            )
        return table


def _last_row(job: Job) -> dict[str, float]:
    """The last epoch so far; of a damaged history none: the worker does not go on with it, and begins it anew."""
    try:
        rows = RunDir(job.path).history()
    except DamagedRecord:
        return {}
    return rows[-1] if rows else {}


def _scores(row: dict[str, float]) -> list[str]:
    return [f"{name} {value:.4f}" for name, value in row.items() if name not in OTHER_COLUMNS]


def _on_terminal() -> bool:
    return console.err().is_terminal
