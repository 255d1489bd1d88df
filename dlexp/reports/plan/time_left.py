"""How long a command will still train: by finished runs, the runs under way, and how many are trained at once."""

import heapq
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from dlexp.execution.plan import Plan
from dlexp.records.index import Run
from dlexp.reports.numbers import about
from dlexp.reports.plan.pace import Pace, likeness_of, recorded_pace
from dlexp.reports.plan.running import Running
from dlexp.training.job import Job


@dataclass(frozen=True)
class Left:
    """How long something will still take."""

    seconds: float
    """Of the runs whose time is known."""
    unknown: int = 0
    """How many runs nothing is known of."""

    @property
    def said(self) -> str:
        """`about 20 s`, or `over 20 s` where runs are unknown; empty where nothing is known."""
        if not self.unknown:
            return about(self.seconds)
        return about(self.seconds).replace("about", "over") if self.seconds else ""


class TimeLeft:
    """What is known of the time that the runs of a plan take, as they are started and end."""

    def __init__(self, plan: Plan, workers: int) -> None:
        self._pace = recorded_pace(plan) if plan.to_train else Pace([])
        self._workers = workers
        self._own = {(each.identity, each.seed): each.subject.identities.own for each in plan.to_train}
        self._experiments = {each.subject.identities.own: each for each in plan.to_train}
        self._waiting = Counter(self._own.values())  # How many runs of each experiment.
        self._expected: dict[str, float | None] = {}  # By experiment; forgotten as one more run has finished.
        self._alike: dict[str, tuple[str, str]] = {}
        self._projected: dict[str, float] = {}  # Per epoch, by what experiments have in common.
        self._beyond: list[float] = []  # Of each ended run, what it took beyond the seconds that it recorded.
        self._after_epochs: list[float] = []

    def started(self, job: Job) -> None:
        """Note that a job was given to a worker; one that is tried again was waiting no more."""
        own = self._own[job.identity, job.seed]
        self._waiting[own] = max(self._waiting[own] - 1, 0)

    def expected(self, job: Job) -> float | None:
        """The seconds that a run takes in all, as finished runs of the same or of a like experiment say."""
        return self._seconds_of(self._own[job.identity, job.seed])

    def ended(self, running: Running, run: Run) -> None:
        """Note how long a run took: of the first one of a process its epochs and what followed them."""
        now = time.monotonic()
        if run.status != "finished" or not run.record.seconds:
            return
        after_epochs = now - running.advanced
        if running.epoch:
            self._after_epochs.append(after_epochs)
        if running.is_first_of_process and running.epoch > running.resumed_after:
            n = running.epoch - running.resumed_after
            self._note(self._own[running.job.identity, running.job.seed], (running.epochs_seconds + after_epochs) / n)
            return
        self._pace.add(run)
        self._expected.clear()
        self._beyond.append(max(now - running.submitted - run.record.seconds, 0.0))

    def of_run(self, running: Running) -> float | None:
        """The seconds that a run under way will still take; None if nothing is known."""
        own = self._own[running.job.identity, running.job.seed]
        expected = self._seconds_of(own)
        if expected is None and running.pace is None:
            expected = self._projected_of(own)
        return running.seconds_left(expected, _usual(self._after_epochs))

    def in_all(self, under_way: Sequence[Running]) -> Left:
        """How long all will still take."""
        self._project(under_way)
        left = [self.of_run(each) for each in under_way]
        waiting = [(self._seconds_of(own) or self._projected_of(own), n) for own, n in self._waiting.items() if n]
        beyond = _usual(self._beyond)
        known = [seconds for seconds in left if seconds is not None]
        queued = [seconds + beyond for seconds, n in waiting if seconds is not None for _ in range(n)]
        n_unknown = left.count(None) + sum(n for seconds, n in waiting if seconds is None)
        return Left(_together(known, queued, self._workers), n_unknown)

    def _seconds_of(self, own: str) -> float | None:
        """Of each run of an experiment, by its identity, as finished runs say."""
        if own not in self._expected:
            expected = self._pace.expected(self._experiments[own])
            self._expected[own] = expected.seconds if expected else None
        return self._expected[own]

    def _project(self, under_way: Sequence[Running]) -> None:
        """Note what runs tell of others like them before the first of these has ended."""
        for each in under_way:
            if each.pace is not None and self.expected(each.job) is None:
                seconds = each.seconds_left(None, _usual(self._after_epochs)) or 0.0
                own = self._own[each.job.identity, each.job.seed]
                self._note(own, (each.epochs_seconds + seconds) / (each.epochs - each.resumed_after))

    def _note(self, own: str, seconds_per_epoch: float) -> None:
        self._projected |= dict.fromkeys(self._likeness(own), seconds_per_epoch)

    def _projected_of(self, own: str) -> float | None:
        """What `_note` was told of a run like those of this experiment."""
        if not self._projected:
            return None
        known = (self._projected[key] for key in self._likeness(own) if key in self._projected)
        return next((each * self._experiments[own].subject.experiment.training.epochs for each in known), None)

    def _likeness(self, own: str) -> tuple[str, str]:
        if own not in self._alike:
            self._alike[own] = likeness_of(self._experiments[own].subject.experiment)
        return self._alike[own]


def _usual(seconds: Sequence[float]) -> float:
    """Of what was seen lately; 0 where nothing was."""
    return median(seconds[-5:]) if seconds else 0.0


def _together(running: Iterable[float], queued: Iterable[float], workers: int) -> float:
    """When the last one ends, if each that waits starts as a worker is free."""
    busy = sorted(running)
    last = max(busy, default=0.0)
    ends = [0.0] * (workers - len(busy)) + busy  # In order: a heap.
    for seconds in queued:
        end = heapq.heappop(ends) + seconds
        heapq.heappush(ends, end)
        last = max(last, end)
    return last
