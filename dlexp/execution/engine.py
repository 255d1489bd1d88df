"""The interface of an engine: it only schedules; the records are files that the worker writes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage

#: finished: with a result; failed: without one, and its records say why; left: to another process, which has the run;
#: died: its process was killed or crashed.
Ending = Literal["finished", "failed", "left", "died"]


@dataclass(frozen=True)
class Outcome:
    """A job that has ended, and how."""

    job: Job
    ending: Ending
    error: Exception | None = None
    """What its process raised, since it could not record it."""


class Engine(Protocol):
    """Runs jobs somewhere."""

    @property
    def slots(self) -> int:
        """How many jobs run at once; it may change, and be 0 for a while."""

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """Which candidates cannot be trained, found by building their models; the first one is submitted first.

        Meanwhile `told` is called with what that is at, several times a second.
        """

    def submit(self, job: Job) -> None:
        """Start a job in a free slot; there must be one."""

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since: as soon as one has, else none of them after `timeout` seconds."""

    def stages(self) -> Iterable[tuple[Job, Stage]]:
        """What is being done with each running job, where that is known."""

    def close(self, kill: bool = False) -> None:
        """End the workers: after their jobs, or at once."""
