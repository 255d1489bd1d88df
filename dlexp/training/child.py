"""Processes that work for this one, most of them to import TensorFlow there; they end with it."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
#: Python's own variable (3.11).
_SAFE_PATH = "PYTHONSAFEPATH"
#: Warnings that begin with `resource_tracker`, as after `python -W`; errors are no warnings.
_NO_LEAKS = "ignore:resource_tracker:UserWarning"
#: Set when the trainings of this process are to stop: heeded between two epochs, so that nothing of one is lost.
_asked_to_stop = threading.Event()


def in_child(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a process of its own, which prints nothing, and return or raise what it does."""
    start_resource_tracker()
    with without_working_directory():
        process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_start)
        result = process.submit(function, *args, **kwargs)
    with process:
        return result.result()


def start_resource_tracker() -> None:
    """Start the process of `multiprocessing` that removes the semaphores of this one, should it be killed.

    It would then say on the terminal that they had leaked, which is what it is there for.
    """
    sys.warnoptions.append(_NO_LEAKS)  # It is started with all of them, of which the last one wins.
    try:
        with without_working_directory():
            resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(_NO_LEAKS)


@contextmanager
def without_working_directory() -> Iterator[None]:
    """Processes that are started meanwhile begin without the working directory on their path.

    It would come first, and `multiprocessing` itself be looked for there; then they are given this process's path.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        del os.environ[_SAFE_PATH]
        if before is not None:
            os.environ[_SAFE_PATH] = before


def begin() -> None:
    """In such a process: it ends as soon as the one that started it, however that happened.

    What the user's own code starts there has the working directory on its path, as always.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.pop(_SAFE_PATH, None)


def ask_to_stop(*_: object) -> None:
    """Ask the trainings of this process to stop; may be a signal's handler."""
    _asked_to_stop.set()


def is_asked_to_stop() -> bool:
    """Whether they are to stop."""
    return _asked_to_stop.is_set()


def _start() -> None:
    begin()
    with Path(os.devnull).open("w") as nowhere:  # Nothing that TensorFlow says reaches the terminal.
        for descriptor in (1, 2):
            os.dup2(nowhere.fileno(), descriptor)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
