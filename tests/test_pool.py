"""The processes of this machine: what one of them suffers, the runs of the others do not notice."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest
from engines import Silent

from dlexp.cli.trainings import interruptible
from dlexp.config.identity import Ingredients
from dlexp.config.load import load
from dlexp.errors import Interrupted
from dlexp.execution import pool
from dlexp.execution.at_once import AtOnce
from dlexp.execution.engine import Ending
from dlexp.execution.plan import Request
from dlexp.execution.planning import plan
from dlexp.execution.pool import Pool
from dlexp.execution.schedule import run_all
from dlexp.execution.worker import Worker, without_interrupts
from dlexp.records.index import read
from dlexp.records.numbering import Numbering
from dlexp.records.run_dir import RunDir
from dlexp.training.job import Job

pytestmark = pytest.mark.training

MakeJob = Callable[..., Job]


def pretend(job: Job) -> Ending:
    """In the worker, in place of a training: note the process and finish; the seeds 100 to 102 are killed."""
    with (job.path / "log.txt").open("a") as log:
        log.write(f"{os.getpid()}\n")
    tries = len((job.path / "log.txt").read_text().splitlines())
    if job.seed == 102:
        RunDir(job.path).checkpoint_path.write_text("saved")
    if job.seed in (100, 102) or (job.seed == 101 and tries == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    record = {"seed": job.seed, "identity": job.identity, "config": {}, "metrics": {}}
    RunDir(job.path).write_summary(record)
    return "finished"


def wait_for_ever(job: Job) -> None:
    """In the worker: neither ends nor heeds a wish."""
    (job.path / "log.txt").write_text(f"{os.getpid()}\n")
    time.sleep(600)


def disk_full(job: Job) -> Ending:
    """In the worker: a training of seed 100 whose records have no room."""
    if job.seed == 100:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return pretend(job)


def out_of_memory(job: Job) -> Ending:
    """In the worker: the seeds 100 and 101 find no memory."""
    if job.seed == 100:
        raise MemoryError
    if job.seed == 101:
        raise RuntimeError("can't start new thread")
    return pretend(job)


def buggy(job: Job) -> None:
    """In the worker: what nothing expects."""
    pretend(job)
    raise ZeroDivisionError


@pytest.fixture
def make_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeJob:
    """A job with a run directory; workers pretend to train it."""
    monkeypatch.setattr(pool, "execute", pretend)
    (tmp_path / "a.yaml").write_text("dataset: iris")

    def make(seed: int, threads: int = 1) -> Job:
        experiment = load(tmp_path / "a.yaml", [f"training.threads={threads}"]).experiment
        digest = experiment.dataset.digest(None)
        own = Ingredients.of(experiment, digest).identity
        run_dir = Numbering(tmp_path / "runs").create("a", seed, own)
        return Job(
            experiment=experiment,
            seed=seed,
            identity=own,
            data_digest=digest,
            path=run_dir.path,
            experiment_label=experiment.name,
            data_dir=None,
            stand_in=False,
            provenance={},
        )

    return make


def pids(job: Job) -> list[int]:
    """The processes that were at a job, one a try."""
    return [int(line) for line in (job.path / "log.txt").read_text().split()]


def run(jobs: list[Job], slots: int = 2) -> None:
    """All of them, and the end of the processes."""
    engine = Pool(AtOnce(slots))
    try:
        run_all(iter(jobs), engine, Silent())
    finally:
        engine.close(kill=True)


def test_a_killed_worker_takes_no_other_run_with_it(make_job: MakeJob) -> None:
    """Twelve runs: who dies twice is reported, with its log; who dies once ends on the second try."""
    jobs = [make_job(seed) for seed in (*range(5), 100, 101, *range(5, 10))]

    run(jobs)

    statuses = {job.seed: RunDir(job.path).status for job in jobs}
    assert statuses == {job.seed: "failed" if job.seed == 100 else "finished" for job in jobs}
    failure = RunDir(jobs[5].path).failure()
    assert failure is not None
    assert "the worker process died 2 times (killed, or out of memory)" in failure.what
    assert [len(pids(job)) for job in jobs] == [1] * 5 + [2, 2] + [1] * 5


def test_a_run_that_dies_twice_after_a_checkpoint_is_resumed(make_job: MakeJob, tmp_path: Path) -> None:
    """It is no failure: the reason is noted, and the next command finds it begun, in the same directory."""
    jobs = [make_job(102), make_job(0)]

    run(jobs)

    assert [RunDir(job.path).status for job in jobs] == ["interrupted", "finished"]
    what = "WorkerDied: the worker process died 2 times (killed, or out of memory)"
    assert read(RunDir(jobs[0].path)).what == what
    (next_time,) = plan(Request(wanted=[(jobs[0].experiment, [102])], runs_dir=tmp_path / "runs")).runs
    assert next_time.begun == RunDir(jobs[0].path)


def test_a_smoke_run_that_dies_twice_has_failed(make_job: MakeJob) -> None:
    """No later command would go on with it."""
    job = replace(make_job(102), stand_in=True)

    run([job])

    assert RunDir(job.path).status == "failed"


def test_records_that_cannot_be_written_stop_no_other_run(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor can that be recorded: it is said, in a line."""

    def write(self: RunDir, path: Path, record: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pool, "execute", disk_full)
    monkeypatch.setattr(RunDir, "write_json", write)
    jobs = [make_job(seed) for seed in (0, 100, 1)]

    run(jobs, slots=1)

    assert [RunDir(job.path).status for job in jobs] == ["finished", "interrupted", "finished"]
    assert caplog.messages == ["a, seed 100: its records cannot be written: No space left on device"]


