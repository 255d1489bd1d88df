"""Runs that are trained only as long as questions are open."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest
from engines import Here, Watcher

from dlexp.config.load import load
from dlexp.execution.failures import record_failure
from dlexp.execution.on_demand import Ended, OnDemand, Question, settled_after
from dlexp.execution.plan import Key, Plan, Request
from dlexp.execution.planning import plan
from dlexp.execution.schedule import run_all
from dlexp.records.index import Run, read
from dlexp.records.lock import locked
from dlexp.training.job import Job

SEEDS = range(12)


def planned(folder: Path, names: Sequence[str] = ("a", "b"), seeds: Sequence[int] = SEEDS) -> Plan:
    """Experiments that differ in their widths, each with all seeds."""
    experiments = []
    for i, name in enumerate(names):
        config = folder / f"{name}.yaml"
        config.write_text(f"dataset: iris\nmodel: {{hidden: [{i + 1}]}}\ntraining: {{epochs: 1}}\n")
        experiments.append(load(config).experiment)
    wanted = [(each, seeds) for each in experiments]
    return plan(Request(wanted=wanted, runs_dir=folder / "runs", until_sure=len(seeds)))


def own(found: Plan) -> dict[str, str]:
    """The identity of each experiment by its name."""
    return {each.subject.experiment.name: each.subject.identities.own for each in found.runs}


def after(n: int, looks: list[int] | None = None) -> Callable[[Ended], bool]:
    """Settled after n seeds; notes at which numbers it was asked."""

    def is_settled(ended: Ended) -> bool:
        (count,) = {len(runs) for runs in ended.values()}
        if looks is not None:
            looks.append(count)
        return count >= n

    return is_settled


def trained(jobs: Iterator[Job | None], slots: int = 1, end: Callable[[Job], None] | None = None) -> list[str]:
    """What is handed out, in order, where so many run at once and the first one ends first."""
    engine, handed_out = Here(), list[str]()
    running: list[Job] = []
    for _ in range(1000):
        job = next(jobs, None) if len(running) < slots else None
        if job:
            running.append(job)
            handed_out.append(f"{job.experiment.name}{job.seed}")
        elif not running:
            return handed_out
        if len(running) == slots or not job:
            (end or engine.submit)(running.pop(0))
    raise AssertionError("it never ends")


def test_a_pair_is_trained_seed_by_seed_until_it_is_settled(tmp_path: Path) -> None:
    """Three of both before the first look, then one of both for each, none after it is settled."""
    found, looks = planned(tmp_path), list[int]()
    order = OnDemand(found, SEEDS, [Question(tuple(own(found).values()), after(5, looks))])

    handed_out = trained(found.jobs_in(order))

    assert handed_out == [f"{name}{seed}" for seed in range(5) for name in "ab"]
    assert looks == [3, 4, 5]
    assert all(job.provenance["until_sure"] == 12 for job in planned(tmp_path).jobs())


def test_what_is_on_record_is_looked_at_in_the_order_of_the_seeds(tmp_path: Path) -> None:
    """A question that was settled before is settled by as many seeds again; nothing is trained."""
    found = planned(tmp_path)
    trained(found.jobs())
    looks = list[int]()

    again = planned(tmp_path)
    question = Question(tuple(own(again).values()), after(4, looks))

    assert not list(OnDemand(again, SEEDS, [question]))
    assert looks == [3, 4]
    runs: dict[Key, Run] = {each.key: read(each.recorded) for each in again.runs if each.recorded}
    assert settled_after(question, runs, SEEDS) == 4
    assert settled_after(question, runs, [*SEEDS, 12][::-1]) is None


def test_free_workers_train_ahead_for_what_is_open(tmp_path: Path) -> None:
    """With four at once the next seeds of both are begun, and a run that is ahead does not move the stop."""
    found, looks = planned(tmp_path), list[int]()
    order = OnDemand(found, SEEDS, [Question(tuple(own(found).values()), after(3, looks))])

    handed_out = trained(found.jobs_in(order), slots=4)

    assert handed_out[:6] == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert set(handed_out[6:]) <= {"a3", "b3", "a4", "b4"}
    assert looks == [3]


def test_no_more_seeds_than_planned(tmp_path: Path) -> None:
    """A question that is never settled ends with the last one."""
    found = planned(tmp_path, seeds=range(5))
    order = OnDemand(found, range(5), [Question(tuple(own(found).values()), lambda ended: False)])

    assert len(trained(found.jobs_in(order), slots=3)) == 10


def test_the_cheapest_open_question_comes_first(tmp_path: Path) -> None:
    """What two share is trained once, and the settled one asks for nothing more."""
    found = planned(tmp_path, "abc")
    a, b, c = own(found).values()
    questions = [Question((a, b), after(4)), Question((a, c), after(3))]
    seconds = {a: 1.0, b: 9.0, c: 2.0}
    order = OnDemand(found, SEEDS, questions, lambda each: seconds[each.subject.identities.own])

    handed_out = trained(found.jobs_in(order))

    assert handed_out == ["a0", "c0", "a1", "c1", "a2", "c2", "b0", "b1", "b2", "a3", "b3"]


def test_a_run_that_fails_ends_its_questions_alone(tmp_path: Path) -> None:
    """What went wrong has to be mended first; the other question goes on."""
    found = planned(tmp_path, "abc")
    a, b, c = own(found).values()
    engine = Here()

    def end(job: Job) -> None:
        if job.experiment.name == "b":
            record_failure(job, KeyError("planted"))
        else:
            engine.submit(job)

    handed_out = trained(
        found.jobs_in(OnDemand(found, SEEDS, [Question((a, b), after(9)), Question((a, c), after(4))])), end=end
    )

    assert handed_out == ["a0", "b0", "c0", "a1", "c1", "a2", "c2", "a3", "c3"]


def test_runs_of_other_processes_are_waited_for_or_end_the_question(tmp_path: Path) -> None:
    """Nothing is handed out twice; a run whose process has ended is taken over."""
    first, *_ = planned(tmp_path).jobs()
    with locked(first.run_dir.lock_path):
        found = planned(tmp_path)
        question = Question(tuple(own(found).values()), after(3))

        assert not list(OnDemand(found, SEEDS, [question]))
        waiting = found.jobs_in(OnDemand(found, SEEDS, [question], waits=True))
        assert trained(waiting) == ["b0", "a1", "b1", "a2", "b2", *(f"{x}{n}" for n in range(3, 12) for x in "ab")]

    found = planned(tmp_path)
    assert trained(found.jobs_in(OnDemand(found, SEEDS, [question], waits=True))) == ["a0"]


@pytest.mark.parametrize("begun_before", [True, False])
def test_a_run_whose_other_process_is_gone_is_taken_over(tmp_path: Path, begun_before: bool) -> None:
    """Also where nothing else is left to do meanwhile: the command does not wait for ever."""
    found = planned(tmp_path)
    path = next(iter(planned(tmp_path).jobs())).run_dir.lock_path
    with ExitStack() as stack:
        if begun_before:
            stack.enter_context(locked(path))
            found = planned(tmp_path)
        order = OnDemand(found, SEEDS, [Question(tuple(own(found).values()), after(3))], waits=True)
        stack.enter_context(nullcontext() if begun_before else locked(path))
        engine = Here()

        run_all(found.jobs_in(order), engine, Watcher(lambda n: stack.close() if n == 12 else None))

    assert engine.trained.count(0) == 2
