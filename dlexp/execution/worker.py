"""A process that trains runs. Spawned, never forked (TensorFlow); light to import, so that it can start early."""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Self, TypeVar

from dlexp.console import replace_closed
from dlexp.training.child import ask_to_stop, begin, start_resource_tracker, without_working_directory
from dlexp.training.stages import SharedStage, share

T = TypeVar("T")
R = TypeVar("R")
#: How a process of ours is called in `multiprocessing`, from before it imports the script that started it.
NAME = "dlexp worker"
#: The exit code of one that finds that the script would train in it again.
NO_GUARD = 79


class _Context(SpawnContext):
    """Spawns processes under a name by which they know themselves, and keeps the last one."""

    last: SpawnProcess | None = None

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]
        self.last = SpawnProcess(*args, **{**kwargs, "name": NAME})
        return self.last


class Worker:
    """One process; it stays warm: TensorFlow is imported once for many runs. Leaving it as a context kills it."""

    def __init__(self) -> None:
        self.process_settings: tuple[int, str] | None = None
        """The threads and the device of its TensorFlow, which cannot be changed; None before its first run."""
        self.n_runs = 0
        self.kept_for: tuple[object, ...] | None = None
        """The key of the one run that it can train, having called the user's code for it; None if any."""
        replace_closed()  # Else a pipe to the process would be taken for its stdout.
        self._context = _Context()
        self.shared_stage = SharedStage()
        """What it is doing."""
        # The first process would start it, and it lets Ctrl-C and SIGTERM through again.
        start_resource_tracker()
        with without_interrupts(), _main_of_no_file_hidden(), without_working_directory():
            self._executor = ProcessPoolExecutor(1, self._context, _start, (self.shared_stage,))
            self._pid = self._executor.submit(os.getpid)
        with contextlib.suppress(BrokenProcessPool):  # It has ended already: `wait_until_started` says so.
            self._executor.submit(_import_what_trains)
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.close()

    @property
    def pid(self) -> int:
        """The number of its process, once that is there."""
        return self._pid.result()

    def wait_until_started(self) -> bool:
        """Whether its process is there; it may end before, importing the script that started it."""
        return not isinstance(self._pid.exception(), BrokenProcessPool)

    @property
    def exit_code(self) -> int | None:
        """The exit code of its process, once that has ended."""
        return self._context.last.exitcode if self._context.last else None

    def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
        """Call a function there, after all that was submitted before; BrokenProcessPool if the process has died."""
        return self._executor.submit(function, argument)

    def ask_to_stop(self) -> None:
        """Ask its training to stop after the epoch."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End the process after its work, and wait for that."""
        self._executor.shutdown(wait=True)
        self._is_closed = True

    def _signal(self, number: signal.Signals) -> None:
        if self._is_closed:
            return  # By now its number may be another process's.
        with contextlib.suppress(BrokenProcessPool, ProcessLookupError):  # It is gone.
            os.kill(self.pid, number)


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait until a process is started and noted: then it can be ended.

    The process inherits that, and so does not answer to them from the middle of its imports, where no handler is set.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _main_of_no_file_hidden() -> Iterator[None]:
    """A script from standard input is called <stdin>, which a process that is started could not import."""
    main = sys.modules["__main__"]
    name = getattr(main, "__file__", None)
    is_hidden = name and not getattr(main, "__spec__", None) and not os.path.exists(name)  # noqa: PTH110 - no path
    if is_hidden:
        del main.__file__
    try:
        yield
    finally:
        if is_hidden:
            main.__file__ = name


def _start(stage: SharedStage) -> None:
    """The parent alone answers to Ctrl-C, and asks with SIGTERM; a worker whose parent is gone ends itself."""
    gc.disable()  # Until TensorFlow is there: all that is imported stays.
    begin()
    share(stage)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _import_what_trains() -> None:
    """All that does not depend on the number of threads."""
    import dlexp.execution.execute  # noqa: F401
