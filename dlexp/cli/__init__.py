"""The command line. Importing it takes next to nothing: every training process does so again."""

import io
import os
import sys

from dlexp.errors import DlexpError, shown

INTERRUPTED = 130


def main() -> None:
    """The console script: runs a command; the user's mistakes end in a few lines and an exit code, not a traceback."""
    # Else pydantic searches all installed packages for plugins, at every start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for stream in (sys.stdout, sys.stderr):  # A terminal or a file without a letter for ± shows a question mark.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        from dlexp.cli.app import app

        app()
    except DlexpError as error:
        print("\n".join(shown(error.lines, error.all_shown_by)), file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as ended:
        # Typer itself turns Ctrl-C within a command into this exit code, without a word.
        if isinstance(ended, SystemExit) and ended.code != INTERRUPTED:
            raise
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
