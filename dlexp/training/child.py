"""Processes that work for this one, most of them to import TensorFlow there; they end with it."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_child(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a process of its own, which prints nothing, and return or raise what it does."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_start) as process:
        return process.submit(function, *args, **kwargs).result()


def end_with_parent() -> None:
    """From now on this process ends as soon as the one that started it has ended, however that happened."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _start() -> None:
    end_with_parent()
    with Path(os.devnull).open("w") as nowhere:  # Nothing that TensorFlow says reaches the terminal.
        for descriptor in (1, 2):
            os.dup2(nowhere.fileno(), descriptor)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
