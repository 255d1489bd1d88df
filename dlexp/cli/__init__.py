"""The command line. Importing it takes next to nothing: every training process does so again."""

import atexit
import gc
import os
import sys
from collections.abc import Callable

from dlexp.colours import ERROR
from dlexp.console import log_said, safe_streams, say
from dlexp.errors import DlexpError, shown

FAILED = 1
INTERRUPTED = 130


def main() -> None:
    """The console script: runs a command; whatever goes wrong ends in a few lines and an exit code, not a traceback."""
    # Else pydantic searches all installed packages for plugins, at every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # What is imported stays. Python would look for garbage among it every 700 new objects, and twice at the end.
    gc.set_threshold(200_000)
    atexit.register(gc.freeze)
    with safe_streams(), log_said():
        # Only the flush tells whether all of the result could be written.
        code = _exit_code(_command) or _exit_code(sys.stdout.flush)
    sys.exit(code)


def _command() -> None:
    from dlexp.cli.app import app

    app()


def _exit_code(call: Callable[[], object]) -> int:
    """What a call ends the command with; anything that it raises is said."""
    try:
        call()
    except DlexpError as error:
        say(*shown(error.lines, error.all_shown_by), highlights=ERROR)
        return error.exit_code
    except SystemExit as ended:
        # Typer itself turns Ctrl-C within a command into this exit code, without a word.
        if ended.code == INTERRUPTED:
            say("interrupted")
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        say(str(ended.code))
        return FAILED
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # The reader has seen enough, as `head` has; Typer exits with 1 too.
        return FAILED
    except BaseException as error:
        from dlexp.cli.last_resort import describe

        lines, code = describe(error)
        say(*lines, highlights=ERROR)
        return code
    return 0
