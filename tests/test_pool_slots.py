"""How many jobs the processes of this machine take, and which process the next one: without any process."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from jobs import IRIS, job_of

from dlexp.components import memory
from dlexp.execution import pool
from dlexp.execution.at_once import AtOnce
from dlexp.execution.look_ahead import warm_up
from dlexp.execution.pool import Pool
from dlexp.training.job import Job
from dlexp.training.stages import SharedStage


class Pretending:
    """A process that does its jobs at once, and starts when it is told to."""

    made: "list[Pretending]"

    def __init__(self) -> None:
        self.process_settings: tuple[int, str] | None = None
        self.n_runs, self.kept_for, self.shared_stage = 0, None, SharedStage()
        self.starting: Future[None] = Future()
        self.trained: list[int] = []
        self.is_closed = False
        self.pid = len(self.made)
        self.made.append(self)

    def submit(self, function: Callable[..., Any], argument: Any) -> "Future[Any]":
        """What it is asked to do is done, unless that is to start."""
        if function is warm_up:
            return self.starting
        done: Future[Any] = Future()
        if isinstance(argument, Job):
            self.trained.append(argument.seed)
        done.set_result("finished" if isinstance(argument, Job) else [])
        return done

    def kill(self) -> None:
        """It is closed, too."""

    def close(self) -> None:
        """It has ended."""
        self.is_closed = True


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Pretending]:
    """Those that an engine has started, in their order."""
    monkeypatch.setattr(Pretending, "made", [], raising=False)
    monkeypatch.setattr(pool, "Worker", Pretending)
    return Pretending.made


def looked_ahead(tmp_path: Path, at_once: AtOnce) -> Pool:
    """An engine that has found nothing to refuse."""
    engine = Pool(at_once)
    assert engine.refusals([job_of(tmp_path, IRIS)], lambda _: None) == []
    return engine


def test_no_run_waits_for_a_process_that_starts(tmp_path: Path, processes: list[Pretending]) -> None:
    """Short runs are through in the first one before the others have imported TensorFlow, and these are ended."""
    engine = looked_ahead(tmp_path, AtOnce(3))
    for seed in range(4):
        assert engine.slots == 1
        engine.submit(job_of(tmp_path, IRIS, seed))
        assert len(engine.wait(0)) == 1
    engine.close(kill=True)

    assert [each.trained for each in processes] == [[0, 1, 2, 3], [], []]
    assert all(each.is_closed for each in processes)


def test_a_process_that_has_started_gets_a_run(tmp_path: Path, processes: list[Pretending]) -> None:
    """Beside the first one, which is warm and so the first to get one."""
    engine = looked_ahead(tmp_path, AtOnce(3))
    processes[2].starting.set_result(None)
    assert (engine.wait(0), engine.slots) == ([], 2)
    for seed in range(2):
        engine.submit(job_of(tmp_path, IRIS, seed))

    assert [each.trained for each in processes] == [[0], [], [1]]


def test_a_run_starts_no_second_process(tmp_path: Path, processes: list[Pretending]) -> None:
    """Nor does looking at several plans, one after the other, start more than are used at once."""
    engine = looked_ahead(tmp_path, AtOnce(1))
    engine.submit(job_of(tmp_path, IRIS))
    assert len(processes) == 1

    engine = looked_ahead(tmp_path, AtOnce(2))
    engine.refusals([job_of(tmp_path, IRIS)], lambda _: None)
    assert len(processes) == 3


def test_fewer_runs_at_once_where_the_first_one_takes_much_memory(
    tmp_path: Path, processes: list[Pretending], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By what it took to read and build, of which a config does not tell all; never where the user said how many."""
    caplog.set_level("INFO")
    monkeypatch.setattr(memory, "available", lambda: 3_200_000_000)
    monkeypatch.setattr(memory, "taken_by", lambda pid: 300_000_000 if pid % 4 else 2_000_000_000)
    engines = [looked_ahead(tmp_path, at_once) for at_once in (AtOnce(4, is_chosen=True), AtOnce(4))]

    # What the others have taken is there for them: 3.2 GB and three times 0.3 GB.
    assert [each.is_closed for each in processes] == [False, False, False, True, *4 * [False]]
    for process in processes:
        process.starting.set_result(None)
    assert [(each.wait(0), each.slots)[1] for each in engines] == [3, 4]
    assert caplog.messages == [
        "3 runs at once instead of 4: each takes about 2 GB of memory, and 4.1 GB are available for more "
        "(--workers N trains N all the same)"
    ]
