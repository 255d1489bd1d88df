"""The errors dlexp raises on purpose, each with the exit code it ends the command with."""

MAX_LINES = 10
#: The command that shows every problem and warning of a config.
CHECK_ALL = "dlexp check CONFIG... --format json"
#: Of so many mistakes the nearest right word is looked for, which takes milliseconds each.
MAX_EXPLAINED = 100


class DlexpError(Exception):
    """Something went wrong that is not a bug: said in `lines`, without a traceback."""

    exit_code = 1
    all_shown_by = ""
    """The command that shows all lines where there are more than `shown` keeps."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = list(lines)


class UserError(DlexpError):
    """The user's mistake: a config, an argument or a file that cannot work."""

    exit_code = 2


class DataError(DlexpError):
    """Data that cannot be had: no file, no download, or a file that is not what it should be."""


class Changed(DataError):
    """What is no longer as it was: data or code of the user's since the command started, or the rows of a run."""


class InputsChanged(Changed):
    """Data or code of the user's that changed since the command started: what is there now is another experiment."""


class Unsettled(DataError):
    """Data that `--strict` refuses, since how they were read is not certain."""

    exit_code = 2


class Elsewhere(DlexpError):
    """Other processes have all that was asked for."""

    exit_code = 3


class Interrupted(DlexpError):
    """Ctrl-C."""

    exit_code = 130


def shown(lines: list[str], all_shown_by: str = "") -> list[str]:
    """At most ten lines: the first nine, then how many more there are, and the command that shows all of them."""
    if len(lines) <= MAX_LINES:
        return lines
    see = f"; all of them: {all_shown_by}" if all_shown_by else ""
    return [*lines[: MAX_LINES - 1], f"and {len(lines) - MAX_LINES + 1} more{see}"]


def in_one_line(error: Exception) -> str:
    """What another's error says, or else its kind."""
    return " ".join(str(error).split()) or type(error).__name__
