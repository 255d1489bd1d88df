"""The message for an error that nothing else has caught: one line that names the file with the traceback."""

import os
import sys
import tempfile
import traceback

from dlexp.console import safe

#: Longer messages are cut; the traceback has all of it.
MAX_LENGTH = 300
FAILED, MISTAKE = 1, 2


def describe(error: BaseException) -> tuple[list[str], int]:
    """The lines to print and the exit code: one line, followed by the traceback if no file can hold it."""
    try:
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            return ["the working directory does not exist any more; change into one that does"], MISTAKE
        text = safe("".join(traceback.format_exception(error)))
        try:
            descriptor, path = tempfile.mkstemp(prefix="dlexp-", suffix=".txt")
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            return [f"{_what(error)}; the traceback is in {path}"], FAILED
        except OSError:
            return [_what(error), *text.splitlines()], FAILED
    except MemoryError:  # Even this message needs some.
        return ["out of memory"], FAILED


def _is_nowhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  # What Path.cwd() does, and what it raises.
    except FileNotFoundError:
        return True
    return False


def _what(error: BaseException) -> str:
    """What happened, and whose fault it is."""
    said = " ".join(str(error).split())[:MAX_LENGTH]
    if isinstance(error, MemoryError):
        return f"out of memory{f': {said}' if said else ''}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, ImportError) and not (error.name or "").startswith("dlexp"):
        return f"a library that is needed cannot be imported: {said}"
    # Imported already if this error can have been raised.
    processes = sys.modules.get("concurrent.futures.process")
    if processes is not None and isinstance(error, processes.BrokenProcessPool):
        return "a process of this command was killed, or ran out of memory"
    kind = type(error).__name__
    return f"{kind}{f': {said}' if said else ''}: this is a bug in dlexp, please report it"
