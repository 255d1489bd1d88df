"""Home folders: `~` and `~name` in paths."""

import os
from pathlib import Path

from dlexp.errors import UserError


def expanded(path: str | Path, named: str = "") -> Path:
    """A path with `~` replaced by the home folder; UserError where there is none, which says what `named` the path."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{f'{named}: ' if named else ''}{path}: there is no such home folder") from error


def user_home() -> Path | None:
    """This user's home folder; None if it is unknown, as in some containers."""
    found = os.path.expanduser("~")  # noqa: PTH111  # Leaves the `~` if the folder is unknown.
    return None if found == "~" else Path(found)
