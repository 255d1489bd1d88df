"""dlexp from Python: what the commands do, with tables as pandas DataFrames. Cheap to import.

In a script, call `run` below `if __name__ == "__main__":`, since training processes import the script again.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from dlexp.config.load import Loaded

AnyPath = str | os.PathLike[str]


def load(path: AnyPath, overrides: Sequence[str] = ()) -> "Loaded":
    """Read and check a config file.

    Args:
        path: The file.
        overrides: `KEY=VALUE` each, as `--set` takes them.

    Returns:
        The experiment with every default filled in, and where each value came from.

    Raises:
        ConfigError: With everything that is wrong.
    """
    from dlexp.config import load as config

    return config.load(Path(path), overrides)


def run(
    configs: "AnyPath | Loaded | Sequence[AnyPath | Loaded]",
    *,
    seeds: int | Sequence[int] = 1,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: int = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
    force: bool = False,
) -> "pd.DataFrame":
    """Train experiments in processes of their own, and record them. What is done already is not trained again.

    Args:
        configs: Config files, or what `load` gave.
        seeds: How many, from 0, or which.
        overrides: `KEY=VALUE` each, laid over every config file, as `--set`.
        grids: `KEY=[A, B]` each, an experiment for every combination, as `--grid`.
        workers: Runs trained at the same time.
        runs_dir: Where the records go.
        data_dir: Where data files lie; else `DLEXP_DATA`, else Keras's cache.
        smoke: Two epochs on a small generated stand-in.
        force: Train again what is done.

    Returns:
        A row a run, those done before first: name, seed, status, what went wrong if anything did, directory, the
        config by dotted key, metrics.

    Raises:
        UserError: With everything that is wrong in the configs, or does not fit the data.
        DataError: Data cannot be had; then nothing is trained.
    """
    from dlexp.config.load import Loaded, load_all, require_fitting
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import Request, plan
    from dlexp.reports.curves import draw
    from dlexp.reports.frames import of_runs
    from dlexp.reports.progress import Progress
    from dlexp.runs.index import read

    _refuse_workers("run")
    given = [configs] if isinstance(configs, str | os.PathLike | Loaded) else configs
    loaded = [
        one
        for each in given
        for one in ([each] if isinstance(each, Loaded) else load_all([Path(each)], overrides, grids))
    ]
    require_fitting(loaded, _folder(data_dir))
    experiments = [each.experiment for each in loaded]
    wanted = range(seeds) if isinstance(seeds, int) else seeds
    planned = plan(Request(experiments, wanted, Path(runs_dir), _folder(data_dir), smoke, force))
    for _, error in planned.without_data:
        raise error
    with Progress(len(planned.to_train)) as progress:
        started = carry_out(planned, draw, progress, workers)
    return of_runs([read(run_dir) for run_dir in (*planned.done, *started)])


def bias_variance(
    configs: "AnyPath | Sequence[AnyPath]",
    *,
    resamples: int = 20,
    resampling: Literal["fresh", "bootstrap", "subset"] | None = None,
    overrides: Sequence[str] = (),
    grids: Sequence[str] = (),
    workers: int = 1,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
    smoke: bool = False,
) -> "pd.DataFrame":
    """Train on many training sets, and take the error on the test split apart into bias, variance and noise.

    Args:
        configs: Config files.
        resamples: Training sets for each experiment, at least 3.
        resampling: How they are drawn; fresh where the law of the data is known, else bootstrap, unless said.
        overrides: As for `run`.
        grids: As for `run`.
        workers: Runs trained at the same time.
        runs_dir: Where the records go.
        data_dir: Where data files lie; else `DLEXP_DATA`, else Keras's cache.
        smoke: Two epochs on three training sets from a small generated stand-in.

    Returns:
        A row for every part of every experiment's error: its values on the grids, parameters, part, value, se.

    Raises:
        UserError: What is wrong in the configs, too few training sets, or data that cannot be resampled like that.
        DataError: Data cannot be had; then nothing is trained.
    """
    from dlexp.config.grid import values_in
    from dlexp.config.load import load_all, require_fitting
    from dlexp.execution.carry_out import carry_out
    from dlexp.execution.plan import Request
    from dlexp.execution.resamples import plan_resamples
    from dlexp.reports.curves import draw
    from dlexp.reports.frames import of_points
    from dlexp.reports.progress import Progress
    from dlexp.runs.index import read
    from dlexp.studies.bias_variance import point

    _refuse_workers("bias_variance")
    given = [configs] if isinstance(configs, str | os.PathLike) else configs
    loaded = load_all([Path(each) for each in given], overrides, grids)
    require_fitting(loaded, _folder(data_dir))
    request = Request([each.experiment for each in loaded], [], Path(runs_dir), _folder(data_dir), smoke)
    planned = plan_resamples(request, resamples, resampling)
    for _, error in planned.plan.without_data:
        raise error
    with Progress(len(planned.plan.to_train)) as progress:
        carry_out(planned.plan, draw, progress, workers)
    return of_points(
        [
            point(each.experiment.name, values_in(each.sources), [read(run_dir) for run_dir in run_dirs])
            for each, run_dirs in zip(loaded, planned.recorded(), strict=True)
            if run_dirs
        ]
    )


def runs(runs_dir: AnyPath = "runs") -> "pd.DataFrame":
    """All finished runs but smoke runs, a row each: name, seed, directory, the config by dotted key, metrics.

    Runs of `bias_variance` are among them: the end of their names is ` resamples`.
    """
    from dlexp.reports.frames import of_runs
    from dlexp.runs.index import finished

    return of_runs(finished(Path(runs_dir)))


def compare(
    *names: AnyPath,
    metrics: Sequence[str] | None = None,
    runs_dir: AnyPath = "runs",
    data_dir: AnyPath | None = None,
) -> "pd.DataFrame":
    """Compare experiments over their seeds; the first one is what the others are held against.

    Args:
        names: Names, runs, run directories or configs, as `dlexp compare` takes them; none for every run but those of
            `bias_variance`.
        metrics: Columns of the records; the usual ones unless said.
        runs_dir: Where the runs lie.
        data_dir: Where a config's data files lie.

    Returns:
        A row for every metric of every experiment: mean, standard deviation, difference with its 95 % interval.

    Raises:
        UserError: A name or a metric that no run has.
    """
    from dlexp.reports.frames import of_comparison
    from dlexp.runs.index import identities_in, read, scan, select, without_resamples
    from dlexp.studies import comparison

    directory = Path(runs_dir)
    resolve = partial(identities_in, data_dir=_folder(data_dir))
    words = [os.fspath(name) for name in names]
    chosen = (
        select(directory, words, resolve)
        if words
        else [read(run_dir) for run_dir in without_resamples(scan(directory))[0]]
    )
    return of_comparison(comparison.compare(chosen, metrics or ()))


def _refuse_workers(function: str) -> None:
    """A training process imports the script again: as multiprocessing itself asks, but before any directory is made."""
    import multiprocessing

    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(f'dlexp.{function}: put the call below `if __name__ == "__main__":`')


def _folder(path: AnyPath | None) -> Path | None:
    return None if path is None else Path(path)
