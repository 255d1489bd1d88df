"""Progress of many runs: a live table on a terminal, few plain lines elsewhere, and an event for all that happens."""

import math
import time
from functools import partial
from pathlib import Path
from typing import Self

from rich.cells import cell_len

from dlexp import console
from dlexp.execution.at_once import ONE, AtOnce
from dlexp.execution.plan import Plan
from dlexp.format import plural
from dlexp.records.index import read
from dlexp.records.run_dir import RunDir
from dlexp.reports.numbers import about, duration, score
from dlexp.reports.plan.events import Events
from dlexp.reports.plan.live_table import Row, live_table
from dlexp.reports.plan.running import STARTING, Running
from dlexp.reports.plan.screen import Screen
from dlexp.reports.plan.time_left import TimeLeft
from dlexp.reports.run.outcome import RunOutcome, outcome
from dlexp.reports.short_labels import short_labels
from dlexp.training.job import Job
from dlexp.training.stages import Stage

#: All runs together say no more than one plain line in this many seconds.
SECONDS_BETWEEN_LINES = 5.0
#: What became of a run that is done.
ENDED = ("finished", "failed", "diverged")
#: Nothing runs for longer only while other processes have the runs.
SECONDS_IDLE = 1.0


class Progress:
    """Watches the runs of a plan: enter it, hand it to the scheduler, leave it."""

    def __init__(
        self,
        plan: Plan,
        at_once: AtOnce = ONE,
        screen: Screen | None = None,
        events: Events | None = None,
        *,
        is_quiet: bool = False,
    ) -> None:
        """Where it is quiet, neither a table nor lines are shown; events are handed on all the same."""
        self._plan = plan
        self._n_runs = len(plan.to_train)
        self._at_most = "at most " if plan.is_on_demand else ""
        self._screen = screen or Screen(is_shown=not is_quiet)
        self._events = events
        self._is_quiet = is_quiet
        self._at_once = f"{at_once.n} at once" if at_once.is_chosen and at_once.n > 1 else ""
        self._time = TimeLeft(plan, at_once.n)
        self._ended: set[object] = set()  # One that ended without a result may be tried again: it counts once.
        self._running: dict[object, Running] = {}
        self._to_train = ""
        self._announcement = ""  # Said with the first run: before it, all may be refused.
        self._is_prepared = False  # By the process that trains the first run.
        self._idle_since = math.inf
        self._said = time.monotonic()
        self._said_of: list[tuple[Path, str]] = []

    def __enter__(self) -> Self:
        self._screen.__enter__()
        if self._events:
            self._events.planned(self._plan)
        if self._n_runs and not self._is_quiet:
            # The first process imports TensorFlow meanwhile.
            left = self._bounded(self._time.in_all([]).said)
            of_runs = f"{self._at_most}{plural(self._n_runs, 'run')} to train"
            self._to_train = ", ".join(filter(None, [of_runs, self._at_once, left]))
            if not self._screen.is_shown and (left or self._n_runs > 1):
                self._announcement = self._to_train
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for running in self._running.values():  # The command is interrupted, and their processes have ended.
                if self._note_end(running).status in ENDED:
                    self._ended.add(running.job.path)
        finally:
            self._screen.__exit__()

    def preparing(self, stage: Stage) -> None:
        """No job has been given to a worker, and the first one is at this stage."""
        self._is_prepared = True
        self._screen.show(f"{self._to_train}: {stage}")

    def started(self, job: Job) -> None:
        """A job was given to a worker."""
        running = self._running[job.path] = Running(job, is_first_of_process=self._is_prepared)
        self._is_prepared = False
        self._time.started(job)
        if self._events:
            self._events.started(running, self._time.expected(job))
        if self._announcement:
            self._say(self._announcement)
            self._announcement = ""
        if not self._screen.is_shown:
            self._say(f"{job.label}: training {plural(running.epochs, 'epoch')}, records in {job.path}")

    def entered(self, job: Job, stage: Stage) -> None:
        """A job's worker is at another stage: the epochs that have ended, ended before."""
        running = self._running[job.path]
        self._note_epochs(running)
        running.enter(stage)
        if self._events:
            self._events.entered(job, stage)

    def tick(self) -> None:
        """Note which epochs have ended, and show where every run is."""
        for running in self._running.values():
            self._note_epochs(running)
        self._idle_since = math.inf if self._running else min(self._idle_since, time.monotonic())
        if self._screen.is_shown:
            rows = [self._row(running) for running in self._running.values()]
            self._screen.show(partial(live_table, self._title, rows))
        elif not self._is_quiet and time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._say_progress()

    def ended(self, job: Job) -> None:
        """Say how a run ended."""
        running = self._running.pop(job.path)
        found = self._note_end(running)
        if owner := RunDir(job.path).owner:  # Not this command's: its process ended, or left it to that one.
            self._say(f"{found.title}: left to {owner.described}")
            return
        self._ended.add(job.path)
        of = f" of {self._at_most}" if self._at_most else "/"
        self._say(self._fitted(f"[{len(self._ended)}{of}{self._n_runs}] ", found, f": {_ending(found)}"))

    def stopping(self) -> None:
        """The command is interrupted, and the running epochs are given some seconds to end."""
        self._screen.show("interrupted: the running epochs end; Ctrl-C again ends them at once")

    def _note_epochs(self, running: Running) -> None:
        for row in running.new_rows():
            if self._events:
                self._events.epoch(running, row)

    def _note_end(self, running: Running) -> RunOutcome:
        self._note_epochs(running)
        run = read(running.job.run_dir)
        self._time.ended(running, run)
        found = outcome(run, running.job.experiment_label)
        if self._events:
            self._events.ended(running.job, found)
        return found

    @property
    def _title(self) -> str:
        """How far all runs are together."""
        if len(self._ended) == self._n_runs:
            return self.n_done
        if time.monotonic() - self._idle_since > SECONDS_IDLE:
            return f"{self.n_done}, waiting for other processes"
        left = self._bounded(self._time.in_all(list(self._running.values())).said)
        return f"{self.n_done}, {left} left" if left else self.n_done

    @property
    def n_done(self) -> str:
        """`12 of 27 runs done`, whatever came of them."""
        return f"{len(self._ended)} of {self._at_most}{plural(self._n_runs, 'run')} done"

    def _bounded(self, left: str) -> str:
        """How long it will take, of runs that may not all be needed: `at most 20 s`."""
        return left.replace("about ", "at most ", 1) if self._at_most else left

    def _row(self, running: Running) -> Row:
        return Row(
            label=running.job.experiment_label,
            seed=running.job.seed,
            place="starting" if running.stage in STARTING and not running.is_training else running.place,
            scores=running.scores,
            left=self._left(running).removeprefix("about "),
        )

    def _left(self, running: Running) -> str:
        seconds = self._time.of_run(running)
        return "" if seconds is None else about(seconds)

    def _say_progress(self) -> None:
        """Where the runs are, if they have moved since that was said."""
        running = list(self._running.values())
        places = [(each.job.path, each.place) for each in running]
        if not running or places == self._said_of:
            return
        self._said_of = places
        if len(running) > 1:
            self._say(f"{self._title}; {len(running)} under way")
            return
        (only,) = running
        place = f"epoch {only.place}" if only.is_training else only.place
        left = f"{left} left" if (left := self._left(only)) else ""
        parts = [place, *(score(name, value) for name, value in only.scores.items()), left]
        in_all = f" ({self._title})" if self._n_runs > 1 else ""
        self._say(f"{only.job.label}: {', '.join(filter(None, parts))}{in_all}")

    def _fitted(self, before: str, found: RunOutcome, after: str) -> str:
        """A line about a run that has room on the screen, if there is one: its label is shortened, what follows cut."""
        if not self._screen.is_shown:
            return f"{before}{found.title}{after}"
        seed = found.title.removeprefix(found.label)
        room = self._screen.width - len(before)
        labels = list(self._plan.labels.values())
        short = short_labels(labels, max(room - cell_len(after), room // 2) - len(seed))
        return f"{before}{dict(zip(labels, short, strict=True))[found.label]}{seed}{after}"

    def _say(self, line: str) -> None:
        if not self._is_quiet:
            console.say(line)
            self._said = time.monotonic()


def _ending(found: RunOutcome) -> str:
    """How a run ended, in a line: its score and its seconds, or why it has none.

    Of one that diverged that is told when all have ended, with what to do.
    """
    if found.status == "diverged":
        return found.status
    if found.status != "finished":
        return ": ".join(filter(None, [found.status, *found.what.splitlines()[:1]]))
    after = "" if found.seconds is None else f"after {duration(found.seconds)}"
    return " ".join(filter(None, [score(found.metric, found.last) if found.metric else found.status, after]))
