"""Which run comes next, and what becomes of those that other processes have."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from engines import Here, Watcher, finish
from jobs import IRIS, job_of

from dlexp.execution import schedule
from dlexp.execution.engine import Outcome
from dlexp.execution.schedule import run_all
from dlexp.records.index import read
from dlexp.records.lock import locked
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

pytestmark = pytest.mark.usefixtures("no_pause")


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow upon one another."""
    monkeypatch.setattr(schedule, "TICK", 0.001)
    monkeypatch.setattr(schedule, "SECONDS_BETWEEN_LOOKS", 0.002)


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Three runs."""
    return [job_of(tmp_path, IRIS, seed) for seed in range(3)]


def statuses(jobs: list[Job]) -> list[str]:
    """How the runs stand."""
    return [RunDir(job.path).status for job in jobs]


def test_runs_that_others_have_are_left_to_them(jobs: list[Job], caplog: pytest.LogCaptureFixture) -> None:
    """The command goes on with the next one, and does not wait."""
    engine = Here()
    with locked(jobs[0].run_dir.lock_path):
        run_all(iter(jobs), engine, Watcher())

        assert statuses(jobs) == ["running", "finished", "finished"]
    assert engine.trained == [1, 2]
    assert caplog.messages == []


def test_a_run_that_another_process_has_is_given_to_no_worker(jobs: list[Job]) -> None:
    """Nor is it announced; one that gets its process after that is left to it by the worker."""
    engine, watcher = Here(), Watcher()
    given: list[int] = []
    with ExitStack() as others:
        others.enter_context(locked(jobs[0].run_dir.lock_path))

        def submit(job: Job) -> None:
            given.append(job.seed)
            if job.seed == 1:
                others.enter_context(locked(job.run_dir.lock_path))
            Here.submit(engine, job)

        engine.submit = submit  # type: ignore[method-assign]
        run_all(iter(jobs), engine, watcher)

        assert statuses(jobs) == ["running", "running", "finished"]
    assert (given, watcher.n_started) == ([1, 2], 2)
    assert engine.trained == [2]


def test_a_run_whose_process_is_gone_is_trained_at_the_end(jobs: list[Job]) -> None:
    """It had the run when its turn came, and is gone when the list is through."""
    engine = Here()
    with ExitStack() as other:
        other.enter_context(locked(jobs[0].run_dir.lock_path))
        run_all(iter(jobs), engine, Watcher(lambda n: other.close() if n == 2 else None))

    assert engine.trained == [1, 2, 0]
    assert statuses(jobs) == ["finished"] * 3


def test_a_run_that_its_process_finished_meanwhile_is_not_trained(jobs: list[Job]) -> None:
    """The other one was faster."""
    engine = Here()
    with ExitStack() as other:
        other.enter_context(locked(jobs[0].run_dir.lock_path))
        other.callback(finish, jobs[0])
        run_all(iter(jobs), engine, Watcher(lambda n: other.close() if n == 2 else None))

    assert engine.trained == [1, 2]
    assert statuses(jobs) == ["finished"] * 3


def test_to_wait_is_to_wait_for_all(jobs: list[Job], caplog: pytest.LogCaptureFixture) -> None:
    """One is finished by its process, of another the process ends without a word: that is trained here."""
    engine = Here()
    with ExitStack() as one, ExitStack() as two:
        one.enter_context(locked(jobs[0].run_dir.lock_path))
        one.callback(finish, jobs[0])
        two.enter_context(locked(jobs[1].run_dir.lock_path))
        ends = {20: one.close, 40: two.close}
        owner = RunDir(jobs[0].path).owner
        run_all(iter(jobs), engine, Watcher(lambda n: ends.get(n, int)()), wait=True)

    assert engine.trained == [2, 1]
    assert statuses(jobs) == ["finished"] * 3
    assert owner is not None
    assert caplog.messages == [
        f"waiting for what other processes train: {jobs[0].path} in {owner.described} and 1 more"
    ]


def test_after_a_failure_nothing_is_waited_for(tmp_path: Path, jobs: list[Job]) -> None:
    """With `fail_fast`: no further run is started, so none that others give up either."""
    engine = Here()
    bad = job_of(tmp_path, IRIS, 9)
    with locked(jobs[0].run_dir.lock_path):
        run_all(iter([jobs[0], bad, *jobs[1:]]), engine, Watcher(), fail_fast=True, wait=True)

    assert engine.trained == [9]
    assert statuses([jobs[0], bad, *jobs[1:]]) == ["interrupted", "failed", "interrupted", "interrupted"]


def test_a_job_is_drawn_when_a_slot_is_free(jobs: list[Job]) -> None:
    """Its directory is made as it is drawn, so that another command can have it until then."""
    engine = Here()

    def drawn() -> Iterator[Job]:
        for job in jobs:
            seen.append(list(engine.trained))
            yield job

    seen: list[list[int]] = []
    run_all(drawn(), engine, Watcher())

    assert seen == [[], [0], [0, 1]]


def test_a_source_that_has_none_yet_is_asked_again(jobs: list[Job]) -> None:
    """Its next job depends on what came of the last one: the schedule does not end before the source does."""
    engine, watcher = Here(), Watcher()

    def search() -> Iterator[Job | None]:
        for job in jobs:
            n_ticks = watcher.n_ticks
            yield job
            while watcher.n_ticks < n_ticks + 3:
                yield None
            assert RunDir(job.path).status == "finished"

    run_all(search(), engine, watcher)

    assert engine.trained == [0, 1, 2]


def test_slots_may_come_later_and_go(jobs: list[Job]) -> None:
    """A scheduler without workers is waited for; what has fewer slots than before is given no further job."""
    engine = Here()
    engine.slots = 0

    def change(n_ticks: int) -> None:
        seen.append((engine.slots, list(engine.trained)))
        engine.slots = {3: 2, 4: 0, 6: 1}.get(n_ticks, engine.slots)

    seen: list[tuple[int, list[int]]] = []
    run_all(iter(jobs), engine, Watcher(change))

    assert seen == [(0, []), (0, []), (0, []), (2, [0, 1]), (0, [0, 1]), (0, [0, 1]), (1, [0, 1, 2])]


class Fragile(Here):
    """An engine whose process dies at a run so many times."""

    def __init__(self, deaths: dict[int, int]) -> None:
        super().__init__()
        self.deaths = deaths

    def submit(self, job: Job) -> None:
        """Die, or finish."""
        if self.deaths.get(job.seed, 0):
            self.deaths[job.seed] -= 1
            self.trained.append(job.seed)
            self._ended.append(Outcome(job, "died"))
        else:
            super().submit(job)


def test_a_run_whose_process_died_is_tried_once_more(jobs: list[Job]) -> None:
    """By the schedule, before the next one is drawn, and without a word: whatever the engine is."""
    engine, watcher = Fragile({0: 1, 1: 2}), Watcher()

    run_all(iter(jobs), engine, watcher)

    assert engine.trained == [0, 0, 1, 1, 2]
    assert (watcher.n_started, watcher.n_ended) == (3, 3)
    assert statuses(jobs) == ["finished", "failed", "finished"]
    what = read(RunDir(jobs[1].path)).what
    assert what == "WorkerDied: the worker process died 2 times (killed, or out of memory)"


def test_a_run_that_died_is_tried_again_after_a_failure_too(tmp_path: Path, jobs: list[Job]) -> None:
    """It had been started before: `fail_fast` keeps further ones from starting."""
    engine = Fragile({0: 1})
    engine.slots = 2

    run_all(iter([jobs[0], job_of(tmp_path, IRIS, 9), *jobs[1:]]), engine, Watcher(), fail_fast=True)

    assert engine.trained == [0, 9, 0]
