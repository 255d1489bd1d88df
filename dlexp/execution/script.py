"""Training from a script of the user's: whether processes can be started there, and the first one of them."""

import multiprocessing
import os
from contextlib import ExitStack

from dlexp.errors import UserError
from dlexp.execution.at_once import AtOnce
from dlexp.execution.pool import Pool
from dlexp.execution.worker import NAME, NO_GUARD, Worker


def require_trainer(function: str) -> None:
    """Raise UserError where no process can be started to train in: one that imports its script, and a daemonic one."""
    process = multiprocessing.current_process()
    if getattr(process, "_inheriting", False):
        if process.name == NAME:  # The process that started it says so, in one error instead of two.
            os._exit(NO_GUARD)
        raise UserError(_without_guard(function))
    if process.daemon:
        raise UserError(
            f"dlexp.{function}: this process is daemonic, as those of multiprocessing.Pool are, and may start none "
            "to train in; call it from one of concurrent.futures.ProcessPoolExecutor or Process(daemon=False)"
        )


def pool(function: str, at_once: AtOnce) -> Pool:
    """An engine whose first process is ready; UserError where that cannot import the script, before any record."""
    with ExitStack() as stack:
        first = stack.enter_context(Worker())
        if first.wait_until_started():
            stack.pop_all()
            return Pool(at_once, first)
    if first.exit_code == NO_GUARD:
        raise UserError(_without_guard(function))
    raise UserError(
        f"dlexp.{function}: the first training process ended before it was ready, with exit code {first.exit_code}; "
        "it imports the script again, and what went wrong there is said above"
    )


def _without_guard(function: str) -> str:
    return (
        f"dlexp.{function}: training processes import the script again, and it would train in each of them; "
        'put the call below `if __name__ == "__main__":`'
    )