def test_memory_that_runs_out_around_a_run_stops_no_other_run(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing of it can be recorded by its own process, the command does."""
    monkeypatch.setattr(pool, "execute", out_of_memory)
    jobs = [make_job(seed) for seed in (0, 100, 101, 1)]

    run(jobs, slots=1)

    assert [RunDir(job.path).status for job in jobs] == ["finished", "interrupted", "interrupted", "finished"]
    assert [read(RunDir(job.path)).what for job in jobs[1:3]] == [
        "MemoryError",
        "RuntimeError: can't start new thread",
    ]


def test_no_process_is_left_when_an_error_is_raised(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a bug of dlexp's own."""
    monkeypatch.setattr(pool, "execute", buggy)
    job = make_job(0)

    with pytest.raises(ZeroDivisionError):
        run([job])

    (pid,) = pids(job)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_is_replaced_after_some_runs(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reused process grows; until then it stays warm."""
    monkeypatch.setattr(pool, "RUNS_PER_PROCESS", 3)
    jobs = [make_job(seed) for seed in range(5)]

    run(jobs, slots=1)

    (first,), (fourth,) = pids(jobs[0]), pids(jobs[3])
    assert [pids(job) for job in jobs] == [[first]] * 3 + [[fourth]] * 2
    assert first != fourth


def test_a_process_that_has_started_already_takes_the_first_job(make_job: MakeJob) -> None:
    """Also of several slots; it is closed with the others."""
    job = make_job(0)
    with Worker() as first:
        engine = Pool(AtOnce(2), first)
        run_all(iter([job]), engine, Silent())
        engine.close(kill=True)

        assert pids(job) == [first.pid]
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)


def test_a_process_that_died_idle_is_replaced(make_job: MakeJob) -> None:
    """Whether that is known already or not when its next job comes."""
    jobs = [make_job(0), make_job(1)]
    with Worker() as first:
        engine = Pool(AtOnce(1), first)
        for job in jobs:
            run_all(iter([job]), engine, Silent())
            os.kill(pids(job)[0], signal.SIGKILL)
        engine.close(kill=True)

    assert [RunDir(job.path).status for job in jobs] == ["finished", "finished"]


def test_a_process_is_not_waited_for_where_a_command_fails(make_job: MakeJob) -> None:
    """A config that is wrong is said at once."""
    job = make_job(0)
    with Worker() as first:
        future = first.submit(wait_for_ever, job)
        while not (job.path / "log.txt").exists():
            time.sleep(0.01)

    with pytest.raises(BrokenProcessPool):
        future.result()
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)


def test_a_process_that_is_closed_does_its_work_first(make_job: MakeJob) -> None:
    """Though that waits behind its imports."""
    job = make_job(0)
    worker = Worker()
    worker.submit(pretend, job)
    worker.close()

    assert RunDir(job.path).status == "finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_process_of_a_command_does_not_answer_to_signals(number: signal.Signals) -> None:
    """Not while it imports either: what multiprocessing starts beside the first one is there before."""
    program = (
        "import signal, sys\n"
        "from dlexp.execution.worker import Worker\n"
        "worker = Worker()\n"
        "(process,) = worker._executor._processes.values()\n"
        "lines = open(f'/proc/{process.pid}/status').read().splitlines()\n"
        "(blocked,) = [int(line.split()[1], 16) for line in lines if line.startswith('SigBlk')]\n"
        "worker.kill(); worker.close()\n"
        f"sys.exit(0 if blocked >> ({number:d} - 1) & 1 else 1)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_other_threads_need_another_process(make_job: MakeJob) -> None:
    """TensorFlow takes their number once; a slot that has it already is taken first."""
    jobs = [make_job(0, 1), make_job(1, 2), make_job(2, 2), make_job(3, 1)]

    run(jobs, slots=1)

    one, two = pids(jobs[0]), pids(jobs[1])
    assert one != two
    assert pids(jobs[2]) == two


def test_a_worker_that_heeds_nothing_is_killed(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last seconds that it is given; no process is left."""
    monkeypatch.setattr(pool, "execute", wait_for_ever)
    monkeypatch.setattr(pool, "LAST_SECONDS", 0.2)
    job = make_job(0)
    engine = Pool(AtOnce(1))
    engine.submit(job)
    while not (job.path / "log.txt").exists():
        engine.wait(0.05)

    engine.close(kill=True)

    with pytest.raises(ProcessLookupError):
        os.kill(pids(job)[0], 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_until_a_process_is_noted(number: signal.Signals) -> None:
    """Either ends a command: not between the start of a process and the note that it is there."""
    noted = []

    def start() -> None:
        with interruptible(lambda: "0 of 1 run done"), without_interrupts():
            signal.raise_signal(number)
            noted.append(number)

    with pytest.raises(Interrupted):
        start()

    assert noted == [number]


def test_ctrl_c_while_a_process_starts_is_the_commands_alone(
    make_job: MakeJob, capfd: pytest.CaptureFixture[str]
) -> None:
    """The new process does not answer with a traceback from the middle of its imports, and goes on."""
    job = make_job(0)
    engine = Pool(AtOnce(1))
    try:
        engine.submit(job)
        ((worker, _),) = engine._running.values()
        (process,) = worker._executor._processes.values()
        for _ in range(20):
            assert process.pid is not None
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.02)
        while not engine.wait(0.1):
            pass
    finally:
        engine.close(kill=True)

    assert pids(job) == [process.pid]
    assert "Traceback" not in capfd.readouterr().err


def test_the_first_process_of_run_starts_before_all_else_is_imported() -> None:
    """It imports TensorFlow while the command reads the configs."""
    program = (
        "import sys\n"
        "from dlexp.cli import main\n"
        "from dlexp.execution import worker\n"
        "worker.Worker = lambda: sys.exit(10 if 'dlexp.config.load' in sys.modules else 11)\n"
        "sys.argv = ['dlexp', 'run', 'no.yaml']\n"
        "main()\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 11
