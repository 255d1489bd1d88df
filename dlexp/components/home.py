"""Home folders: `~` and `~name` in paths, where that folder is known."""

import os
from pathlib import Path

from dlexp.errors import UserError


def expanded(path: str | Path, named: str = "") -> Path:
    """A path with the home folder in place of `~`, as a shell has it.

    Args:
        path: The path.
        named: What names it, for the message: `DLEXP_DATA`.

    Raises:
        UserError: There is no such user, or HOME is unset and the system does not know this one.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{f'{named}: ' if named else ''}{path}: there is no such home folder") from error


def own() -> Path | None:
    """This user's home folder; none where it is not known, as in some containers."""
    found = os.path.expanduser("~")  # noqa: PTH111  # Which leaves a `~` that it does not know.
    return None if found == "~" else Path(found)
