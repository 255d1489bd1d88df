"""The embedded engine: one single-process pool a slot.

One pool of several processes is lost as a whole when one of them is killed; of several pools only the killed one is.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

from dlexp.components import memory
from dlexp.config.experiment import Device
from dlexp.execution.at_once import AtOnce
from dlexp.execution.engine import Ending, Outcome
from dlexp.execution.execute import execute
from dlexp.execution.look_ahead import calls_code_beside, look_ahead, warm_up
from dlexp.execution.worker import Worker, without_interrupts
from dlexp.format import plural
from dlexp.training.job import Candidate, Job, Refusal
from dlexp.training.stages import Stage

log = logging.getLogger(__name__)

#: A reused process grows by some megabytes a run: it is replaced after this many.
RUNS_PER_PROCESS = 50
#: How often it is told what the first process is at, in seconds.
TOLD_SECONDS = 0.1
#: How long running epochs may take to end when all is to end, in seconds.
LAST_SECONDS = 10.0


class Pool:
    """Runs jobs in processes of this machine."""

    def __init__(self, at_once: AtOnce, first: Worker | None = None) -> None:
        """`first`: a process that has started already, for the first job."""
        self._at_once = at_once
        self._idle = [first] if first else []
        self._starting: dict[Future[None], Worker] = {}  # They import what trains, and have no job yet.
        self._running: dict[Future[Ending], tuple[Worker, Job]] = {}

    @property
    def slots(self) -> int:
        """How many jobs run at once, without the processes that are starting: another one may be free before them."""
        return max(1, self._at_once.n - len(self._starting))

    def refusals(self, candidates: Sequence[Candidate], told: Callable[[Stage], None]) -> list[Refusal]:
        """Which candidates cannot be trained: as found in the process of the first job, and beside it in others.

        One is for the user's code, and is ended: it may leave anything. It may also refuse what it was called for after
        something else, so that a refusal counts if a process of its own says it too. Another one looks for the card of
        later jobs, which a process on the processor does not see.
        """
        first, beside = candidates[0], [each for each in candidates[1:] if calls_code_beside(candidates[0], each)]
        on_card = [each for each in candidates if each.experiment.training.device == "gpu"]
        with without_interrupts():
            worker = self._worker(first)
            self._idle.append(worker)
            worker.process_settings = first.experiment.training.process_settings
            worker.kept_for = first.key if first.experiment.functions else None
            self._start_others(first.experiment.training.process_settings)
        looking = worker.submit(look_ahead, [each for each in candidates if each not in beside])
        found = _refused_by_code(beside) if beside else []
        if on_card and first not in on_card:
            with Worker() as other:
                found += _looked(other, on_card[:1])
        while not wait([looking], TOLD_SECONDS).done:
            told(worker.shared_stage.stage)
        try:
            found = [*looking.result(), *found]
            self._keep_within_memory(worker)
            return found
        except BrokenProcessPool:  # It was killed, or is out of memory: if its job ends so too, that is recorded.
            self._idle.remove(worker)
            worker.close()
            return found

    def submit(self, job: Job) -> None:
        """Start a job, in a process that has its threads and its device already if there is one."""
        with without_interrupts():
            worker = self._worker(job)
            worker.shared_stage.set("starting")  # Before the process can say anything of the job itself.
            try:
                future = worker.submit(execute, job)
            except BrokenProcessPool:  # It died while it had nothing to do.
                worker.close()
                worker = Worker()
                future = worker.submit(execute, job)
            worker.process_settings = job.experiment.training.process_settings
            worker.n_runs += 1
            self._running[future] = worker, job

    def wait(self, timeout: float) -> list[Outcome]:
        """The jobs that have ended since: as soon as one has, else none of them after `timeout` seconds."""
        if not (self._running or self._starting):
            time.sleep(timeout)
        awaited: list[Future[Any]] = [*self._running, *self._starting]
        done, _ = wait(awaited, timeout, FIRST_COMPLETED)
        for started in done & self._starting.keys():
            # The next job goes to one that has trained already, if that is idle.
            self._idle.insert(0, self._starting.pop(started))
        return [self._outcome(future) for future in done & self._running.keys()]

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
            workers = [*self._idle, *self._starting.values(), *running]
            if kill:  # All of them, before one is waited for.
                for worker in workers:
                    worker.kill()
            for worker in workers:
                worker.close()

    def _start_others(self, process_settings: tuple[int, Device]) -> None:
        """Start the other processes that will get jobs, while the first one builds the models."""
        for _ in range(self._at_once.n - len(self._idle) - len(self._starting) - len(self._running)):
            worker = Worker()
            worker.process_settings = process_settings
            self._starting[worker.submit(warm_up, process_settings)] = worker

    def _keep_within_memory(self, first: Worker) -> None:
        """Train fewer runs at once if memory does not allow all: by what the first process took to read and build."""
        others = list(self._starting.values())
        taken, left = memory.taken_by(first.pid), memory.available()
        if not self._at_once.is_chosen or not others or not taken or left is None:
            return
        left += sum(memory.taken_by(each.pid) or 0 for each in others)
        n = max(1, min(self._at_once.n, 1 + left // taken))
        if n < self._at_once.n:
            log.info(
                f"{plural(n, 'run')} at once instead of {self._at_once.n}: each takes about {memory.size(taken)} of "
                f"memory, and {memory.size(left)} are available for more (--workers N trains N all the same)"
            )
            self._at_once = replace(self._at_once, n=n)
        for future in list(self._starting)[n - 1 :]:
            worker = self._starting.pop(future)
            worker.kill()
            worker.close()

    def _worker(self, job: Candidate) -> Worker:
        """An idle process, or a new one where none is, or the idle one is worn or has other threads or device."""
        process_settings = job.experiment.training.process_settings
        if self._idle:
            same = [worker for worker in self._idle if worker.process_settings == process_settings]
            worker = (same or self._idle)[-1]
            self._idle.remove(worker)
            is_fit = worker.process_settings in (None, process_settings) and worker.n_runs < RUNS_PER_PROCESS
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
