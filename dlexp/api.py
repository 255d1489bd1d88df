"""dlexp from Python: what the commands do, with tables as pandas DataFrames. Cheap to import.

In a script, call `run` and `bias_variance` below `if __name__ == "__main__":`, since training processes import the
script again. Whatever is wrong with an argument, its type as well as its value, is a `dlexp.errors.UserError` before
anything is made on disk; its `lines` say what, one per mistake.
"""

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, SupportsIndex

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.config.load import Loaded

AnyPath = str | os.PathLike[str]


def load(path: AnyPath, overrides: Sequence[str] = ()) -> "Loaded":
    """Read and check a config file.

    Args:
        path: The file.
        overrides: `KEY=VALUE` each, as `--set` takes them, no key with two values.

    Returns:
        The experiment with every default filled in, and where each value came from.

    Raises:
        UserError: With everything that is wrong, in the arguments or (a ConfigError) in the config.
    """
    from dlexp.config import load as config
    from dlexp.execution import arguments

    return config.load(
        Path(arguments.text_of_path(path, "path", "a config file")), arguments.texts(overrides, "overrides")
    )


def run(
    configs: "AnyPath | Loaded | Iterable[AnyPath | Loaded]",
    *,
    seeds: SupportsIndex | Iterable[SupportsIndex] = 1,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
    force: bool = False,
    wait: bool = False,
) -> "pd.DataFrame":
    """Train experiments in processes of their own, and record them. What is done already is not trained again.

    Args:
        configs: Config files, or what `load` gave.
        seeds: How many, from 0, or which: a list or an array of whole numbers below 2**32, none twice. More than
            100,000 runs in all are refused.
        overrides: `KEY=VALUE` each, laid over every config, as `--set`; over a loaded one, as a file is laid over what
            it extends.
        grids: `KEY=[A, B]` each, an experiment for every combination, as `--grid`; of loaded configs too.
        workers: Runs trained at the same time, at least 1.
        runs_dir: Where the records go.
        data_dir: Where data files lie; else `DLEXP_DATA`, else Keras's cache.
        smoke: Two epochs on a small generated stand-in.
        force: Train again what is done.
        wait: Wait for runs that other processes train, and take over those whose process ends.

    Returns:
        One row per run, those done before first: name, seed, status, what went wrong if anything did, directory, the
        config by dotted key, metrics.

    Raises:
        UserError: With everything that is wrong in the configs, or does not fit the data; an argument that is wrong;
            a script that calls this without a main guard, or a daemonic process, in which nothing can be trained.
        DataError: Data cannot be had; then nothing is trained.
    """
    from dlexp.execution import arguments
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import Request, plan
    from dlexp.execution.script import first_process, require_trainer
    from dlexp.records.index import read
    from dlexp.reports.frames import of_runs
    from dlexp.reports.plan.progress import Progress
    from dlexp.reports.run.curves import CURVES

    wanted, n_workers = arguments.seeds(seeds), arguments.count(workers, "workers")
    own, data = arguments.folder(runs_dir, "runs_dir"), _data_folder(data_dir)
    flags = arguments.flag(smoke, "smoke"), arguments.flag(force, "force")
    waits = arguments.flag(wait, "wait")
    require_trainer("run")
    loaded = _loaded(configs, overrides, grids, data, len(wanted))
    planned = plan(Request([each.experiment for each in loaded], wanted, own, data, *flags))
    for _, error in planned.without_data:
        raise error
    with first_process(planned, "run") as first, Progress(len(planned.to_train)) as progress:
        started = carry_out(planned, [CURVES], progress, n_workers, first=first, wait=waits)
    return of_runs([read(run_dir) for run_dir in (*planned.done, *started)])


