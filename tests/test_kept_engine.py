"""An engine for several plans, one after the other."""

from collections.abc import Callable
from pathlib import Path

from engines import Here
from jobs import IRIS, job_of

from dlexp.execution.at_once import AtOnce
from dlexp.execution.kept_engine import kept


class Closing(Here):
    """Counts how often it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.n_closed = 0

    def close(self, kill: bool = False) -> None:
        """Once more."""
        self.n_closed += 1


def making(made: list[Closing]) -> Callable[[AtOnce], Closing]:
    """What makes an engine, and notes it."""

    def make(_: AtOnce) -> Closing:
        made.append(Closing())
        return made[-1]

    return make


def test_one_engine_serves_all_and_is_closed_at_the_end(tmp_path: Path) -> None:
    """A plan that is through closes nothing: the processes have TensorFlow for the next one."""
    made: list[Closing] = []
    with kept(making(made)) as engine:
        assert not made
        for seed in range(3):
            engine(AtOnce()).submit(job_of(tmp_path, IRIS, seed))
            assert len(engine(AtOnce()).wait(0)) == 1
            engine(AtOnce()).close(kill=True)
        assert [each.n_closed for each in made] == [0]

    assert [each.n_closed for each in made] == [1]
    assert made[0].trained == [0, 1, 2]


def test_an_engine_with_jobs_that_run_is_closed_at_once(tmp_path: Path) -> None:
    """The command is interrupted: its processes end, and what else is to be trained gets new ones."""
    made: list[Closing] = []
    with kept(making(made)) as engine:
        engine(AtOnce()).submit(job_of(tmp_path, IRIS))
        engine(AtOnce()).close(kill=True)
        assert [each.n_closed for each in made] == [1]
        assert engine(AtOnce()).slots == 1
        assert len(made) == 2

    assert [each.n_closed for each in made] == [1, 1]
