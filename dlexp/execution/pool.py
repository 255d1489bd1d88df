"""The embedded engine: one single-process pool a slot.

One pool of several processes is lost as a whole when one of them is killed; of several pools only the killed one is.
"""

from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from dlexp.console import say
from dlexp.errors import DlexpError
from dlexp.execution import outside_errors
from dlexp.execution.engine import Outcome
from dlexp.execution.execute import execute, record_failure
from dlexp.execution.worker import Worker, without_interrupts
from dlexp.records.lock import Lost, Taken, locked
from dlexp.records.run_dir import ENDED, RunDir
from dlexp.training.job import Job

#: A reused process grows by some megabytes a run: it is replaced after this many.
RUNS_PER_PROCESS = 50
#: How long running epochs may take to end when all is to end, in seconds.
LAST_SECONDS = 10.0
#: A run whose process died is tried once more.
TRIES = 2


class WorkerDied(RuntimeError):
    """The process of a run was killed or crashed."""


class Pool:
    """Runs jobs in `slots` processes of this machine."""

    def __init__(self, slots: int, first: Worker | None = None) -> None:
        """`first`: a process that has started already, for the first job."""
        self.slots = slots
        self._idle = [*(_Slot() for _ in range(slots - 1)), _Slot(first)]
        self._running: dict[Future[bool], tuple[_Slot, Job, int]] = {}

    def submit(self, job: Job) -> None:
        """Start a job in a free slot, in one that has the right number of threads already if there is one."""
        threads = job.experiment.training.threads
        slot = next((slot for slot in self._idle if slot.threads == threads), self._idle[-1])
        self._idle.remove(slot)
        self._start(slot, job, tries=1)

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since, after at most `timeout` seconds."""
        done, _ = wait(self._running, timeout, FIRST_COMPLETED)
        outcomes = []
        for future in done:
            slot, job, tries = self._running.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                slot.close()
                if tries < TRIES:
                    self._start(slot, job, tries + 1)
                    continue
            self._idle.append(slot)  # First: what came of the job may be an error that is raised.
            outcomes.append(_outcome(job, future))
        return outcomes

    def close(self, kill: bool = False) -> None:
        """End the processes: after their jobs; to `kill` after their epochs, or what takes longer than some seconds.

        Interrupted while it waits for them (a second Ctrl-C), it ends them at once.
        """
        running = [slot for slot, _, _ in self._running.values()]
        try:
            if kill and running:
                for slot in running:
                    slot.ask_to_stop()
                wait(self._running, LAST_SECONDS)
        finally:
            slots = [*self._idle, *running]
            if kill:  # All of them, before one is waited for.
                for slot in slots:
                    slot.kill()
            for slot in slots:
                slot.close()

    def _start(self, slot: "_Slot", job: Job, tries: int) -> None:
        with without_interrupts():
            self._running[slot.submit(job)] = slot, job, tries


def _outcome(job: Job, future: "Future[bool]") -> Outcome:
    """What came of a job; what no run can be blamed for is raised."""
    left = False
    try:
        left = bool(future.result())
    except BrokenProcessPool:
        left = _give_up(job)
    except Exception as error:
        if not isinstance(error, DlexpError) and not outside_errors.is_outside(error):
            raise
        left = _note(job, error)
    return Outcome(job, left)


def _give_up(job: Job) -> bool:
    """Write that a run failed, or was interrupted where it can be resumed; whether another process has it by now."""
    failure = WorkerDied(f"the worker process died {TRIES} times (killed, or out of memory)")
    run_dir = RunDir(job.path)
    try:
        with locked(run_dir.lock_path) as held:
            if run_dir.status in ENDED:  # By another process.
                return False
            # A smoke run is never resumed.
            if run_dir.has_checkpoint and not job.stand_in:
                outside_errors.record(RunDir(job.path, held.check), failure, None)
            else:
                record_failure(replace(job, fence=held.check), failure)
    except (Taken, Lost):
        return True
    except OSError as error:
        return _note(job, error)
    return False


def _note(job: Job, error: Exception) -> bool:
    """Note what a worker could not, or say it; whether another process has the run by now."""
    run_dir = RunDir(job.path)
    try:
        with locked(run_dir.lock_path) as held:
            if run_dir.status not in ENDED:
                outside_errors.record(RunDir(job.path, held.check), error, None)
    except (Taken, Lost):
        return True
    except OSError:
        say(f"{job.label}: its records cannot be written: {outside_errors.described(error)}")
    return False


class _Slot:
    """One worker, replaced when it is worn, has died or run own code, or a job needs another number of threads."""

    def __init__(self, worker: Worker | None = None) -> None:
        self.threads: int | None = None
        self._worker = worker
        self._runs = 0
        self._ran_own_code = False

    def submit(self, job: Job) -> "Future[bool]":
        threads = job.experiment.training.threads
        # Own code may leave anything behind: generators that have moved on, settings of Keras, a module edited since.
        if self._ran_own_code:
            self.kill()
        if self.threads not in (None, threads) or self._runs >= RUNS_PER_PROCESS or self._ran_own_code:
            self.close()
        self._worker = self._worker or Worker()
        try:
            future = self._worker.submit(execute, job)
        except BrokenProcessPool:  # It died while it had nothing to do.
            self.close()
            self._worker = Worker()
            future = self._worker.submit(execute, job)
        self.threads = threads
        self._runs += 1
        self._ran_own_code = job.runs_own_code
        return future

    def ask_to_stop(self) -> None:
        if self._worker:
            self._worker.ask_to_stop()

    def kill(self) -> None:
        if self._worker:
            self._worker.kill()

    def close(self) -> None:
        if self._worker:
            self._worker.close()
        self._worker, self.threads, self._runs, self._ran_own_code = None, None, 0, False