def bias_variance(
    configs: "AnyPath | Loaded | Iterable[AnyPath | Loaded]",
    *,
    resamples: SupportsIndex = 20,
    resampling: Literal["fresh", "bootstrap", "subset"] | None = None,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: SupportsIndex = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
    wait: bool = False,
) -> "pd.DataFrame":
    """Train on many training sets, and decompose the error on the test split into bias, variance and noise.

    Args:
        configs: As for `run`.
        resamples: Training sets for each experiment, at least 3.
        resampling: How they are drawn; by default fresh where the distribution of the data is known, else bootstrap.
        overrides: As for `run`.
        grids: As for `run`.
        workers: Runs trained at the same time, at least 1.
        runs_dir: Where the records go.
        data_dir: Where data files lie; else `DLEXP_DATA`, else Keras's cache.
        smoke: Two epochs on three training sets from a small generated stand-in.
        wait: As for `run`.

    Returns:
        A row for every part of every experiment's error: its values on the grids, parameters, part, value, se.

    Raises:
        UserError: As for `run`; too few training sets, or data that cannot be resampled like that.
        DataError: Data cannot be had; then nothing is trained.
    """
    from dlexp.config.grid import values_in
    from dlexp.execution import arguments
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import Request
    from dlexp.execution.resamples import plan_resamples
    from dlexp.execution.script import first_process, require_trainer
    from dlexp.records.index import read
    from dlexp.reports.bias_variance.facts import point
    from dlexp.reports.frames import of_points
    from dlexp.reports.plan.progress import Progress
    from dlexp.reports.run.curves import CURVES

    n_resamples, n_workers = arguments.whole(resamples, "resamples"), arguments.count(workers, "workers")
    own, data = arguments.folder(runs_dir, "runs_dir"), _data_folder(data_dir)
    is_smoke, waits = arguments.flag(smoke, "smoke"), arguments.flag(wait, "wait")
    require_trainer("bias_variance")
    loaded = _loaded(configs, overrides, grids, data, 1 if is_smoke else n_resamples)
    request = Request([each.experiment for each in loaded], [], own, data, is_smoke)
    planned = plan_resamples(request, n_resamples, resampling)
    for _, error in planned.plan.without_data:
        raise error
    with first_process(planned.plan, "bias_variance") as first, Progress(len(planned.plan.to_train)) as progress:
        carry_out(planned.plan, [CURVES], progress, n_workers, first=first, wait=waits)
    return of_points(
        [
            point(each.experiment.name, values_in(each.sources), [read(run_dir) for run_dir in run_dirs])
            for each, run_dirs in zip(loaded, planned.recorded(), strict=True)
            if run_dirs
        ]
    )


def runs(runs_dir: AnyPath = "runs") -> "pd.DataFrame":
    """All finished runs except smoke runs, one row each: name, seed, directory, the config by dotted key, metrics.

    Runs of `bias_variance` are among them: the end of their names is ` resamples`.

    Raises:
        UserError: `runs_dir` is no path.
    """
    from dlexp.execution import arguments
    from dlexp.records.index import finished
    from dlexp.reports.frames import of_runs

    return of_runs(finished(arguments.folder(runs_dir, "runs_dir")))


def compare(
    *names: AnyPath,
    metrics: Sequence[str] | None = None,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Compare experiments over their seeds with the first one named, else the one that was started first.

    Args:
        names: Names, runs, run directories or configs, as `dlexp compare` takes them; none for every run except those
            of `bias_variance`.
        metrics: Columns of the records; the usual ones by default.
        runs_dir: Where the runs lie.
        data_dir: Where a config's data files lie.

    Returns:
        A row for every metric of every experiment: mean, standard deviation, difference to the baseline with its
        interval (95 % for all of a metric together) and verdict, or the reason why there is none.

    Raises:
        UserError: A name or a metric that no run has, or an argument that is wrong.
    """
    from dlexp.execution import arguments
    from dlexp.records.index import identities_in, in_order, read, scan, select, without_resamples
    from dlexp.reports.comparison import facts as comparison
    from dlexp.reports.frames import of_comparison

    directory, data = arguments.folder(runs_dir, "runs_dir"), _data_folder(data_dir)
    columns = [] if metrics is None else arguments.texts(metrics, "metrics", "columns")
    resolve = partial(identities_in, data_dir=data)
    words = [arguments.text_of_path(name, "names", "names of runs, each an argument of its own") for name in names]
    chosen = (
        select(directory, words, resolve, in_order)
        if words
        else in_order(read(run_dir) for run_dir in without_resamples(scan(directory))[0])
    )
    return of_comparison(comparison.compare(chosen, columns, named=bool(words)))


def _loaded(configs: object, overrides: object, grids: object, data_dir: Path | None, each: int) -> "list[Loaded]":
    """Every config at every point of the grids, with a warning for each override that a grid replaces.

    Args:
        configs: As given.
        overrides: As given.
        grids: As given.
        data_dir: Where data files lie.
        each: How many runs of each are asked for.
    """
    import warnings

    from dlexp.config.load import load_all, replaced, require_fitting
    from dlexp.execution import arguments

    own = arguments.texts(overrides, "overrides")
    axes = arguments.texts(grids, "grids", "KEY=[A, B] texts")
    given = _configs(configs)
    arguments.require_few_runs(each, len(given), axes)
    loaded = load_all(given, own, axes)
    for line in replaced(loaded, own, axes):
        warnings.warn(line, stacklevel=3)
    require_fitting(loaded, data_dir)
    return loaded


def _configs(given: object) -> "list[Path | Loaded]":
    """The configs of an argument: one or several files, or loaded ones."""
    from dlexp.config.load import Loaded
    from dlexp.errors import UserError
    from dlexp.execution import arguments

    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | os.PathLike | dict)
    found = [
        each if isinstance(each, Loaded) else Path(arguments.text_of_path(each, "configs", "a config file"))
        for each in (given if several and isinstance(given, Iterable) else [given])
    ]
    if not found:
        raise UserError("configs: expected at least one config file, given none")
    return found


def _data_folder(given: AnyPath | None) -> Path | None:
    from dlexp.execution import arguments

    return None if given is None else arguments.folder(given, "data_dir")
