"""How long a command will still train, by finished runs and by those under way."""

from pathlib import Path

import pytest
from watched import IRIS, Clock, finish, planned, trained

from dlexp.records.index import read
from dlexp.reports.plan.running import Running
from dlexp.reports.plan.time_left import Left, TimeLeft


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that the test moves."""
    return Clock(monkeypatch)


def test_nothing_is_known_without_any_run(tmp_path: Path) -> None:
    """Neither before the first epoch nor of the runs that wait."""
    plan = planned(tmp_path, [0, 1], a=IRIS)
    left = TimeLeft(plan, 1).in_all([])

    assert left == Left(0.0, 2)
    assert left.said == ""


def test_seeds_on_record_tell_of_others_of_the_same_experiment(tmp_path: Path) -> None:
    """Shared by the workers, each of them busy to the end, or one with the longest run."""
    for job, seconds in zip(planned(tmp_path, [8, 9], a=IRIS).jobs(), (3.0, 5.0), strict=True):
        finish(job, seconds)
    plan = planned(tmp_path, [0, 1, 2], a=IRIS)

    assert TimeLeft(plan, 1).in_all([]) == Left(12.0)
    assert TimeLeft(plan, 2).in_all([]) == Left(8.0)
    assert TimeLeft(plan, 9).in_all([]).said == "about 4 s"


def test_the_closest_runs_on_record_tell_of_other_experiments(tmp_path: Path) -> None:
    """By epochs: those of the same model and batch size, else those on the same data; other data tell nothing."""
    other = IRIS.replace("[8]", "[64, 64]")
    for text, seconds in ((IRIS, 2.0), (other, 20.0)):
        (job,) = planned(tmp_path, [0], a=text).jobs()
        finish(job, seconds)
    rate, deep = (
        IRIS.replace("20", "40") + "optimizer: {type: sgd, learning_rate: 0.5}\n",
        IRIS.replace("[8]", "[9, 9]"),
    )

    assert TimeLeft(planned(tmp_path, [0], b=rate), 1).in_all([]) == Left(4.0)
    assert TimeLeft(planned(tmp_path, [0], b=deep), 1).in_all([]) == Left(11.0)
    assert TimeLeft(planned(tmp_path, [0], b=IRIS.replace("iris", "wine"), c=rate), 1).in_all([]).said == "over 4 s"


def test_a_run_counts_its_own_epochs_the_more_it_has(tmp_path: Path, clock: Clock) -> None:
    """At first it takes what others took, in the end its own pace; the start of TensorFlow is not part of it."""
    (before,) = planned(tmp_path, [9], a=IRIS).jobs()
    finish(before, 20.0)
    plan = planned(tmp_path, [0], a=IRIS)
    (job,) = plan.jobs()
    time = TimeLeft(plan, 1)
    running = Running(job)
    time.started(job)
    running.enter("starting TensorFlow")
    clock.pass_(7)
    starting = time.of_run(running)
    running.enter("training")
    found = []
    for seconds, epochs in ((4, 1), (16, 10), (1, 10)):
        clock.pass_(seconds)
        trained(job, [2.0] * epochs)
        running.new_rows()
        found.append(time.of_run(running))

    assert starting == 20.0
    # By the record; then half of what 10 epochs of 2 s take and half of nothing, since 20 s have passed.
    assert found == [16.0, 10.0, 9.5]


def test_the_first_run_of_its_kind_tells_of_those_that_wait(tmp_path: Path, clock: Clock) -> None:
    """From its second epoch on; the first one compiles."""
    plan = planned(tmp_path, [0, 1, 2], a=IRIS)
    job = next(plan.jobs())
    time, running = TimeLeft(plan, 1), Running(job)
    time.started(job)
    running.enter("training")
    found = []
    for seconds in ([3.0], [3.0, 1.0]):
        clock.pass_(seconds[-1])
        trained(job, seconds)
        running.new_rows()
        found.append(time.in_all([running]))

    # 18 epochs of 1 s; the others take 22 s each, as this one will have.
    assert found == [Left(0.0, 3), Left(18.0 + 2 * 22.0)]


def test_the_first_run_of_a_process_tells_of_others_by_its_epochs(tmp_path: Path, clock: Clock) -> None:
    """It imports and compiles what these have: of the 30 s on its record 10 are those of its epochs, 2 follow them."""
    plan = planned(tmp_path, [0, 1, 2], a=IRIS)
    first, second, _ = plan.jobs()
    time = TimeLeft(plan, 1)
    for job, stage, seconds, expected in (
        (first, "starting TensorFlow", 30.0, 24.0),
        (second, "compiling", 14.0, 14.0),
    ):
        running = Running(job)
        time.started(job)
        running.enter(stage)  # type: ignore[arg-type]
        trained(job, [0.5] * 20)
        running.new_rows()
        clock.pass_(2.0)
        time.ended(running, read(finish(job, seconds)))

        assert time.in_all([]) == Left(expected)


def test_a_long_first_epoch_tells_the_pace(tmp_path: Path, clock: Clock) -> None:
    """What it compiles is a small part of it."""
    plan = planned(tmp_path, [0], a=IRIS)
    (job,) = plan.jobs()
    running = Running(job)
    trained(job, [60.0])
    running.new_rows()

    assert TimeLeft(plan, 1).of_run(running) == 19 * 60.0


def test_what_runs_take_beyond_their_record_counts_for_those_that_wait(tmp_path: Path, clock: Clock) -> None:
    """Making the curves, say; the start of TensorFlow happens once. What follows the epochs counts for all."""
    plan = planned(tmp_path, [0, 1, 2, 3], a=IRIS)
    first, second, third, _ = plan.jobs()
    time = TimeLeft(plan, 1)
    for job, stage in ((first, "starting TensorFlow"), (second, "compiling")):
        running = Running(job)
        time.started(job)
        running.enter(stage)  # type: ignore[arg-type]
        clock.pass_(8.0)
        trained(job, [0.25] * 20)
        running.new_rows()
        clock.pass_(2.0)
        time.ended(running, read(finish(job, 9.0)))
    running = Running(third)
    time.started(third)
    running.enter("training")
    trained(third, [0.25] * 20)
    running.new_rows()

    assert time.in_all([running]) == Left(2.0 + 9.0 + 1.0)
    running.enter("saving")
    clock.pass_(1.5)
    assert time.of_run(running) == 0.5
