"""The interface of an engine: it only schedules; the records are files that the worker writes."""

from dataclasses import dataclass
from typing import Protocol

from dlexp.training.job import Job


@dataclass(frozen=True)
class Outcome:
    """A job that has ended; whether it finished stands in its records."""

    job: Job
    left: bool = False
    """Whether it was left to another process, which has the run."""


class Engine(Protocol):
    """Runs jobs somewhere."""

    slots: int
    """How many jobs run at once."""

    def submit(self, job: Job) -> None:
        """Start a job in a free slot; there must be one."""

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since, after at most `timeout` seconds."""

    def close(self, kill: bool = False) -> None:
        """End the workers: after their jobs, or at once."""
