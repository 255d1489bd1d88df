"""Progress of many runs, read from their records: a live table on a terminal, plain lines elsewhere."""

import time
from pathlib import Path
from statistics import median
from typing import Self

from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table

from dlexp import console
from dlexp.components.columns import OTHER_COLUMNS
from dlexp.format import plural
from dlexp.records.record_files import DamagedRecord
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import duration, score
from dlexp.training.job import Job
from dlexp.training.stages import Stage

#: A run says no more than one plain line in this many seconds.
SECONDS_BETWEEN_LINES = 5.0
#: The pace of a run is the median of so many epochs.
EPOCHS_OF_PACE = 5


class _Active:
    """A run under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.epochs = job.experiment.training.epochs
        self.started = self.said = time.monotonic()  # When it began, and when its last line was said.
        # The epoch of that line; before, the one that an interrupted run continues after.
        self.epoch_said = _epoch(self.rows())
        # Whether it was interrupted before, and its history is still to be cut back to where it continues.
        self.is_begun = self.epoch_said > 0

    def rows(self) -> list[dict[str, float]]:
        """The epochs so far; none of a damaged history, which the worker begins again."""
        try:
            return RunDir(self.job.path).history()
        except DamagedRecord:
            return []

    def seconds_left(self, rows: list[dict[str, float]]) -> float:
        """At the pace of the last epochs; the first one compiles, and counts only while it is the only one."""
        pace = median(row.get("seconds", 0.0) for row in rows[1:][-EPOCHS_OF_PACE:] or rows)
        return pace * (self.epochs - _epoch(rows))


class Progress:
    """Watches runs: enter it, hand it to the scheduler, leave it."""

    def __init__(self, n_runs: int) -> None:
        self.n_runs = n_runs
        self._ended: set[Path] = set()  # One that ended without a result may be tried again: it counts once.
        self._active: dict[object, _Active] = {}
        shown_on = console.err()
        self._live = Live(console=shown_on, transient=True, auto_refresh=False) if shown_on.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def preparing(self, stage: Stage) -> None:
        """No job has been given to a worker."""

    def entered(self, job: Job, stage: Stage) -> None:
        """A job's worker is at another stage."""

    def started(self, job: Job) -> None:
        """A job was given to a worker."""
        active = self._active[job.path] = _Active(job)
        if not self._live:
            console.say(f"{job.label}: training {plural(active.epochs, 'epoch')}, records in {job.path}")

    def tick(self) -> None:
        """Show where every run is."""
        if self._live:
            self._live.update(self._table(), refresh=True)
            return
        for active in self._active.values():
            is_due = time.monotonic() - active.said >= SECONDS_BETWEEN_LINES
            if not is_due and not active.is_begun:
                continue
            rows = active.rows()
            active.epoch_said = min(active.epoch_said, _epoch(rows))
            if is_due and _epoch(rows) > active.epoch_said:
                active.is_begun = False
                active.said, active.epoch_said = time.monotonic(), _epoch(rows)
                left = f"{duration(active.seconds_left(rows), 0)} left"
                said = [f"epoch {_epoch(rows)}/{active.epochs}", *_scores(rows[-1]), left]
                console.say(f"{active.job.label}: {', '.join(said)}")

    def ended(self, job: Job) -> None:
        """Say how a run ended."""
        active = self._active.pop(job.path)
        if owner := RunDir(job.path).owner:  # Not this command's: its process ended, or left it to that one.
            line = f"{job.label}: left to {owner.described}"
        else:
            self._ended.add(job.path)
            after = duration(time.monotonic() - active.started)
            line = f"[{len(self._ended)}/{self.n_runs}] {job.label}: {RunDir(job.path).status} after {after}"
        if self._live:
            self._live.console.print(console.one_line(line), markup=False)
        else:
            console.say(line)

    def _table(self) -> Table:
        title = f"{len(self._ended)} of {plural(self.n_runs, 'run')} done"
        columns = [Column(name, overflow="fold") for name in ("run", "epoch", "scores", "left")]
        table = Table(*columns, title=title, title_justify="left", box=None)
        for active in self._active.values():
            rows = active.rows()
            scores = ", ".join(_scores(rows[-1])) if rows else "starting"
            left = duration(active.seconds_left(rows), 0) if rows else ""
            cells = active.job.label, f"{_epoch(rows)}/{active.epochs}", scores, left
            # Names of targets are anyone's, and `[red]` would be an order to rich.
            table.add_row(*(escape(console.one_line(cell)) for cell in cells))
        return table


def _epoch(rows: list[dict[str, float]]) -> int:
    return int(rows[-1]["epoch"]) if rows else 0


def _scores(row: dict[str, float]) -> list[str]:
    return [score(name, value) for name, value in row.items() if name not in OTHER_COLUMNS]
