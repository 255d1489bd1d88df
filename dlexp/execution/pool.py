"""The embedded engine: one single-process pool a slot.

One pool of several processes is lost as a whole when one of them is killed; of several pools only the killed one is.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from dlexp.execution.engine import Ending, Outcome
from dlexp.execution.execute import execute
from dlexp.execution.worker import Worker, without_interrupts
from dlexp.training.job import Job

#: A reused process grows by some megabytes a run: it is replaced after this many.
RUNS_PER_PROCESS = 50
#: How long running epochs may take to end when all is to end, in seconds.
LAST_SECONDS = 10.0


class Pool:
    """Runs jobs in `slots` processes of this machine."""

    def __init__(self, slots: int, first: Worker | None = None) -> None:
        """`first`: a process that has started already, for the first job."""
        self.slots = slots
        self._idle = [_Slot(first)] if first else []
        self._running: dict[Future[Ending], tuple[_Slot, Job]] = {}

    def submit(self, job: Job) -> None:
        """Start a job in a free slot, in one that has the right number of threads already if there is one."""
        threads = job.experiment.training.threads
        fitting = [slot for slot in self._idle if slot.threads == threads]
        slot = (fitting or self._idle or [_Slot()])[-1]
        with without_interrupts():
            self._running[slot.submit(job)] = slot, job
        if slot in self._idle:
            self._idle.remove(slot)

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since: as soon as one has, else none of them after `timeout` seconds."""
        if not self._running:
            time.sleep(timeout)
        done, _ = wait(self._running, timeout, FIRST_COMPLETED)
        return [self._outcome(future) for future in done]

    def close(self, kill: bool = False) -> None:
        """End the processes: after their jobs; to `kill` after their epochs, or what takes longer than some seconds.

        Interrupted while it waits for them (a second Ctrl-C), it ends them at once.
        """
        running = [slot for slot, _ in self._running.values()]
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

    def _outcome(self, future: Future[Ending]) -> Outcome:
        slot, job = self._running.pop(future)
        self._idle.append(slot)
        try:
            return Outcome(job, future.result())
        except BrokenProcessPool:
            slot.close()
            return Outcome(job, "died")
        except Exception as error:
            return Outcome(job, "failed", error)


class _Slot:
    """One worker, replaced when it is worn, has died or run own code, or a job needs another number of threads."""

    def __init__(self, worker: Worker | None = None) -> None:
        self.threads: int | None = None
        self._worker = worker
        self._runs = 0
        self._ran_own_code = False

    def submit(self, job: Job) -> Future[Ending]:
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
