"""An engine for several plans, one after the other: its processes import TensorFlow once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from dlexp.execution.at_once import AtOnce
from dlexp.execution.engine import Engine, Outcome
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage


@contextmanager
def kept(make: Callable[[AtOnce], Engine]) -> Iterator[Callable[[AtOnce], Engine]]:
    """Within, what is given makes no second engine: the first one is closed at the end, or with jobs that run.

    It trains as many runs at once as it was first asked for.
    """
    made: list[_KeptEngine] = []

    def engine(at_once: AtOnce) -> Engine:
        if not made or made[-1].is_closed:
            made.append(_KeptEngine(make(at_once)))
        return made[-1]

    try:
        yield engine
    finally:
        if made and not made[-1].is_closed:
            made[-1].end(kill=True)


class _KeptEngine:
    """An engine that ends only if it is told to while a job runs: the command is interrupted, or something is wrong."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._n_running = 0
        self.slots = engine.slots
        self.is_closed = False

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        return self._engine.refusals(candidates, told)

    def submit(self, job: Job) -> None:
        self._engine.submit(job)
        self._n_running += 1

    def wait(self, timeout: float) -> list[Outcome]:
        ended = self._engine.wait(timeout)
        self._n_running -= len(ended)
        self.slots = self._engine.slots
        return ended

    def stages(self) -> Iterable[tuple[Job, Stage]]:
        return self._engine.stages()

    def close(self, kill: bool = False) -> None:
        if self._n_running:
            self.end(kill)

    def end(self, kill: bool) -> None:
        self.is_closed = True
        self._engine.close(kill)
