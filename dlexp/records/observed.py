"""Finished runs that were trained again to be observed: where the repetitions are trained, and where they stay."""

import shutil
from contextlib import suppress
from pathlib import Path

from dlexp.errors import UserError
from dlexp.records.index import OBSERVING
from dlexp.records.run_dir import RunDir
from dlexp.whole_files import sync


def observing(runs_dir: Path) -> Path:
    """The runs directory in which the repetitions of its runs are trained, hidden in it."""
    return runs_dir / OBSERVING


def keep(repetition: RunDir, run_dir: RunDir) -> None:
    """Move a repetition that gave the same bytes beside its run; of two at the same time, the first one stays.

    Raises:
        UserError: It cannot be moved there.
    """
    to = run_dir.repetition.path
    try:
        repetition.path.rename(to)
        sync(to.parent)
    except OSError as error:
        if not to.is_dir():
            raise UserError(f"{to}: {repetition.path} cannot be moved there: {error.strerror}") from error
    discard(repetition)


def discard(repetition: RunDir) -> None:
    """Remove what is left of a repetition, and the folders around it that this leaves empty."""
    shutil.rmtree(repetition.path, ignore_errors=True)
    for folder in (repetition.path.parent, repetition.path.parent.parent):
        with suppress(OSError):  # It is not empty, or gone.
            folder.rmdir()
