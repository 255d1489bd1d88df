"""What functions of the API are given, checked: whatever is wrong is a UserError before anything is on disk."""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlexp.errors import UserError
from dlexp.execution import arguments

if TYPE_CHECKING:
    from dlexp.records.query import Filters
    from dlexp.workflows.runner import Given, Runner

AnyPath = str | os.PathLike[str]


def given(
    configs: object, overrides: object, grids: object, runs_dir: object, data_dir: object, smoke: object
) -> "Given":
    """What a function that trains was given, checked."""
    from dlexp.config.load import Loaded
    from dlexp.workflows.runner import Given

    several = list(configs) if arguments.is_listing(configs) else [configs]
    if not several:
        raise UserError("configs: expected at least one config file, given none")
    return Given(
        configs=[each if isinstance(each, Loaded) else config(each, "configs") for each in several],
        overrides=arguments.texts(overrides, "overrides"),
        grids=arguments.texts(grids, "grids", "KEY=[A, B] texts"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=data_folder(data_dir),
        smoke=arguments.flag(smoke, "smoke"),
        warn=_warn,
    )


def filters(where: object, status: object, since: object, tags: object) -> "Filters":
    """What selects runs, checked."""
    from dlexp.records import query

    return query.filters(
        arguments.texts(where, "where", "conditions"),
        arguments.texts(status, "status", "words"),
        None if since is None else arguments.text_of_path(since, "since", "a time"),
        arguments.texts(tags, "tags", "words"),
    )


def names(given: Iterable[object]) -> list[str]:
    """Names of runs, run directories or configs."""
    return [arguments.text_of_path(name, "names", "names of runs, each an argument of its own") for name in given]


def trainer(function: str, workers: object, wait: object) -> "Runner":
    """What trains for a function of this module."""
    from dlexp.execution import script
    from dlexp.reports.plan.progress import Progress
    from dlexp.workflows.runner import Runner

    asked, waits = arguments.workers(workers), arguments.flag(wait, "wait")
    script.require_trainer(function)
    engine = partial(script.pool, function)
    return Runner(engine=engine, progress=Progress, workers=asked, wait=waits, needs_all_data=True)


def _warn(line: str) -> None:
    """Warn at the line of the caller's own code."""
    import sys
    import warnings

    frame, level = sys._getframe(), 1
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] == "dlexp":
        frame, level = frame.f_back, level + 1
    warnings.warn(line, stacklevel=level)


def config(given: object, name: str) -> Path:
    """The file that a path or a stem means."""
    from dlexp.config import files

    return files.named(arguments.text_of_path(given, name, "a config file"), files.HERE, files.CONFIGS)


def data_folder(given: object) -> Path | None:
    """Where data files lie; None if nothing is said."""
    return None if given is None else arguments.folder(given, "data_dir")
