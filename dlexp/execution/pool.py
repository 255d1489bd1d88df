"""The embedded engine: one single-process pool a slot.

One pool of several processes is lost as a whole when one of them is killed; of several pools only the killed one is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from dlexp.execution.engine import Ending, Outcome
from dlexp.execution.execute import execute
from dlexp.execution.look_ahead import calls_code_beside, look_ahead
from dlexp.execution.worker import Worker, without_interrupts
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage

#: A reused process grows by some megabytes a run: it is replaced after this many.
RUNS_PER_PROCESS = 50
#: How often it is told what the first process is at, in seconds.
TOLD_SECONDS = 0.1
#: How long running epochs may take to end when all is to end, in seconds.
LAST_SECONDS = 10.0


class Pool:
    """Runs jobs in at most `slots` processes of this machine."""

    def __init__(self, slots: int, first: Worker | None = None) -> None:
        """`first`: a process that has started already, for the first job."""
        self.slots = slots
        self._idle = [first] if first else []
        self._running: dict[Future[Ending], tuple[Worker, Job]] = {}

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """Which candidates cannot be trained: as found in the process of the first job, and beside it in one more.

        That one is for the user's code, and is ended: it may leave anything. It may also refuse what it was called for
        after something else, so that a refusal counts if a process of its own says it too.
        """
        first, beside = candidates[0], [each for each in candidates[1:] if calls_code_beside(candidates[0], each)]
        with without_interrupts():
            worker = self._worker(first)
            self._idle.append(worker)
            worker.threads = first.experiment.training.threads
            worker.kept_for = first.key if first.experiment.functions else None
        looking = worker.submit(look_ahead, [each for each in candidates if each not in beside])
        found = _refused_by_code(beside) if beside else []
        while not wait([looking], TOLD_SECONDS).done:
            told(worker.shared_stage.stage)
        try:
            return [*looking.result(), *found]
        except BrokenProcessPool:  # It was killed, or is out of memory: if its job ends so too, that is recorded.
            self._idle.remove(worker)
            worker.close()
            return found

    def submit(self, job: Job) -> None:
        """Start a job, in a process that has the right number of threads already if there is one."""
        threads = job.experiment.training.threads
        with without_interrupts():
            worker = self._worker(job)
            worker.shared_stage.set("starting")  # Before the process can say anything of the job itself.
            try:
                future = worker.submit(execute, job)
            except BrokenProcessPool:  # It died while it had nothing to do.
                worker.close()
                worker = Worker()
                future = worker.submit(execute, job)
            worker.threads = threads
            worker.n_runs += 1
            self._running[future] = worker, job

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since: as soon as one has, else none of them after `timeout` seconds."""
        if not self._running:
            time.sleep(timeout)
        done, _ = wait(self._running, timeout, FIRST_COMPLETED)
        return [self._outcome(future) for future in done]

    def stages(self) -> Iterator[tuple[Job, Stage]]:
        """What the process of each running job is doing."""
        return ((job, worker.shared_stage.stage) for worker, job in self._running.values())

    def close(self, kill: bool = False) -> None:
        """End the processes: after their jobs; to `kill` after their epochs, or what takes longer than some seconds.

        Interrupted while it waits for them (a second Ctrl-C), it ends them at once.
        """
        running = [worker for worker, _ in self._running.values()]
        try:
            if kill and running:
                for worker in running:
                    worker.ask_to_stop()
                wait(self._running, LAST_SECONDS)
        finally:
            workers = [*self._idle, *running]
            if kill:  # All of them, before one is waited for.
                for worker in workers:
                    worker.kill()
            for worker in workers:
                worker.close()

    def _worker(self, job: Candidate) -> Worker:
        """An idle process, or a new one where none is, or the idle one is worn or has another number of threads."""
        threads = job.experiment.training.threads
        if self._idle:
            same = [worker for worker in self._idle if worker.threads == threads]
            worker = (same or self._idle)[-1]
            self._idle.remove(worker)
            is_fit = worker.threads in (None, threads) and worker.n_runs < RUNS_PER_PROCESS
            if is_fit and worker.kept_for in (None, job.key):
                return worker
            worker.kill()
            worker.close()
        return Worker()

    def _outcome(self, future: Future[Ending]) -> Outcome:
        worker, job = self._running.pop(future)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            worker.close()
            return Outcome(job, "died")
        # The user's code may leave anything: generators that have moved on, settings of Keras, a module edited since.
        if job.experiment.functions:
            worker.kill()
            worker.close()
        else:
            self._idle.append(worker)
        return Outcome(job, "failed", error) if isinstance(error, Exception) else Outcome(job, future.result())


def _refused_by_code(candidates: Sequence[Candidate]) -> list[Refusal]:
    """Which candidates code of the user's refuses, in a process that ends then: it may leave anything.

    It may also refuse what it is called for after something else: only what a process of its own says counts.
    """
    with Worker() as worker:
        found = _looked(worker, candidates)
    for refused in [each.candidate for each in found if each.candidate != candidates[0]]:
        with Worker() as worker:
            confirmed = _looked(worker, [refused])
        found = [*(each for each in found if each.candidate != refused), *confirmed]
    return found


def _looked(worker: Worker, candidates: Sequence[Candidate]) -> list[Refusal]:
    try:
        return worker.submit(look_ahead, candidates).result()
    except BrokenProcessPool:  # What ends it, the runs meet again and record.
        return []
