"""Runs on record from Python: one row each, and their tags."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlexp.api import inputs
from dlexp.api.inputs import AnyPath
from dlexp.execution import arguments

if TYPE_CHECKING:
    import pandas as pd


def runs(
    runs_dir: AnyPath = "runs",
    *,
    where: Sequence[str] = (),
    status: Sequence[str] = ("finished",),
    since: str | None = None,
    tags: Sequence[str] = (),
) -> "pd.DataFrame":
    """Runs except smoke runs, one row each: name, seed, directory, the config by dotted key, metrics.

    Runs of `bias_variance` are among them: the end of their names is ` resamples`.

    Args:
        runs_dir: As for `run`.
        where: Conditions that all hold, such as `learning_rate < 0.1` or `val_accuracy > 0.9`, as `--where` takes them.
        status: How the runs stand: finished, failed, diverged, interrupted, running; none for all of them.
        since: When they ended at the earliest: `7d`, `yesterday`, `2026-11-01`.
        tags: Words with all of which they are tagged.

    Raises:
        UserError: An argument that is wrong, or a key in `where` that no run has.
    """
    from dlexp.records.index import readable, scan
    from dlexp.reports.frames import of_runs

    passing = inputs.filters(where, status, since, tags)
    return of_runs(passing.apply(readable(scan(arguments.folder(runs_dir, "runs_dir")))))


def tag(
    *names: AnyPath,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    note: str | None = None,
    where: Sequence[str] = (),
    status: Sequence[str] = (),
    since: str | None = None,
    tags: Sequence[str] = (),
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> int:
    """Give runs tags and a note, or take them away.

    Args:
        names: Names, runs, run directories or configs, as for `compare`; none if a filter selects the runs.
        add, remove: Tags, a word each.
        note: A text in the place of an earlier one; an empty one removes it.
        where, status, since, tags: Only such runs, as for `runs`; by default whatever their status.
        runs_dir, data_dir: As for `run`.

    Returns:
        How many runs have other tags, or another note, than before.

    Raises:
        UserError: An argument that is wrong, no runs selected, or a tag to be removed that no run has.
    """
    from dlexp.workflows import tag as workflow

    _, n_changed = workflow.tag(
        inputs.names(names),
        inputs.filters(where, status, since, tags),
        add=arguments.texts(add, "add", "words"),
        remove=arguments.texts(remove, "remove", "words"),
        note=None if note is None else arguments.text(note, "note"),
        runs_dir=arguments.folder(runs_dir, "runs_dir"),
        data_dir=inputs.data_folder(data_dir),
    )
    return n_changed
